"""What every ``[[sources]]`` table takes, whatever its kind. A kind's own keys stand in the kind's own file."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from pydantic import Field, ValidationInfo, field_validator

from analysis.model import Source
from analysis.model.addresses import is_web
from analysis.settings.values import Id, Interval, Seconds, Section, slug


class PromiseSection(Section):
    """``promise``: what a source gives when it is healthy."""

    posts: int = Field(default=0, ge=0)
    dated: float = Field(default=0.0, ge=0, le=1)
    author: float = Field(default=0.0, ge=0, le=1)


class SourceSection(Section):
    """The keys that sources of every kind have. A kind's options are a class made from this one.

    A kind that promises something by default gives ``promise`` another default there.
    """

    id: Id = ""
    every: Interval = 3600.0
    fastest: Seconds | None = None
    slowest: Seconds | None = None
    promise: PromiseSection = PromiseSection()
    archive: str | None = None
    private: bool = False
    paused: bool = False

    @field_validator("slowest")
    @classmethod
    def _not_before_fastest(cls, slowest: float | None, info: ValidationInfo) -> float | None:
        fastest = info.data.get("fastest")
        if slowest is not None and fastest is not None and fastest > slowest:
            raise ValueError(f"fastest ({fastest:g} s) is longer than slowest ({slowest:g} s); swap them")
        return slowest

    def address(self) -> str:
        """Return the address that the source is at: what a check asks for, and whose host is waited for."""
        raise NotImplementedError(f"{type(self).__name__} must say at which address it is")

    def subject(self) -> str:
        """Return what tells the source from others of its kind, for an id where the person gave none."""
        parts = urlsplit(self.address())
        return f"{parts.netloc} {parts.path}{' ' + parts.query if parts.query else ''}"

    def source(self, kind: str) -> Source:
        """Return the source of ``kind`` that the table describes; the accounts of its addresses stand apart."""
        accounts: dict[str, tuple[str, str]] = {}
        plain = {name: _without_account(getattr(self, name), accounts) for name in type(self).model_fields}
        options = self.model_copy(update=plain) if accounts else self
        return Source(
            id=self.id or slug(f"{kind} {options.subject()}"),
            kind=kind,
            url=options.address(),
            accounts=tuple(accounts.items()),
            every_s=int(self.every),
            fastest_s=self.fastest,
            slowest_s=self.slowest,
            promise_posts=self.promise.posts,
            promise_dated=self.promise.dated,
            promise_author=self.promise.author,
            private=self.private,
            paused=self.paused,
            options=options,
        )


def _without_account(value: Any, accounts: dict[str, tuple[str, str]]) -> Any:
    """Return ``value`` with the user and password taken out of each address, which are put into ``accounts``."""
    if isinstance(value, tuple):
        return tuple(_without_account(each, accounts) for each in value)
    if not isinstance(value, str) or "@" not in value or not is_web(value):
        return value
    parts = urlsplit(value)
    account, sign, host = parts.netloc.rpartition("@")
    if not sign:
        return value
    user, _, password = account.partition(":")
    accounts[host.lower()] = unquote(user), unquote(password)
    return urlunsplit(parts._replace(netloc=host))


def keys_of(section: type[SourceSection]) -> list[str]:
    """Return the keys that a table of that kind may have."""
    return ["kind", *(info.alias or name for name, info in section.model_fields.items())]


def given_keys(section: type[SourceSection], given: Any) -> dict[str, Any]:
    """Return those of the given keys that ``section`` knows: what can be judged where the kind itself is wrong."""
    known = set(keys_of(section))
    return {name: value for name, value in given.items() if name in known}
