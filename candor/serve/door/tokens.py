"""Tokens: by which a program comes in, with a role and an end, in one file of the state folder.

A token is 256 random bits, so that its sha256 is kept: nobody guesses it, and a slow hash would only slow each request.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from analysis.model.errors import UsageError
from analysis.model.times import read_time, written
from candor.serve.door.accounts import NAME
from candor.serve.door.state_file import StateFile
from candor.serve.door.visitors import ROLES, Role

FILE = "tokens.json"
MOST_DAYS = 366
_SIGN = "candor_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramToken:
    """One program's token: ``kept`` is the sha256 of what it sends; at ``ends`` it is over."""

    name: str
    role: Role
    ends: datetime
    kept: str


class TokenBook:
    """The tokens of one installation, as its file says now. Threads may share it."""

    def __init__(self, state: Path) -> None:
        self.path = state / FILE
        self._file = StateFile(self.path, holds="tokens", parse=_tokens)

    def all(self) -> Mapping[str, ProgramToken]:
        """Return the tokens by name, those that are over included. Raises ``CandorError``."""
        return self._file.rows()

    def make(self, name: str, role: str, *, days: int, now: datetime) -> str:
        """Make a token and return what the program sends: it is told this once. One of that name is over.

        Raises ``UsageError``.
        """
        if not NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name for a token; write 1 to 64 letters, digits or . @ + - _")
        if role not in ROLES:
            raise UsageError(f"{role!r} is not one of {', '.join(ROLES)}", about=("role",))
        if not 1 <= days <= MOST_DAYS:
            raise UsageError(f"a token ends after 1 to {MOST_DAYS} days, not {days}", about=("days",))
        secret = _SIGN + secrets.token_urlsafe(32)
        ends = now.replace(microsecond=0) + timedelta(days=days)
        self._write({**self.all(), name: ProgramToken(name=name, role=role, ends=ends, kept=_kept(secret))})
        return secret

    def remove(self, name: str) -> bool:
        """End a token now and return whether it was there."""
        left = dict(self.all())
        gone = left.pop(name, None)
        if gone is not None:
            self._write(left)
        return gone is not None

    def of(self, secret: str) -> ProgramToken | None:
        """Return the token that a program sent, also where it is over; None for what is none."""
        kept = _kept(secret)
        return next((token for token in self.all().values() if token.kept == kept), None)

    def _write(self, tokens: Mapping[str, ProgramToken]) -> None:
        rows = [
            {"name": one.name, "role": one.role, "ends": written(one.ends), "kept": one.kept} for one in tokens.values()
        ]
        self._file.write(json.dumps({"version": 1, "tokens": rows}, indent=1))


def _kept(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _tokens(text: str) -> dict[str, ProgramToken]:
    rows = json.loads(text)["tokens"]
    found = [
        ProgramToken(name=str(row["name"]), role=row["role"], ends=read_time(row["ends"]), kept=str(row["kept"]))
        for row in rows
    ]
    wrong = [one.name for one in found if one.role not in ROLES]
    if wrong:
        raise ValueError(f"{wrong[0]} has no role of {', '.join(ROLES)}")
    return {one.name: one for one in found}
