"""Accounts: names, roles and passwords in one file of the state folder that nobody else can read.

Passwords are kept as argon2id (RFC 9106) with the library's own costs. One is checked at a time, because each check
takes 64 MiB; a name that is not known takes as long as a wrong password.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from analysis.model.errors import UsageError
from candor.serve.door.state_file import StateFile
from candor.serve.door.visitors import ROLES, Role, Visitor

FILE = "accounts.json"
SHORTEST = 12
LONGEST = 1000
NAME = re.compile(r"[\w.@+-]{1,64}")


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
        self._file = StateFile(self.path, holds="accounts", parse=_accounts)
        self._hasher = PasswordHasher()
        self._turn = threading.Lock()
        self._nobody = self._hasher.hash("nobody has this password")

    def all(self) -> Mapping[str, Account]:
        """Return the accounts by name. Raises ``CandorError`` for a file that cannot be read."""
        return self._file.rows()

    def put(self, name: str, role: str, password: str) -> None:
        """Make an account, or give it another role and password. Raises ``UsageError``."""
        if not NAME.fullmatch(name):
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
        self._file.write(text)


def _accounts(text: str) -> dict[str, Account]:
    rows = json.loads(text)["accounts"]
    found = [Account(name=str(row["name"]), role=row["role"], password=str(row["password"])) for row in rows]
    wrong = [one.name for one in found if one.role not in ROLES]
    if wrong:
        raise ValueError(f"{wrong[0]} has no role of {', '.join(ROLES)}")
    return {one.name: one for one in found}
