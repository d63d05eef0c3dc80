"""Tables of one's own as sources: read once, read again where they changed, from files and from an address."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from tests.support.crawl.counting_server import Answer, CountingServer
from tests.support.crawl.crawling import configure, crawl, mentions

ROWS = [(n, f"The kettle number {n} leaks at its lid.") for n in range(1200)]
REFUSED = (
    "{place}: neither JSON lines nor CSV: no heading says where the text is; it has 'who', 'what'; "
    'say which column it is: columns = {{ text = "HEADING" }} in its [[sources]]'
)


def table(rows: list[tuple[int, str]]) -> str:
    return "Kommentar;Nummer\n" + "".join(f"{text};{number}\n" for number, text in rows)


def configured(folder: Path, **more: dict[str, Any]) -> Path:
    return configure(folder, {name: {"kind": "table", **values} for name, values in more.items()})


def test_files_are_read_once_and_again_where_they_changed(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "a.csv").write_text(table(ROWS), encoding="utf-16")
    (exports / "b.csv.gz").write_bytes(gzip.compress(b"Antwort,Frage\nIt drips.,Is it good?\nNo.\n"))
    (tmp_path / "plain.csv").write_text("who,what\n1,2\n")
    config = configured(
        tmp_path,
        many={"path": "exports/*.csv"},
        told={"path": "exports/b.csv.gz", "columns": {"text": "Antwort"}, "about": "Kettle"},
        none={"path": "gone/*.csv"},
        unknown={"path": "plain.csv"},
    )
    first = crawl(config).sources
    many = first["many"]
    assert (many["state"], many["posts"], many["mentions_new"]) == ("ok", 1200, 1200)
    assert (first["told"]["mentions_new"], first["told"]["dropped"]) == (2, {})
    assert first["none"]["cause"] == (
        f"{tmp_path}/gone/*.csv: no file matches it; path is relative to the folder of candor.toml"
    )
    assert first["unknown"]["cause"] == REFUSED.format(place=tmp_path / "plain.csv")
    assert set(mentions(config)) >= {f"https://many.invalid/{n}" for n in range(1200)}
    second = crawl(config).sources
    assert (second["many"]["state"], second["many"]["posts"], second["many"]["unchanged"]) == ("ok", 0, 1)
    # Some more rows: the file is read again, and the rows that are known add nothing.
    (exports / "a.csv").write_text(table([*ROWS, (2000, "My kettle is new.")]), encoding="utf-16")
    third = crawl(config).sources["many"]
    assert (third["posts"], third["mentions_new"]) == (1201, 1)


def test_a_table_at_an_address_is_read_again_where_its_answer_changed(tmp_path: Path) -> None:
    body = "url,text,rating\n" + "".join(
        f"https://app.example/kettle,The kettle is my number {n} of all.,{n % 5 + 1}\n" for n in range(520)
    )
    answer = Answer(body.encode(), headers={"Content-Type": "text/csv", "ETag": '"1"'})
    with CountingServer(lambda asked: answer if asked.path == "/own.csv" else Answer(status=404)) as server:
        config = configured(tmp_path, reviews={"url": server.url("/own.csv")})
        row = crawl(config).sources["reviews"]
        assert (row["state"], row["posts"], row["mentions_new"]) == ("ok", 520, 520)
        assert crawl(config).sources["reviews"]["mentions_new"] == 0
    kinds = {mention.kind for mention in mentions(config).values()}
    assert kinds == {"review"}
