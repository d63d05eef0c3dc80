"""Whatever a configuration holds, it is read or refused with its place: no exception but ours, and no silence."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.model.errors import ConfigError
from crawler.configuration import from_text
from tests.analysis.settings.test_file import GOOD

WORDS = st.sampled_from(
    ["", "http://[", "https://a.example/x", "15m", "-1s", "1e999s", "(", "a\u0000b", "\ud83d\ude00", "../x", "own",
     '"Tessaro', "NEAR/5", "999.0.0.0/8", "mailto:x", "feed", "json://user:hidden7@chat.example", "Mars/Olympus"]
)  # fmt: skip
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcd_", max_size=6), inner, max_size=3),
    max_leaves=5,
)
TABLES = (
    "report",
    "retention",
    "alerts",
    "crawl",
    "enrich",
    "kibana",
    "store",
    "brands",
    "sources",
    "channels",
    "cluster",
)
KEYS = st.sampled_from(
    ["name", "role", "query", "id", "kind", "url", "every", "contact", "delay", "keep", "timezone", "model", "promise",
     "silences", "match", "until", "since", "max_pages", "read", "allow", "taxonomy", "key_file", "quiet", "rules", "x"]
)  # fmt: skip


def toml(value: Any) -> str:
    """Return ``value`` as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value) if isinstance(value, str) else str(value)


def read(text: str) -> None:
    """Read ``text``; what is refused names each place and says something of it."""
    said = "candor.toml: read"
    try:
        assert from_text(text, path=Path("candor.toml"), environ={}).call == ()
    except ConfigError as problem:
        said = str(problem)
    assert re.search(r"candor\.toml.*?\w{3}", said)
    assert "hidden7" not in said, "a password of an address is in a message"


@settings(max_examples=150, deadline=None)
@given(st.integers(0, GOOD.count("\n")), KEYS, VALUES)
@example(0, "brands", 1)
@example(0, "sources", [[]])
def test_any_value_of_any_key_is_taken_or_refused(at: int, key: str, value: Any) -> None:
    lines = GOOD.splitlines()
    read("\n".join([*lines[:at], f"{key} = {toml(value)}", *lines[at:]]))
    replaced = re.sub(r"= .*", lambda _: f"= {toml(value)}", lines[at] if at < len(lines) else "")
    read("\n".join([*lines[:at], replaced, *lines[at + 1 :]]))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TABLES), st.booleans(), st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_table_is_taken_or_refused(table: str, many: bool, values: dict[str, Any]) -> None:
    head = f"[[{table}]]" if many else f"[{table}]"
    read(GOOD + "\n".join([head, *(f"{key} = {toml(value)}" for key, value in values.items())]))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.integers(0, len(GOOD)))
def test_any_text_is_taken_or_refused(junk: str, at: int) -> None:
    for text in (junk, GOOD[:at] + junk + GOOD[at:], GOOD[:at]):
        read(text)


def test_what_is_written_here_is_toml() -> None:
    assert tomllib.loads(f"x = {toml({'a': [1, 2.5, True, 'é'], 'b': {}})}") == {
        "x": {"a": [1, 2.5, True, "é"], "b": {}}
    }
