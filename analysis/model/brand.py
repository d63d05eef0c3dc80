"""A ``Brand`` is what is tracked: ours or a competitor's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.model.fields import about

Role = Literal["own", "competitor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A brand that is tracked: ours or a competitor's. ``query`` is Lucene syntax; see ``analysis.model.query``.

    ``exact`` names are found with their very accents and signs only, ``case_sensitive`` ones with their very capitals.
    """

    id: str
    name: str
    role: Role
    query: str = ""
    aliases: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exact: bool = False
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRef:
    """The brand that a mention looks from."""

    id: str = about("id of the brand", "keyword", values="a slug")
    role: Role = about("whose brand it is", "keyword", values="own, competitor", default="own")
