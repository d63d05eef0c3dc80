"""When each visitor last looked at the first page, so that it can say what is new to them."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.model.errors import CandorError
from analysis.model.times import read_time, written
from candor.serve.door.state_file import StateFile

log = logging.getLogger(__name__)
NAME = "visits.json"
APART = timedelta(minutes=30)
"""Looking again within so long is one visit."""
MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """When somebody looked last, and when the visit before that one ended; None at their first."""

    last: datetime
    before: datetime | None


class LookedBook:
    """The visits of everybody who was let in, kept in the state folder. Threads may share it."""

    def __init__(self, state: Path) -> None:
        self._turn = threading.Lock()
        self._file: StateFile[Looked] = StateFile(state / NAME, holds="visits", parse=_parsed)
        self._told = False

    def since(self, name: str, now: datetime) -> datetime | None:
        """Note that ``name`` looks now; return when their visit before this one ended, None at the first.

        A folder that cannot be written keeps nobody out: then nothing is new to anybody.
        """
        with self._turn:
            try:
                rows = dict(self._file.rows())
                row = rows.pop(name, None)
                if row is None:
                    made = Looked(last=now, before=None)
                elif now - row.last > APART:
                    made = Looked(last=now, before=row.last)
                else:
                    made = Looked(last=max(now, row.last), before=row.before)
                kept = sorted(rows.items(), key=lambda pair: pair[1].last)[-MOST + 1 :]
                self._file.write(_text({**dict(kept), name: made}))
            except CandorError as error:
                if not self._told:
                    log.warning("%s", error)
                    self._told = True
                return None
            return made.before


def _text(rows: Mapping[str, Looked]) -> str:
    body = {
        name: {"last": written(row.last), "before": written(row.before) if row.before else None}
        for name, row in rows.items()
    }
    return json.dumps(body, ensure_ascii=True)


def _parsed(text: str) -> Mapping[str, Looked]:
    body: dict[str, dict[str, Any]] = json.loads(text)
    return {
        name: Looked(
            last=read_time(row["last"]),
            before=read_time(row["before"]) if row["before"] else None,
        )
        for name, row in body.items()
    }
