"""Text files as people have them."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from analysis.ingest.tables.encodings import encoding_of
from analysis.ingest.tables.packed import CutError
from analysis.model.errors import UsageError
from candor.files.text import text_in

GERMAN = "url,text\nhttps://a.example/1,Der Tessaro-Kocher von Möller ist für mich völlig daneben – 5 €\n"
RUSSIAN = "url,text\nhttps://a.example/1,Чайник Tessaro протекает и очень шумит, поддержка не отвечает на письма\n"
JAPANESE = (
    "url,text\nhttps://a.example/1,テサロのケトルは水漏れがひどくて、サポートも返事をくれません。とても残念です。\n"
)


def read(path: Path) -> str:
    with text_in(str(path)) as stream:
        return stream.read()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *(
            (GERMAN, encoding)
            for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")
        ),
        *((RUSSIAN, encoding) for encoding in ("utf-8", "utf-16", "cp1251", "koi8_r")),
        *((JAPANESE, encoding) for encoding in ("utf-8", "cp932")),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_is_read_in_the_encoding_that_it_has(tmp_path: Path, text: str, encoding: str, zipped: bool) -> None:
    path = tmp_path / "posts.csv"
    raw = text.encode(encoding)
    path.write_bytes(gzip.compress(raw) if zipped else raw)
    assert read(path).lstrip("\ufeff") == text


def test_another_encoding_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(GERMAN.encode("cp1252"))
    read(path)
    assert "is not UTF-8, and is read as cp1252" in capsys.readouterr().err


def test_one_row_of_another_encoding_does_not_change_that_of_the_file() -> None:
    assert encoding_of(("é" * 50).encode() + b"\xe9") == "utf-8"
    assert encoding_of("é".encode()[:1]) == "utf-8", "the head may end within a character"


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_of_a_gzip_file_that_is_cut_the_beginning_is_read(tmp_path: Path, keep: float) -> None:
    import random

    lines = [f"{random.Random(n).random()}\n" for n in range(60_000)]
    raw = gzip.compress("".join(lines).encode())
    path = tmp_path / "posts.gz"
    path.write_bytes(raw[: int(len(raw) * keep)])
    got: list[str] = []
    with text_in(str(path)) as stream, pytest.raises(CutError, match="cannot be read: the gzip file is cut"):
        got.extend(stream)
    assert got == lines[: len(got)]
    assert len(got) > keep * len(lines) * 0.9


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    raw = bytearray(gzip.compress(b"x" * 1000))
    raw[-6] ^= 1
    (tmp_path / "bad.gz").write_bytes(raw)
    for name, said in (("bad.gz", "damaged"), ("none", "No such file"), (".", "directory"), ("a\0b", "null byte")):
        with pytest.raises(UsageError, match=said):
            read(tmp_path / name)


def test_a_workbook_and_an_archive_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "posts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(UsageError, match=r"posts.xlsx: is a zip archive or an Excel workbook; unpack it, or save"):
        read(path)
