"""What Candor's things are called on a server, and which index of which generation a mention lies in."""

from __future__ import annotations

import re
from dataclasses import dataclass

FIRST_GENERATION = 1


@dataclass(frozen=True, slots=True)
class Names:
    """All names begin with ``prefix``, which is empty or ends in a hyphen."""

    prefix: str = ""

    @property
    def alias(self) -> str:
        """What readers ask."""
        return f"{self.prefix}mentions"

    def mentions(self, generation: int, year: str) -> str:
        """Return the index of a year."""
        return f"{self.prefix}mentions-v{generation}-{year}"

    def generation(self, index: str) -> int:
        """Return the generation of an index of mentions, 0 where the name is not one of ours."""
        parts = re.fullmatch(rf"{re.escape(self.prefix)}mentions-v(\d+)-\w+", index)
        return int(parts[1]) if parts else 0

    def year(self, index: str) -> str:
        """Return the part of an index's name behind its generation."""
        return index.rpartition("-")[2]

    def records(self, kind: str) -> str:
        """Return the index of a kind of records; kinds are told apart whatever signs they hold."""
        return f"{self.records_prefix}{re.sub('[^a-z0-9_]', lambda sign: f'.{ord(sign[0]):x}.', kind)}"

    @property
    def records_prefix(self) -> str:
        """What the names of all indices of records begin with."""
        return f"{self.prefix}candor-records-v1-"

    def template(self, name: str) -> str:
        """Return the name of an index or component template."""
        return f"{self.prefix}candor-{name}"
