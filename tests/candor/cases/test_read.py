"""Pages, forums, reviews, feeds and sitemaps that public bug reports describe: ``candor read`` gives what is right."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.readers.feeds.sitemap import read_sitemap
from crawler.readers.page import Page
from tests.candor.commands.test_commands import candor, rows
from tests.support.shared import SHARED, needs_shared

pytestmark = [needs_shared("cases/reading"), pytest.mark.shared]

CASES = SHARED / "cases" / "reading"
ARTICLE = "https://n.example/news/tessaro-1"
BOARD = "https://board.example.com/showthread.php?t=9"
AT = "2026-11-28T12:00:00Z"

RIGHT: dict[str, tuple[str, str, dict[str, list[dict[str, Any]]]]] = {
    "article_broken_jsonld": (
        "article",
        ARTICLE,
        {
            f"ld_{name}.html": [{"author": "Ida Marsh", "published_at": "2026-11-20T10:00:00Z"}]
            for name in ("html_entities", "missing_brace", "single_backslash", "unescaped_quote")
        },
    ),
    "article_date_guessed": (
        "article",
        ARTICLE,
        {name: [{"published_at": None}] for name in ("dt_comment.html", "dt_event.html")},
    ),
    "article_live_blog": (
        "article",
        ARTICLE,
        {"liveblog.html": [{"author": "Ida Marsh", "published_at": "2026-11-20T08:00:00Z"}]},
    ),
    "article_nested_authors": ("article", ARTICLE, {"a.html": [{"author": "Ida Marsh, Tom Reed"}]}),
    "article_related_jsonld_only": (
        "article",
        ARTICLE,
        {"ld_related_only.html": [{"author": "", "published_at": None}]},
    ),
    "article_title_soft_hyphens": ("article", ARTICLE, {"shy_title.html": [{"title": "Tessaro im Test"}]}),
    "forum_dates_other_languages": (
        "forum",
        BOARD,
        {
            "phpbb_de.html": [
                {"author": "ida", "published_at": "2026-11-20T10:15:00Z"},
                {"author": "tom", "published_at": "2026-10-14T21:15:00Z"},
                {"author": "uwe", "published_at": "2026-03-12T21:15:00Z"},
            ],
            "phpbb_fr.html": [{"published_at": "2026-11-20T10:15:00Z"}, {"published_at": "2026-08-13T21:15:00Z"}],
            "phpbb_ru.html": [{"published_at": "2026-11-20T10:15:00Z"}, {"published_at": "2026-08-13T21:15:00Z"}],
            "phpbb_gestern.html": [
                {"published_at": "2026-11-27T10:15:00Z"},
                {"published_at": "2026-11-28T09:15:00Z"},
                {"published_at": "2026-11-28T10:00:00Z"},
            ],
            "phpbb_hier.html": [
                {"published_at": "2026-11-27T10:15:00Z"},
                {"published_at": "2026-11-28T09:15:00Z"},
                {"published_at": "2026-11-28T10:00:00Z"},
            ],
            "phpbb_uk_slash.html": [{"published_at": "2026-11-05T10:15:00Z"}, {"published_at": "2026-11-13T10:15:00Z"}],
        },
    ),
    "forum_same_words": ("forum", BOARD, {"a.html": [{"author": "ida"}, {"author": "tom"}, {"author": "uwe"}]}),
    "forum_vbulletin4": (
        "forum",
        BOARD,
        {
            "vb4.html": [
                {"author": "ida", "published_at": "2026-11-20T10:15:00Z"},
                {"author": "tom", "published_at": "2026-11-21T21:15:00Z"},
            ],
            "vb4_uk.html": [
                {"author": "ida", "published_at": "2026-11-05T10:15:00Z"},
                {"author": "tom", "published_at": "2026-11-13T21:15:00Z"},
            ],
        },
    ),
    "review_rating_with_scale": (
        "review",
        "https://n.example/r",
        {
            "rt_slash10_best5.html": [{"rating": 1.0}],
            "rt_half.html": [{"rating": 4.5}],
            "rt_stars_glyph.html": [{"rating": 3.0}],
            "html_body.html": [{"text": "Leaks.\nA lot & more bad"}],
            "author_string_url.html": [{"author": ""}],
        },
    ),
    "feed_authors": (
        "feed",
        "https://n.example/feed",
        {
            "atom_authors.feed": [{"author": "Ida Marsh, Tom Reed"}],
            "dc_creators.feed": [{"author": "Ida Marsh, Tom Reed"}],
            "rss_author_email_name.feed": [{"author": "Ida Marsh"}],
            "rss_author_email_only.feed": [{"author": ""}],
            "atom_source_author.feed": [{"author": "Ida Marsh"}],
        },
    ),
    "feed_media_description": (
        "feed",
        "https://n.example/feed",
        {name: [{"text": "Real summary Tessaro."}] for name in ("media_title.feed", "media_title_first.feed")},
    ),
    "feed_one_bad_byte": (
        "feed",
        "https://n.example/feed",
        {
            "utf8_one_bad_byte.xml": [{"title": "Tessaro Café größer"}, {"title": "Zw\ufffdei"}],
            "big5_ext.xml": [{"title": "特薩羅水壺碁銹 Tessaro"}],
            "x-sjis.xml": [{"title": "テッサロ Tessaro"}],
            "win874.xml": [{"title": "เทสซาโร Tessaro"}],
            "eucjp_ext.xml": [{"title": "テッサロ① Tessaro"}],
        },
    ),
    "feed_one_bad_reference": (
        "feed",
        "https://n.example/feed",
        {
            "surrogate_pair_ref.xml": [{"title": "Tessaro 😀 smile"}],
            "gml_srs.xml": [{"title": "Tessaro recall"}],
        }
        | {
            name: [{"title": "Tessaro ok"}, {"title": "Broken \ufffd smile"}]
            for name in ("big_ref.xml", "huge_ref.xml", "surrogate_ref.xml")
        },
    ),
}
"""For each folder the kind, the address, and of each file the posts: what they must say, of what the case is about."""
TOGETHER = ("article_main_text_in_aside", "dates_as_written", "review_rating_with_scale")
SITEMAPS = ("sitemap_blank_line_and_bom", "sitemap_declares_utf16_is_utf8", "sitemap_is_rss")


def posts_of(folder: Path, file: Path, kind: str, url: str) -> list[dict[str, Any]]:
    """Return the posts that ``candor read`` gives for a saved file, as fetched on the day of the cases."""
    row = {"file": str(file), "url": url, "kind": kind, "fetched_at": AT}
    (folder / "manifest.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (read,) = rows(candor(folder, "read", "--manifest", "manifest.jsonl"))
    assert not read.get("error"), read
    found: list[dict[str, Any]] = read["posts"]
    return found


@pytest.mark.parametrize(("case", "file"), [(case, file) for case, (_, _, files) in RIGHT.items() for file in files])
def test_a_saved_page_is_read_right(case: str, file: str, tmp_path: Path) -> None:
    kind, url, files = RIGHT[case]
    found = posts_of(tmp_path, CASES / case / file, kind, url)
    wanted = files[file]
    said = [{key: post[key] for key in each} for post, each in zip(found, wanted, strict=True)]
    assert said == wanted


def test_the_text_of_a_page_is_its_column_and_not_the_cookie_notice(tmp_path: Path) -> None:
    (post,) = posts_of(tmp_path, CASES / "article_main_text_in_aside" / "a.html", "article", ARTICLE)
    assert "The kitchen editors spent three weeks" in post["text"]
    assert "cookies" not in post["text"]


def test_what_somebody_did_not_like_is_part_of_the_review(tmp_path: Path) -> None:
    file = CASES / "review_rating_with_scale" / "review_pos_neg_notes.html"
    (post,) = posts_of(tmp_path, file, "review", "https://n.example/r")
    assert post["text"].splitlines() == ["quick", "Tessaro lid leaks"]


@pytest.mark.parametrize("name", ["feed.xml", "feed.json"])
def test_every_written_form_of_a_date_is_read(name: str, tmp_path: Path) -> None:
    folder = CASES / "dates_as_written"
    with (folder / "dates.tsv").open(encoding="utf-8") as table:
        rows_ = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        right = {row["written"]: row["right"] for row in rows_}
    written = [item["date_published"] for item in json.loads((folder / "feed.json").read_text("utf-8"))["items"]]
    posts = posts_of(tmp_path, folder / name, "feed", "https://n.example/feed")
    read = {said: post["published_at"] or "None" for said, post in zip(written, posts, strict=True) if said in right}
    assert read == right


@pytest.mark.parametrize("case", SITEMAPS)
def test_a_sitemap_lists_its_page(case: str) -> None:
    content = (CASES / case / "sitemap.xml").read_bytes()
    found = read_sitemap(Page(content=content, url="https://n.example/s.xml", fetched_at=datetime.now(UTC)))
    assert [entry.loc for entry in found.urls] == ["https://n.example/1"]


def test_every_saved_page_of_the_cases_is_read_here() -> None:
    of_pages = ("article_", "forum_", "review_", "feed_", "sitemap_", "dates_")
    named = {path.name for path in CASES.iterdir() if path.is_dir() and path.name.startswith(of_pages)}
    crawled = {path.parent.name for path in CASES.glob("*/site.json")}
    assert named - crawled == set(RIGHT) | set(TOGETHER) | set(SITEMAPS)
    for case, (_, _, files) in RIGHT.items():
        left = {path.name for path in (CASES / case).iterdir()} - {"README"} - set(files)
        assert left <= {"review_pos_neg_notes.html"}, case
