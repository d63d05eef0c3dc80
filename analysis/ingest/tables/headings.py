"""Which column of somebody's own table is what: as the person says, else by known exports, else by plain headings."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from analysis.ingest.tables.answers import open_answers
from analysis.model.errors import UsageError

FIELDS = ("url", "title", "text", "author", "published_at", "rating", "id", "source", "kind", "thread",
          "product_version", "lang", "tags")  # fmt: skip
_SHORT = {"date": "published_at", "version": "product_version", "address": "url"}
_TEXTS = ("title", "text")
_UNIQUE = 12
"""Characters from which on an id is one of its kind: programs that count from 1 do not get there."""
_OURS = frozenset({"source", "kind", "thread"})
"""What a heading of a known export means something else by."""
Columns = Mapping[str, tuple[str, ...]]
"""The columns, in small letters, that each field is read from; a text of several is joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """An export that is known: the headings that it is known by, and which may be what, the first that is there.

    Each of ``known_by`` may have several names. ``is_survey`` says that its texts are answers under the questions of
    whoever made it, which are all headings that ``columns`` and ``besides`` do not name. ``kind`` is what its rows are.
    Columns of ``tagged`` become tags that say what they are: "device: Pixel 8".
    """

    name: str
    known_by: tuple[tuple[str, ...], ...] = ()
    columns: Columns
    besides: frozenset[str] = frozenset()
    is_survey: bool = False
    kind: str = ""
    private: bool = False
    tagged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """Which columns of one table are what. ``questions`` are those among which the texts are still to be found."""

    columns: Columns
    preset: Preset
    questions: tuple[str, ...] = ()

    def with_answers(self, rows: Sequence[Mapping[str, Any]]) -> TableLayout:
        """Return the layout with those questions as its text that ``rows``, the first of the table, answer in words.

        Raises ``ValueError`` with the questions where none is.
        """
        if not self.questions:
            return self
        open_ones, plain = set(open_answers(self.questions, rows)), presets()[-1].columns["text"]
        texts = tuple(name for name in self.questions if name in open_ones or _plain(name) in plain)
        if not texts:
            raise ValueError(
                f"no question is answered in words of one's own; it has {listed(self.questions)}; "
                f"say which column is the text"
            )
        return replace(self, columns={**self.columns, "text": texts}, questions=())

    def is_second_heading(self, cells: Mapping[str, Any]) -> bool:
        """Tell whether a survey's row is a second line of headings: it has neither an id nor a date."""
        marks = [name for key in ("id", "published_at") for name in self.columns.get(key, ())]
        return self.preset.is_survey and not any(cells.get(name) for name in marks)


def given_columns(text: str) -> dict[str, tuple[str, ...]]:
    """Return what ``text=Comment+Reply,date=Created at`` says. Raises ``UsageError`` with the fields there are."""
    columns: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, heading = part.partition("=")
        if not sign:
            raise UsageError(f"the mapping of columns: {part!r} is not FIELD=HEADING; fields are {_fields()}")
        columns |= named_columns({name: heading.split("+")})
    return columns


def named_columns(given: Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the columns that ``{"text": ["Comment", "Reply"], "date": "Created at"}`` names. Raises ``UsageError``."""
    columns: dict[str, tuple[str, ...]] = {}
    for name, headings in given.items():
        key = _SHORT.get(name.strip().lower(), name.strip().lower())
        several = [headings] if isinstance(headings, str) else headings
        names = tuple(filter(None, (" ".join(one.strip().strip('"').split()).casefold() for one in several)))
        if key not in FIELDS or not names:
            shown = f"{name}={'+'.join(several)}"
            raise UsageError(f"the mapping of columns: {shown!r} is not FIELD=HEADING; fields are {_fields()}")
        columns[key] = names
    return columns


def _fields() -> str:
    return ", ".join((*FIELDS, "date"))


@cache
def presets() -> tuple[Preset, ...]:
    """Return the known exports, and last the plain headings."""
    data = tomllib.loads((files("analysis.ingest.tables") / "data" / "headings.toml").read_text(encoding="utf-8"))
    plain = data.pop("plain")
    return (*(_preset(name, values) for name, values in data.items()), _preset("plain", plain))


def _preset(name: str, values: Mapping[str, Any]) -> Preset:
    return Preset(
        name=name,
        known_by=tuple(tuple(each.split(" | ")) for each in values.get("known_by", ())),
        columns={key: tuple(names) for key, names in values.items() if key in FIELDS and isinstance(names, list)},
        besides=frozenset(values.get("besides", ())),
        is_survey=values.get("survey", False),
        kind=values.get("rows", ""),
        private=values.get("private", False),
        tagged=tuple(values.get("tagged", ())),
    )


def layout_of(headings: Sequence[str], given: Columns) -> TableLayout:
    """Return which of ``headings`` (in small letters) each field is read from.

    What is ``given`` wins; then the first export whose headings are all there; then plain words. Raises
    ``ValueError`` that names what is missing, and all headings that were seen.
    """
    seen = {_plain(name): name for name in reversed(headings) if name}
    wanted = {key: tuple(seen.get(_plain(name), "") or _absent(name, headings) for name in names)
              for key, names in given.items()}  # fmt: skip
    *exports, plain = presets()
    known = next((preset for preset in exports if _is(preset, seen, wanted)), plain)
    columns = _found(wanted, known, seen)
    if known.is_survey and "text" not in columns and (questions := _questions(headings, known, columns)):
        return TableLayout(columns=columns, preset=known, questions=questions)
    if known is not plain:
        columns = _found(columns, plain, seen, without=_OURS)
    if not any(key in columns for key in _TEXTS):
        raise ValueError(f"no heading says where the text is; it has {listed(headings)}; say which column it is")
    return TableLayout(columns=columns, preset=known)


def _absent(name: str, headings: Sequence[str]) -> str:
    raise ValueError(f"there is no heading {name!r}; it has {listed(headings)}")


def _plain(name: str) -> str:
    return name.replace("_", " ").strip()


def _is(preset: Preset, seen: Mapping[str, str], wanted: Columns) -> bool:
    if not all(any(_plain(name) in seen for name in names) for names in preset.known_by):
        return False
    # A date alone, and a plain heading of a text beside it, make no form, whose questions are sentences.
    has_text = "text" in wanted or any(_plain(name) in seen for name in presets()[-1].columns["text"])
    return len(preset.known_by) > 1 or not has_text


def _found(
    columns: Columns, preset: Preset, seen: Mapping[str, str], *, without: frozenset[str] = frozenset()
) -> dict[str, tuple[str, ...]]:
    """Return ``columns`` with those of ``preset`` that are there for the fields that have none yet."""
    found = dict(columns)
    taken = {name for names in found.values() for name in names}
    for key, names in preset.columns.items():
        if key in found or key in without:
            continue
        name = next((seen[_plain(name)] for name in names if seen.get(_plain(name), "") not in (taken | {""})), None)
        if name is not None:
            found[key] = (name,)
            taken.add(name)
    return found


def _questions(headings: Sequence[str], known: Preset, columns: Columns) -> tuple[str, ...]:
    taken = {name for names in columns.values() for name in names}
    known_names = {name for names in known.columns.values() for name in names} | known.besides
    return tuple(name for name in headings if name and name not in taken and name not in known_names)


def listed(headings: Sequence[str]) -> str:
    """Return headings in words, not too many of them."""
    shown = ", ".join(repr(name[:40]) for name in headings[:20] if name) or "no headings"
    return shown + (f" and {len(headings) - 20} more" if len(headings) > 20 else "")


@dataclass(slots=True)
class Rows:
    """Makes a table's rows what an import takes, one after the other; ``source`` is what made addresses begin with.

    Where that is empty, ``file`` stands in for it, but for rows that are the same in whatever file they come again.
    """

    source: str = ""
    file: str = ""
    _seen: Counter[str] = field(default_factory=Counter)

    def row(self, layout: TableLayout, cells: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row as an import takes it; one without an address gets one of its source and its id or words."""
        columns, preset = layout.columns, layout.preset
        mapped = {name for names in columns.values() for name in names}
        ours = frozenset(FIELDS) if preset.known_by else frozenset()
        row = {name: value for name, value in cells.items() if name not in mapped and name not in ours}
        for key, names in columns.items():
            values = [cells[name] for name in names if cells.get(name) not in (None, "")]
            if values:
                row[key] = "\n\n".join(map(str, values)) if len(values) > 1 else values[0]
        own = str(row.pop("id", "") or "")
        if not row.get("kind") and (kind := preset.kind or ("review" if row.get("rating") else "")):
            row["kind"] = kind
        if preset.private:
            row["private"] = True
        if tags := [f"{name}: {cells[name]}" for name in preset.tagged if cells.get(name)]:
            row["tags"] = tags
        if not row.get("url"):
            row["url"] = self._made_address(own, row)
        return row

    def _made_address(self, own: str, row: Mapping[str, Any]) -> str:
        """Return an address on a host that cannot exist (RFC 2606), so that nobody takes it for a page."""
        source = str(row.get("source") or self.source or self._file(own, row)).lower()
        host = "-".join("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in source).split())
        return f"https://{host[:60].strip('-') or 'import'}.invalid/{quote(own, safe='') or self._of_words(row)}"

    def _file(self, own: str, row: Mapping[str, Any]) -> str:
        """Return the file's name, or nothing where a long id, or an author or a date, tells the row from all others.

        7 is another row in another file, and "Good." of nobody is said by many.
        """
        is_told = len(own) >= _UNIQUE if own else bool(row.get("author") or row.get("published_at"))
        return "" if is_told else self.file

    def _of_words(self, row: Mapping[str, Any]) -> str:
        told = "\n".join(str(row.get(name) or "") for name in ("author", "published_at", "title", "text"))
        name = hashlib.sha256(told.encode(errors="replace")).hexdigest()[:16]
        if row.get("author") or row.get("published_at"):
            return name
        # Nobody in particular says so: as many people as there are rows, and as many again the next time.
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name}-{self._seen[name]}"
