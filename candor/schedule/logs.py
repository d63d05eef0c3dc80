"""Logs of the long-running command: a line a record on standard error, plain or JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from analysis.model.text import obedient, obedient_json
from analysis.model.times import written

log = logging.getLogger("candor.watch")
_FIELDS = "candor"


def set_up(*, as_json: bool, stream: TextIO | None = None) -> logging.Handler:
    """Send every log record of the process to ``stream`` (standard error), from INFO on; return the handler."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # One line for each job and each wake-up would bury ours.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    return handler


def say(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log an event: a few fixed words, and what belongs to it as fields."""
    log.log(level, event, extra={_FIELDS: fields})


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, event, the event's fields, error where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        words: dict[str, object] = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            words["error"] = self.formatException(record.exc_info)
        return obedient_json(json.dumps(words, ensure_ascii=False, default=str))


class PlainLines(logging.Formatter):
    """Time, level, words, and the fields as key=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        fields = "".join(f" {name}={_plain(value)}" for name, value in getattr(record, _FIELDS, {}).items())
        trace = "\n" + self.formatException(record.exc_info) if record.exc_info else ""
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        return obedient(f"{_time(record)} {level}{record.getMessage()}{fields}{trace}")


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return written(at)


def _plain(value: object) -> str:
    text = str(value)
    return text if text and not any(char.isspace() or char == '"' for char in text) else json.dumps(text)
