"""Files as people have them: workbooks, packed files, archives, other encodings, and files that are made to do harm."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ingest.rows import Row, Wrong
from analysis.ingest.tables import packed, parts
from analysis.ingest.tables.encodings import encoding_of, known_encoding
from analysis.ingest.tables.headings import given_columns
from analysis.ingest.tables.reading import read_tables
from analysis.model import Post
from analysis.model.errors import UsageError

NOW = datetime(2026, 3, 10, tzinfo=UTC)
TABLE = "Comment;ID;Date;Stars\nThe lid leaks.;7;2026-03-01;2\nMöller’s is fine.;8;2026-03-02;5\n"


def read(raw: bytes, name: str = "in/own.csv", columns: str = "", encoding: str = "") -> tuple[list[Row], list[str]]:
    told: list[str] = []
    found = parts.parts_of(io.BytesIO(raw), name, tell=told.append, encoding=encoding)
    return list(read_tables(found, now=NOW, tell=told.append, columns=given_columns(columns))), told


def texts(raw: bytes, **more: str) -> list[str]:
    found, _ = read(raw, **more)
    assert not [row for row in found if isinstance(row, Wrong)]
    return [row.text for row in found if isinstance(row, Post)]


def workbook(*sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"S{number + 1}")
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "."), content)
    return file.getvalue()


BOOK = workbook(
    [["Reviews of March"], [], ["Comment", "Created at", "Stars", "ID"],
     ["It leaks.", datetime(2026, 3, 1, 12, 30), 2, 17], [None, None, None, None], ["Fine.", "2026-03-02", 4.5, 18.0]],
    [["Who", "What"], ["Ann", 3]],
)  # fmt: skip


def test_a_workbook_is_read_from_the_line_of_its_headings_with_dates_and_numbers() -> None:
    found, told = read(BOOK, "in/march.xlsx")
    first, second = (row for row in found if isinstance(row, Post))
    assert (first.text, first.published_at) == ("It leaks.", datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
    assert (first.url, first.rating, first.kind) == ("https://march.invalid/17", 2.0, "review")
    assert (second.text, second.rating, second.url) == ("Fine.", 4.5, "https://march.invalid/18")
    assert told == [
        "in/march.xlsx[S2]: no heading says where the text is; it has 'who', 'what'; say which column it is; "
        "it is left out"
    ]


def test_a_workbook_without_such_a_sheet_is_refused_with_its_headings() -> None:
    with pytest.raises(UsageError, match=r"own.csv\[S1\]: no heading says where the text is; it has 'who', 'what'"):
        read(workbook([["Who", "What"], ["Ann", 3]], []))


@pytest.mark.parametrize("raw", [TABLE.encode(), TABLE.encode("utf-16"), BOOK], ids=["utf-8", "utf-16", "workbook"])
def test_it_may_be_packed_in_any_way(raw: bytes) -> None:
    plain = texts(raw)
    assert len(plain) == 2
    name = "table__xlsx" if raw is BOOK else "table__csv"
    for outer in (gzip.compress(raw), archive(**{name: raw}), gzip.compress(archive(**{name: raw}))):
        assert texts(outer) == plain


def test_an_archive_holds_several_tables_and_what_is_none_is_told() -> None:
    raw = archive(a__csv=b"Comment\nIt leaks.\n", b__jsonl=b'{"Comment": "Fine."}\n', readme__md=b"# Hello\n",
                  c__csv=b"who,what\n1,2\n", d__csv=b"Comment\ncaf\xe9, cr\xe8me\n", e__csv=b"")  # fmt: skip
    found, told = read(raw, "in/all.zip")
    assert next(row.url for row in found if isinstance(row, Post)).startswith("https://a.invalid/")
    assert [row.text for row in found if isinstance(row, Post)] == ["It leaks.", "Fine.", "café, crème"]
    assert told[0] == "in/all.zip/readme.md: is no table, and is left out"
    assert told[-1].startswith("in/all.zip/c.csv: neither JSON lines nor CSV: no heading says where the text is")


@pytest.mark.parametrize("pack", [gzip.compress, lambda raw: archive(a__csv=raw)])
def test_what_is_made_to_fill_memory_is_refused(monkeypatch: pytest.MonkeyPatch, pack: Any) -> None:
    monkeypatch.setattr(packed, "UNCOUNTED", 1 << 20)
    raw = pack(b"Comment\nIt leaks.\n" + b"\n" * (8 << 20))
    assert len(raw) < 16_000
    with pytest.raises(UsageError, match="unpacks to more than 250 times its size, which no table does"):
        read(raw)


def test_a_workbook_that_is_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "UNCOUNTED", 1 << 20)
    with zipfile.ZipFile(io.BytesIO(BOOK)) as book:
        members = {name: book.read(name) for name in book.namelist()}
    members["xl/worksheets/sheet1.xml"] = b"<worksheet>" + b" " * (8 << 20) + b"</worksheet>"
    with pytest.raises(UsageError, match=r"sheet1.xml unpacks to more than 250 times its size"):
        read(archive(**{name.replace(".", "__"): content for name, content in members.items()}))
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet><sheetData>&b;</sheetData></worksheet>'
    members["xl/worksheets/sheet1.xml"] = laughs
    with pytest.raises(UsageError, match="is no workbook that can be read"):
        read(archive(**{name.replace(".", "__"): content for name, content in members.items()}))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "is an old Excel workbook, or one with a password"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content__xml=b"<a/>"), "another program"),
        (b"%PDF-1.7\n", "is no text; give a table as CSV, XLSX or JSON"),
        (b"\n<!DOCTYPE html><html><body>Sign in, please</body></html>", "is a web page, perhaps of a login"),
        (b"BZh91AY", "is packed by bzip2; unpack it first"),
        (gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"a")))), "is packed several times over"),
        (b"PK\x03\x04" + bytes(100), "the zip archive is cut or damaged"),
        (b"", None),
    ],
    ids=["xls", "ods", "pdf", "page", "bzip2", "packed", "cut", "empty"],
)
def test_what_cannot_be_read_says_what_to_do(raw: bytes, said: str | None) -> None:
    if said is None:
        assert read(raw) == ([], [])
        return
    with pytest.raises(UsageError, match=said):
        read(raw)


SPOKEN = {
    "cp1252": "Der Kocher von Möller ist für mich völlig daneben – 5 €, très déçu, qué lástima, ação",
    "cp1250": "Czajnik przecieka, a obsługa nie odpowiada na żadne pytania. Žádná odpověď, příliš hlučný, őrült",
    "cp1254": "Çaydanlık sızdırıyor, müşteri hizmetleri cevap vermiyor. Hiç beğenmedim, çok gürültülü, ışık yanmıyor",
    "mac_roman": "Der Kocher von Möller ist für mich völlig daneben, très déçu, qué lástima, größer",
    "cp850": "Der Kocher von Möller ist für mich völlig daneben, très déçu, größer, schön",
}


@pytest.mark.parametrize("encoding", SPOKEN)
def test_the_encoding_of_a_western_text_is_told_by_its_letters(encoding: str) -> None:
    assert encoding_of(SPOKEN[encoding].encode(encoding)) == encoding
    head, told = read(f"Comment\n{SPOKEN[encoding]}\n".encode(encoding), encoding=encoding)
    assert [row.text for row in head if isinstance(row, Post)] == [SPOKEN[encoding]]
    assert told == []


def test_an_encoding_that_is_none_is_refused() -> None:
    assert known_encoding("Windows-1252") == "cp1252"
    for name in ("latin-99", "base64", "a\0b"):
        with pytest.raises(ValueError, match="is no encoding; write one such as utf-8"):
            known_encoding(name)


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("Comment\nOne.\nTw\n".encode("utf-16") + b"\x00", 4),
        (b"Comment\nOne \x81 two, caf\xe9 f\xfcr M\xf6ller.\nTwo.\n", 2),
        ("Comment\nÄ Ö Ü\n".encode() + b"caf\xe9 \x81\nTwo.\n", 3),
        ("Comment\nÄ Ö Ü Ä Ö Ü\n".encode() + "Чайка".encode("cp1251") + b"\nTwo.\n", 3),
    ],
)
def test_a_byte_that_is_none_of_the_encoding_costs_its_row_and_is_never_kept(raw: bytes, line: int) -> None:
    found, _ = read(raw)
    (wrong,) = (row for row in found if isinstance(row, Wrong))
    assert wrong.line == line
    assert "; save the file as UTF-8" in wrong.reason
    assert all("�" not in row.text for row in found if isinstance(row, Post))


@pytest.mark.parametrize("others", [1, 4])
def test_lines_of_windows_among_utf_8_are_read_as_such_and_told(others: int) -> None:
    raw = "Comment\nGrößer – schön.\n".encode() + "Für Müller “groß” 3 €.\n".encode("cp1252") * others
    found, told = read(raw)
    assert [row.text for row in found if isinstance(row, Post)] == [
        "Größer – schön.", *["Für Müller “groß” 3 €."] * others
    ]  # fmt: skip
    how = "1 line is not UTF-8, and read as cp1252 (line 3)"
    if others > 1:
        how = f"{others} lines are not UTF-8, and read as cp1252 (the first is line 3)"
    assert told == [f"in/own.csv: {how}"]


def test_signs_of_trade_do_not_make_a_text_older_than_windows() -> None:
    for text in ("Tessaro® leaks.", "Tessaro™ is ½ as loud ©", "TESSARO® GRÖSSE", "4 × 3 m² ± 2°"):
        assert encoding_of(f"Comment\n{text}\n".encode("cp1252")) == "cp1252", text


@pytest.mark.parametrize(
    "text",
    [
        '[\n  {\n    "Comment": "One.",\n    "id": 1\n  },\n  {"Comment": "Two.", "id": 2}\n]\n',
        '[{"Comment":"One.","id":1},{"Comment":"Two.","id":2}]',
        '{\n  "Comment": "One.",\n  "id": 1\n}\n{\n  "Comment": "Two.",\n  "id": 2\n}\n',
        '{"count": 2, "reviews": [{"comment": "One.", "id": 1}, {"comment": "Two.", "id": 2}]}',
        '{\n"reviews": [\n{"comment": "One.", "id": 1}, {"comment": "Two.", "id": 2}]\n}',
        '{"comment": "One.", "id": 1, "user": {"name": "Ann"}}\n{"comment": "Two.", "id": 2}\n',
    ],
)
def test_json_is_read_however_it_is_written(text: str) -> None:
    found, _ = read(text.encode(), "in/own.json")
    assert [(row.text, row.url) for row in found if isinstance(row, Post)] == [
        ("One.", "https://own.invalid/1"),
        ("Two.", "https://own.invalid/2"),
    ]
    assert [row.author for row in found if isinstance(row, Post)] == ["Ann" if "Ann" in text else "", ""]


def test_json_that_is_cut_is_read_to_the_cut() -> None:
    rows: list[Row] = []
    text = json.dumps([{"Comment": "One."}] * 3)[:-10]
    found = read_tables(parts.parts_of(io.BytesIO(text.encode()), "own.json", tell=print), now=NOW, tell=print)
    with pytest.raises(UsageError, match=r"the JSON cannot be read after 2 values"):
        rows.extend(found)
    assert len(rows) == 2


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([0, 30, 200, 2000]), st.sampled_from(["book", "gzip", "zip", "plain"]))
def test_whatever_a_file_holds_is_read_or_refused(noise: bytes, at: int, form: str) -> None:
    whole = {"book": BOOK, "gzip": gzip.compress(TABLE.encode()), "zip": archive(a__csv=TABLE.encode())}
    raw = whole.get(form, TABLE.encode())
    with contextlib.suppress(UsageError):
        found, _ = read(raw[:at] + noise + raw[at + len(noise) :])
        assert all("�" not in row.text for row in found if isinstance(row, Post)) or b"\xef\xbf\xbd" in noise
