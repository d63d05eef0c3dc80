"""The report on A4 by the system's real browser: its size, what stands on which page, links, and what goes wrong."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from analysis.report.contents import shown
from candor.paper.printing import PrintError, printed
from crawler.drawing.browser import VARIABLE
from tests.candor.commands.test_commands import candor
from tests.support import seeded
from tests.support.crawl.chromium import needs_chromium

A4 = (595, 842)
"""Points: 210 by 297 mm."""
CONFIG = "".join(
    f'[[brands]]\nid = "{one.id}"\nname = "{one.name}"\nrole = "{one.role}"\nquery = "{one.query}"\n'
    for one in seeded.BRANDS
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("paper")
    (made / "candor.toml").write_text(f'store = "{made / "store"}"\n{CONFIG}')
    with seeded.seeded_store(made / "store"):
        pass
    return made


@pytest.fixture(scope="module")
def pages(folder: Path) -> Any:
    """The printed report's pages."""
    from pypdf import PdfReader

    done = candor(folder, "report", "--pdf", "report.pdf", "--now", "2026-11-01")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return PdfReader(folder / "report.pdf").pages


def lines(page: Any) -> list[tuple[float, str]]:
    """The texts of a page with their height above its foot, in points."""
    found: list[tuple[float, str]] = []

    def seen(text: str, ours: list[float], theirs: list[float], *_: Any) -> None:
        if text.strip():
            found.append((theirs[5] * ours[3] + ours[5], text.strip()))

    page.extract_text(visitor_text=seen)
    return found


@needs_chromium
def test_it_is_a4_and_page_one_is_full_of_what_to_improve(pages: Any) -> None:
    assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in pages} == {A4}
    assert 4 <= len(pages) <= 9
    first = pages[0].extract_text()
    assert "What to improve now: Tessaro" in first
    assert f"1 of {len(pages)}" in first
    foot = min(height for height, text in lines(pages[0]) if not text.startswith(("Candor", "1 of")))
    assert foot < 0.3 * A4[1], "the first page is not filled"


@needs_chromium
def test_no_heading_stands_alone_at_the_foot_of_a_page(pages: Any) -> None:
    titles = {section.title for section in shown().values()}
    told = [page.extract_text().split("\n") for page in pages]
    assert sum(line in titles for page in told for line in page) >= 8
    for page in told:
        body = [line for line in page if line.strip() and not line.endswith("Candor")]
        assert body[-1] not in titles


@needs_chromium
def test_links_lead_to_the_posts_and_their_addresses_are_printed(pages: Any) -> None:
    links = [
        note.get_object()["/A"]["/URI"]
        for page in pages
        for note in page.get("/Annots", [])
        if "/URI" in note.get_object().get("/A", {})
    ]
    assert links
    assert all(link.startswith(("http://", "https://")) for link in links)
    whole = "".join("".join(page.extract_text().split()) for page in pages)
    assert links[0].split("#")[0] in whole


@needs_chromium
def test_what_cannot_be_opened_on_paper_is_not_there(pages: Any) -> None:
    assert "Evidence behind the comparison" not in "".join(page.extract_text() for page in pages)


@needs_chromium
def test_hostile_words_are_printed_and_do_nothing() -> None:
    from pypdf import PdfReader

    attack = "<p>plain</p><script>document.title='ran'</script><img src='http://127.0.0.1:1/x'>"
    pdf = printed(f"<!doctype html><meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">{attack}")
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.pages[0].extract_text().strip() == "plain"
    assert reader.metadata is None or reader.metadata.title != "ran"


def test_without_a_browser_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/nowhere/chromium")
    done = candor(folder, "report", "--pdf", "none.pdf", "--now", "2026-11-01")
    assert (done.returncode, done.stdout) == (1, "")
    told = " ".join(done.stderr.split())
    assert "a PDF needs a browser, and CANDOR_BROWSER names '/nowhere/chromium', which is no program" in told
    assert "apt install chromium" in told
    assert not (folder / "none.pdf").exists()


def test_a_browser_that_fails_or_hangs_is_told_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    hanging = tmp_path / "hanging"
    hanging.write_text("#!/bin/sh\nexec sleep 600\n")
    for script in (broken, hanging):
        script.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(broken))
    with pytest.raises(PrintError, match=r"printed nothing \(no display\)"):
        printed("<p>x</p>")
    monkeypatch.setenv(VARIABLE, str(hanging))
    with pytest.raises(PrintError, match=r"did not print within 0\.3 s"):
        printed("<p>x</p>", limit_s=0.3)


@needs_chromium
def test_a_file_that_cannot_be_written_is_told(folder: Path) -> None:
    done = candor(folder, "report", "--pdf", "no/such/folder/report.pdf", "--now", "2026-11-01")
    assert done.returncode == 1
    assert "choose another place with --pdf" in " ".join(done.stderr.split())
