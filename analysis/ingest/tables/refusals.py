"""What an API answers instead of posts: saved as a file it looks like a row, for it has a title or a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_STATES = {"status", "statuscode", "status_code", "code", "success", "ok", "type"}
_ERRORS = {"error", "errors", "fault", "error_code", "errorcode", "error_type", "error_name", "error_id"}
_WORDS = {
    "error_description",
    "error_message",
    "message",
    "msg",
    "detail",
    "details",
    "title",
    "reason",
    "hint",
    "help",
}
_PLACES = {"help", "instance", "documentation_url", "path", "method", "domain", "timestamp"}
_IDS = {"request_id", "requestid", "trace_id", "traceid"}
_NONE = {"meta", "data", "result", "results"}
_OF_REFUSALS = _STATES | _ERRORS | _WORDS | _PLACES | _IDS | _NONE
"""What a refusal holds, over the APIs that are read and RFC 9457; a post has more: who, when, where."""
_BARRED = range(400, 600)
_SAID_IN = ("message", "msg", "detail", "error_description", "error_message", "title", "reason", "code", "error_name")


def refusal_in(value: Mapping[str, Any]) -> str:
    """Return in the API's own words why it gave no posts; empty where the object is no refusal."""
    given = {str(name).casefold(): each for name, each in value.items() if each not in (None, "", [], {})}
    if not given.keys() <= _OF_REFUSALS or not _is_refused(given):
        return ""
    return ": ".join(dict.fromkeys(word for word in (_code(given), _words(given)) if word)) or "no reason is given"


def _is_refused(given: Mapping[str, Any]) -> bool:
    if any(name in given for name in ("error", "errors", "fault", "error_code", "error_id", "documentation_url")):
        return True
    if given.get("success") is False or given.get("ok") is False:
        return True
    if str(given.get("status", "")).casefold() in ("error", "fail", "failed", "failure"):
        return True
    return any(_number(given.get(name)) in _BARRED for name in ("status", "statuscode", "status_code", "code"))


def _number(value: Any) -> int:
    return int(value) if str(value).isdecimal() and len(str(value)) < 9 else 0


def _code(given: Mapping[str, Any]) -> str:
    named = (given.get(name) for name in ("code", "error_code", "errorcode", "statuscode", "status_code", "status"))
    return next((str(one) for one in named if isinstance(one, str | int) and one not in ("error", "fail", True)), "")


def _words(given: Mapping[str, Any]) -> str:
    """Return the first words for people, also of an error that is an object or the first of a list."""
    if words := next((str(given[name]) for name in _SAID_IN if isinstance(given.get(name), str)), ""):
        return words
    for name in ("error", "errors", "fault", "detail", "details"):
        inner = given.get(name)
        first = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(first, str):
            return first
        if isinstance(first, Mapping) and (words := _words({str(key).casefold(): each for key, each in first.items()})):
            return words
    return ""
