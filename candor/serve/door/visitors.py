"""Who looks at a page, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["viewer", "analyst", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the most: a viewer reads what is public, an analyst also what is private, and corrects and
acknowledges; an admin also lets others in.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who was let in. ``name`` goes into the audit log; ``mark`` is that of the account, if any."""

    name: str
    role: Role
    mark: str = ""

    def may(self, role: Role) -> bool:
        """Return whether the visitor's role is that one or above."""
        return ROLES.index(self.role) >= ROLES.index(role)
