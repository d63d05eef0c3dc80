"""The report in all its forms: terminal, page, JSON, CSV and JSON lines, over a real embedded store."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from analysis.flow import measure
from analysis.model import mention_fields, mention_from
from analysis.model.errors import EmptyStoreError
from analysis.model.records.ledger import FIXES
from analysis.model.records.run import RUNS
from analysis.report import html, terminal, words
from analysis.report.commands import opening
from analysis.report.csv import defused, tables, write_csv, write_tables
from analysis.report.json import schema, to_json, write_jsonl
from analysis.report.sections.reputation import judged
from analysis.report.sections.themes import theme_count, theme_market
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.parts import Condition, Evidence
from analysis.track.results import Measures
from tests.support import seeded

DOCS = Path(__file__).resolve().parents[3] / "docs"


def ask(store: EmbeddedStore) -> Measures:
    return measure(
        store,
        brands=seeded.BRANDS,
        sources=seeded.SOURCES,
        since=seeded.SINCE,
        until=seeded.END,
        now=seeded.END,
        topic_names=seeded.NAMES,
    )


@pytest.fixture(scope="module")
def store() -> Iterator[EmbeddedStore]:
    with (
        tempfile.TemporaryDirectory() as folder,
        seeded.seeded_store(Path(folder) / "store", with_fixes=True) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def report(store: EmbeddedStore) -> Measures:
    return ask(store)


@pytest.fixture(scope="module")
def page(report: Measures) -> str:
    return html.render(report)


def printed(report: Measures, width: int) -> str:
    stream = io.StringIO()
    terminal.render(report, Console(file=stream, width=width, color_system=None))
    return stream.getvalue()


class Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


# JSON -----------------------------------------------------------------------------------------------------------------


def test_json_is_as_the_published_schema_says(report: Measures) -> None:
    published = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(published)
    data = json.loads(json.dumps(to_json(report)))
    Draft202012Validator(published).validate(data)
    assert (data["format"], data["version"]) == ("candor-report", 1)
    data["themes"][0].pop("evidence")
    assert not Draft202012Validator(published).is_valid(data)


def test_json_has_no_infinity(report: Measures) -> None:
    published = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
    first = report.emerging[0]
    endless = replace(first, growth=replace(first.growth, high=math.inf))
    data = to_json(replace(report, emerging=(endless, *report.emerging[1:])))
    assert data["emerging"][0]["growth"]["high"] is None
    Draft202012Validator(published).validate(json.loads(json.dumps(data, allow_nan=False)))


def test_the_published_schema_is_the_one_of_the_types() -> None:
    published = json.loads((DOCS / "report.schema.json").read_text(encoding="utf-8"))
    assert published == schema(), "run `make docs`"


def test_the_reference_page_explains_every_part_of_the_json(report: Measures) -> None:
    text = (DOCS / "report.md").read_text(encoding="utf-8")
    missing = [name for name in to_json(report) if f"`{name}`" not in text]
    assert missing == []


def test_the_same_mentions_give_the_same_bytes(report: Measures, tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path, write=True) as other:
        mentions = list(reversed(seeded.mentions()))
        for start in (600, 0, 300, 900):  # another order, in other pieces
            other.write(mentions[start : start + 300 if start < 900 else None])
        other.refresh()
        RUNS.put_many(other.records, seeded.runs())
        FIXES.put_many(other.records, seeded.LEDGER)
        again = ask(other)
    assert json.dumps(to_json(again)) == json.dumps(to_json(report))


# An empty store -------------------------------------------------------------------------------------------------------


def test_an_empty_store_gives_no_report_but_the_cure(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path, write=True) as store:
        nothing = ask(store)
    console = Console(file=io.StringIO())
    for write in (to_json, html.render, tables, lambda found: terminal.render(found, console)):
        with pytest.raises(EmptyStoreError, match=r"holds no mention.*; crawl or import first"):
            write(nothing)


def test_an_empty_period_names_the_newest_mention(store: EmbeddedStore) -> None:
    late = measure(
        store,
        brands=seeded.BRANDS,
        since=seeded.END.replace(year=2027),
        until=seeded.END.replace(year=2028),
        now=seeded.END,
    )
    with pytest.raises(EmptyStoreError, match=r"newest mention is of 2026-10-31; widen the period"):
        to_json(late)


# Hostile posts --------------------------------------------------------------------------------------------------------


def test_posts_cannot_act_in_the_page(page: str) -> None:
    parsed = Page(page)
    assert not [tag for tag, _ in parsed.tags if tag in ("script", "iframe", "object", "embed", "link", "base", "form")]
    assert not [name for _, attrs in parsed.tags for name in attrs if name.startswith("on")]
    for tag, attrs in parsed.tags:
        link = attrs.get("href") or attrs.get("xlink:href") or attrs.get("src") or ""
        assert link.startswith(("https://", "http://", "#")) or not link, (tag, link)
        if link.startswith("http"):
            assert attrs["rel"] == "noopener noreferrer nofollow"
    assert "<script>alert('x')</script> my battery" in "".join(parsed.words)


def test_direction_overrides_and_escapes_are_shown_not_obeyed(page: str, report: Measures) -> None:
    for text in (page, printed(report, 80)):
        assert "[U+202E]is fine[U+202C]" in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", text)
    assert re.search(r'<bdi dir="auto">&lt;script&gt;', page)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://forum.example/t/1?a=b#c", True),
        ("HTTP://forum.example/", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("//forum.example/", False),
        ("https://", False),
        ("https://forum.example/\u0007", False),
        ('https://forum.example/"onclick="x', False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(url: str, link: bool) -> None:
    assert words.web_link(url) == (url if link else "")


def test_hostile_names_stay_text_in_charts_and_headings(report: Measures) -> None:
    evil = "</text><script>alert(1)</script>"
    brands = tuple(replace(brand, name=evil) for brand in report.brands)
    page = html.render(
        replace(
            report,
            brands=brands,
            themes=tuple(replace(theme, name=evil) for theme in report.themes),
            reputation=tuple(replace(brand, name=evil) for brand in report.reputation),
            voice=tuple(replace(one, name=evil) for one in report.voice),
        )
    )
    assert not [tag for tag, _ in Page(page).tags if tag == "script"]


# The page -------------------------------------------------------------------------------------------------------------


def test_the_page_is_one_small_file_with_described_charts(page: str, report: Measures) -> None:
    assert len(page.encode()) < 600_000
    parsed = Page(page)
    charts = [attrs for tag, attrs in parsed.tags if tag == "svg"]
    assert len(charts) == 2 * len(report.themes) + 2 * len(report.reputation) + 1
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in charts)
    ids = [attrs["id"] for _, attrs in parsed.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    inner = {attrs["href"] for tag, attrs in parsed.tags if tag == "a" and (attrs.get("href") or "").startswith("#")}
    assert {link[1:] for link in inner if link} <= set(ids)
    assert "url(http" not in page
    assert "@import" not in page


def test_the_page_shows_the_numbers_of_the_json(page: str, report: Measures) -> None:
    shown = " ".join(" ".join(Page(page).words).split())
    posts = {post.mention_id: post for post in report.posts}
    for theme in report.themes:
        assert theme_count(theme) in shown
        assert theme_market(theme) in shown
        for quote in theme.quotes:
            assert " ".join(words.clean(quote.text).split()) in shown
        for id_ in theme.evidence.ids[:5]:
            link = words.web_link(posts[id_].url)
            assert (f'href="{link}"' if link else id_) in page
        assert opening(report, theme.evidence) in shown
    for brand in report.reputation:
        assert words.net(brand.net, judged(brand)) in shown
    for caveat in report.caveats:
        assert caveat.text in shown


def test_gaps_are_written_into_the_charts(page: str) -> None:
    assert "source silent" in page
    assert "a source was silent" in page


# The terminal ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_lines_fit(report: Measures, width: int) -> None:
    assert max(len(line) for line in printed(report, width).splitlines()) <= min(width, 100)


def test_page_one_of_the_terminal_fits_forty_odd_lines(report: Measures) -> None:
    lines = printed(report, 80).splitlines()
    rule = next(place for place, line in enumerate(lines) if line.startswith("New complaints ─"))
    assert rule <= 46, "with the empty line before the next section"
    assert "Tessaro: " in lines[2]
    assert "Battery life" in lines[4]
    assert "rising" in lines[4]


def test_the_terminal_says_the_same_numbers(report: Measures) -> None:
    text = " ".join(printed(report, 100).split())
    for theme in report.themes:
        assert f"{theme.count} of {theme.mentions} mentions" in text
    for brand in report.reputation:
        assert f"{brand.name} {brand.mentions}" in text
    assert "Nothing was erased on request" in text


def test_a_terminal_that_knows_links_gets_web_links_only(report: Measures) -> None:
    stream = io.StringIO()
    terminal.render(report, Console(file=stream, width=80, force_terminal=True, color_system="truecolor"))
    links = re.findall(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b", stream.getvalue())
    assert [link for link in links if link]
    assert all(link.startswith("https://") for link in links if link)


def test_filters_and_no_complaint_are_said(store: EmbeddedStore) -> None:
    found = measure(
        store,
        brands=seeded.BRANDS[1:],
        since=seeded.SINCE,
        until=seeded.END,
        now=seeded.END,
        where=Filter(exclude={"source.id": ["daily-news"]}),
    )
    for text in (printed(found, 80), html.render(found)):
        assert "left out: source.id daily-news" in text
        assert "No complaint about our brands in this period" in text


# Words ----------------------------------------------------------------------------------------------------------------


def test_numbers_in_words() -> None:
    assert words.of(34, 212) == "34 of 212 mentions (16%)"
    assert words.of(1, 4) == "1 of 4 mentions"
    assert words.of(1, 1) == "1 of 1 mention"
    assert words.of(1, 1000) == "1 of 1,000 mentions (<1%)"
    assert words.percent(0.999) == ">99%"
    assert words.percent(0.0) == "0%"
    assert words.signed(-0.234) == "−23"
    assert words.signed(0.004) == "0"
    assert words.plural(1, "story", "stories") == "1 story"
    assert words.plural(2000, "story", "stories") == "2,000 stories"


# Exports --------------------------------------------------------------------------------------------------------------


def test_jsonl_holds_every_mention_whole(store: EmbeddedStore, tmp_path: Path) -> None:
    stream = io.StringIO()
    count = write_jsonl(store.scan(Filter()), stream)
    back = [mention_from(json.loads(line)) for line in stream.getvalue().splitlines()]
    assert count == len(back) == len(seeded.mentions())
    with EmbeddedStore(tmp_path, write=True) as other:
        other.write(back)
        other.refresh()
        assert list(other.scan(Filter())) == list(store.scan(Filter()))


def test_csv_of_mentions_is_defused_and_whole(store: EmbeddedStore) -> None:
    stream = io.StringIO(newline="")
    hostile = replace(seeded.mentions()[0], title='=HYPERLINK("x")', text='+1 "quoted"\nnext', tags=("@a", "b"))
    assert write_csv([hostile, *store.scan(Filter())], stream) == len(seeded.mentions()) + 1
    stream.seek(0)
    rows = list(csv.DictReader(stream))
    assert list(rows[0]) == [info.path for info in mention_fields() if info.kind != "vector"]
    assert rows[0]["title"] == '\'=HYPERLINK("x")'
    assert rows[0]["text"] == '\'+1 "quoted"\nnext'
    assert rows[0]["tags"] == "'@a | b"
    assert rows[0]["sentiment.score"] in ("-0.8", "0.8", "0.0")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n=", " =", "＝"])
def test_no_cell_is_a_formula(sign: str) -> None:
    assert defused(f"{sign}cmd|' /C calc'!A0")[0] == "'"
    assert defused(-0.5) == "-0.5"
    assert defused(None) == ""
    assert defused("a=b") == "a=b"


def test_every_table_is_written(report: Measures, tmp_path: Path) -> None:
    written = {path.stem: path for path in write_tables(report, tmp_path / "tables")}
    assert {"themes", "moves", "switching", "reputation", "voice", "praise", "wishes", "sources", "fixes"} <= set(
        written
    )
    assert {"caveats", "sentiment_over_time", "theme_trends", "theme_rates", "emerging"} <= set(written)
    assert {"series", "response", "posts"} <= set(written)
    with written["themes"].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["count"] for row in rows] == [str(theme.count) for theme in report.themes]
    assert rows[0]["evidence.total"] == str(report.themes[0].evidence.total)
    assert report.themes[0].evidence.ids[0] in rows[0]["evidence.ids"]


def test_charts_are_loaded_for_the_page_only() -> None:
    code = (
        "import sys, analysis.flow, analysis.report.terminal, analysis.report.html, analysis.report.csv;"
        "print([name for name in ('altair', 'vl_convert', 'scipy.stats', 'spacy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_evidence_leads_into_a_board_unless_filters_are_in_force(report: Measures, page: str) -> None:
    def board(found: Evidence) -> str:
        return f"https://kibana.example/{found.total}?a='b'"

    linked = html.render(report, board=board)
    theme = report.themes[0]
    assert f'href="https://kibana.example/{theme.evidence.total}?a=&#39;b&#39;"' in linked
    assert linked.count("in Kibana</a>") == page.count("All: <code>") > 10
    assert "in Kibana" not in page
    filtered = replace(report, filters=(*report.filters, Condition(field="source.id", values=("forum",))))
    assert "in Kibana" not in html.render(filtered, board=board)
