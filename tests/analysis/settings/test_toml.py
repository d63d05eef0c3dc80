"""A text that is no configuration: refused with file, line, problem and cure, in words for who wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.model.errors import ConfigError
from analysis.settings.toml import LARGEST_BYTES
from crawler.configuration import from_text, load

FEED = '[[sources]]\nkind = "feed"\nurl = "https://a.example/"\n'


def said(text: str) -> str:
    """Return the one problem that ``text`` has, without the place of the file."""
    with pytest.raises(ConfigError) as caught:
        from_text(text, path=Path("candor.toml"), environ={})
    assert len(caught.value.problems) == 1, caught.value.problems
    return caught.value.problems[0].removeprefix("candor.toml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = " + "[" * 5000 + "]" * 5000, ": tables or lists stand within each other more than 32 deep"),
        ("x = " + "{a=" * 5000 + "1" + "}" * 5000, ": tables or lists stand within each other more than 32 deep"),
        ("[" + ".".join("a" * 5000) + "]", ":1: a.a.a.a.a.a: tables or lists stand"),
        ("[crawl]\nretries = " + "9" * 5000, ":2: a number has more digits than TOML allows (19)"),
        ("[crawl]\nretries = " + "9" * 20, ":2: crawl.retries: a number has more digits"),
        (FEED + "every = 0x" + "f" * 5000, ":4: sources[1].every: a number has more digits"),
        (FEED + 'every = "99999999d"', ":4: sources[1].every: is longer than a hundred years"),
        (FEED + f'every = "{"9" * 400}d"', ":4: sources[1].every: is longer than a hundred years"),
        ('[alerts]\nrepeat_interval = "5300w"', ":2: alerts.repeat_interval: is longer than a hundred years"),
        (FEED + 'every = "0.9s"', ":4: sources[1].every: "),
    ],
    ids=[*("lists", "tables", "names", "digits", "20 digits", "hex", "every", "overflow", "wait", "every 0.9s")],
)
def test_what_is_too_deep_too_large_or_too_long_is_a_mistake_of_the_file(text: str, problem: str) -> None:
    assert said(text).startswith(problem)


def test_a_number_alone_is_one_of_seconds() -> None:
    [source] = from_text(FEED + "every = 900\n", path=Path("candor.toml"), environ={}).sources
    assert source.every_s == 900


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("role = own", ":1: not valid TOML at column 8: this is no value; text needs quotation marks"),
        ("\nevery = 15m", ":2: not valid TOML at column 11: something is left behind the value"),
        ("name = “Tessaro”", ":1: not valid TOML at column 8: curly quotation marks"),
        ('name = "Tessaro\nrole = 1', ":1: not valid TOML at column 16: a text is not closed"),
        ('file = "C:\\users"', ":1: not valid TOML at column 13: a \\ within double quotes must be doubled"),
        ("[crawl]\n[crawl]", ":2: not valid TOML at column 7: [crawl] is written twice"),
        ("[crawl]\nretries = 1\nretries = 2\n\n", ":3: not valid TOML at column 12: this name has a value already"),
        ("a = [1, 2", ":1: not valid TOML: a list is not closed"),
        ("[[brands]\n", ":1: not valid TOML at column 9: the name of a table is not closed by ]]"),
        ("Tessaro", ":1: not valid TOML: no = follows the key"),
        ("promise = { posts = 1, posts = 2 }", ": the same key is written twice"),
        ("until = 2026-02-30", ":1: not valid TOML at column 9: there is no such date"),
        ("a = 1 \x07", ":1: not valid TOML at column 7: something is left behind the value"),
    ],
)
def test_a_slip_of_toml_is_told_with_its_line_and_cure(text: str, problem: str) -> None:
    assert problem in said(text)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'\nstore = "caf\xe9"', ":2: is not written in UTF-8 (the first sign that is not: 'é', if it is Latin-1)"),
        ('store = "x"'.encode("utf-16"), ":1: is written in UTF-16; save it as UTF-8"),
        (b"#" * (LARGEST_BYTES + 1), ": holds more than 16 MiB"),
    ],
)
def test_a_file_that_is_no_text_in_utf_8_is_told_so(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "candor.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}{problem}")


def test_a_folder_in_the_place_of_the_file_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load(tmp_path)


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_the_line_ends_of_other_systems_are_taken(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "candor.toml"
    path.write_bytes(f"[[brands]]{line_end}name = 'Tessaro'{line_end}role = 'own'{line_end}".encode())
    assert [brand.id for brand in load(path).brands] == ["tessaro"]
