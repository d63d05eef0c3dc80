"""Accounts: names, roles and passwords in one file of the state folder that nobody else can read.

Passwords are kept as argon2id (RFC 9106) with the library's own costs. One is checked at a time, because each check
takes 64 MiB; a name that is not known takes as long as a wrong password.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from analysis.model.errors import CandorError, UsageError
from candor.serve.door.visitors import ROLES, Role, Visitor

FILE = "accounts.json"
SHORTEST = 12
LONGEST = 1000
_NAME = re.compile(r"[\w.@+-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account; ``password`` is the encoded hash."""

    name: str
    role: Role
    password: str

    @property
    def visitor(self) -> Visitor:
        """Who comes in by it. A session that began with another password or role is over."""
        mark = hashlib.sha256(f"{self.role} {self.password}".encode()).hexdigest()
        return Visitor(name=self.name, role=self.role, mark=mark)


class AccountBook:
    """The accounts of one installation, as its file says now. Threads may share it."""

    def __init__(self, state: Path) -> None:
        self.path = state / FILE
        self._hasher = PasswordHasher()
        self._turn = threading.Lock()
        self._read: tuple[tuple[int, int], Mapping[str, Account]] | None = None
        self._nobody = self._hasher.hash("nobody has this password")

    def all(self) -> Mapping[str, Account]:
        """Return the accounts by name. Raises ``CandorError`` for a file that cannot be read."""
        try:
            known = self.path.stat()
            stamp = (known.st_mtime_ns, known.st_ino)
            if self._read is None or self._read[0] != stamp:
                self._read = (stamp, _accounts(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CandorError(
                f"{self.path}: the accounts cannot be read ({error}); mend the file, or remove it"
            ) from None
        return self._read[1]

    def put(self, name: str, role: str, password: str) -> None:
        """Make an account, or give it another role and password. Raises ``UsageError``."""
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name for an account; write 1 to 64 letters, digits or . @ + - _")
        if role not in ROLES:
            raise UsageError(f"{role!r} is not one of {', '.join(ROLES)}", about=("role",))
        if not SHORTEST <= len(password) <= LONGEST:
            raise UsageError(f"a password has {SHORTEST} signs at least, {LONGEST} at most; a sentence is a good one")
        made = Account(name=name, role=role, password=self._hasher.hash(password))
        self._write({**self.all(), name: made})

    def remove(self, name: str) -> bool:
        """Remove an account and return whether it was there; its sessions are over."""
        left = dict(self.all())
        gone = left.pop(name, None)
        if gone is not None:
            self._write(left)
        return gone is not None

    def let_in(self, name: str, password: str) -> Visitor | None:
        """Return who comes in by a name and a password, or None."""
        account = self.all().get(name)
        with self._turn:
            try:
                self._hasher.verify(account.password if account else self._nobody, password[:LONGEST])
            except (VerificationError, InvalidHashError):
                return None
        return account.visitor if account else None

    def still(self, visitor: Visitor) -> bool:
        """Return whether a session's visitor may still come in: the account is there, with that password and role."""
        account = self.all().get(visitor.name)
        return account is not None and account.visitor.mark == visitor.mark

    def _write(self, accounts: Mapping[str, Account]) -> None:
        text = json.dumps({"version": 1, "accounts": [asdict(one) for one in accounts.values()]}, indent=1)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_suffix(".new")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            fresh.replace(self.path)
        except OSError as error:
            raise CandorError(f"{self.path}: cannot be written ({error.strerror or error})") from None


def _accounts(text: str) -> dict[str, Account]:
    rows = json.loads(text)["accounts"]
    found = [Account(name=str(row["name"]), role=row["role"], password=str(row["password"])) for row in rows]
    wrong = [one.name for one in found if one.role not in ROLES]
    if wrong:
        raise ValueError(f"{wrong[0]} has no role of {', '.join(ROLES)}")
    return {one.name: one for one in found}
