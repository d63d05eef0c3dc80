"""What a page is handed, and how it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, Response

from analysis.ledger.entries import Stamp
from analysis.model.errors import UsageError
from candor.serve.desk import PERIODS, AskedDays, Desk
from candor.serve.door.sessions import Session
from candor.serve.door.visitors import Visitor
from candor.serve.templating import rendered

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageVisit:
    """One request of somebody who was let in. ``given`` are the fields of the address, ``form`` those of a form.

    ``fragment`` says that only the changed part of the page is asked for.
    """

    desk: Desk
    session: Session
    path: str
    names: Mapping[str, str]
    given: Pairs
    form: Pairs
    fragment: bool = False

    @property
    def visitor(self) -> Visitor:
        """Who asks."""
        return self.session.visitor

    def one(self, name: str, default: str = "") -> str:
        """Return a field of the address."""
        return dict(self.given).get(name, default)

    def field(self, name: str, default: str = "") -> str:
        """Return a field of the form, without white space around it."""
        return dict(self.form).get(name, default).strip()

    def fields(self, name: str) -> list[str]:
        """Return every value of a field of the form."""
        return [value for key, value in self.form if key == name]

    def stamp(self) -> Stamp:
        """Return who enters something, and that it is now."""
        return Stamp(at=self.desk.now(), who=self.visitor.name)

    def span(self) -> AskedDays:
        """Return the period that the address names. Raises ``UsageError``."""
        days = self.one("days")
        if not days:
            return AskedDays()
        if days not in map(str, PERIODS):
            raise UsageError(f"days: {days!r} is not one of {', '.join(map(str, PERIODS))}")
        return AskedDays(days=int(days))

    def show(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> Response:
        """Return a page, or a part of one, made from a template."""
        text = rendered(template, visit=self, desk=self.desk, **values)
        return HTMLResponse(text, status_code=status, headers=dict(headers or {}))

    def go(self, address: str) -> Response:
        """Return the answer to a form that was right: another page of ours."""
        return RedirectResponse(local(address), status_code=303)


def local(address: str, default: str = "/") -> str:
    """Return ``address`` where it is a path of ours, else ``default``: a link leads nobody away."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and not any(ord(sign) < 33 or sign == "\\" for sign in address) else default
