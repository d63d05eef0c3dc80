"""A real browser walks every page at three widths: no error, no request elsewhere, axe is content, keys are enough."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analysis.alert.remembered import ALERTS
from analysis.ledger import corrections, proposals, triage
from analysis.ledger.entries import Stamp
from analysis.ledger.fixes import Known
from analysis.ledger.triage import TriageChange
from analysis.model import Claim, Mention
from analysis.model.records.audit import CONFIRMATIONS, CORRECTIONS
from analysis.model.records.view import VIEWS, View, ViewAlert
from analysis.report.contents import shown
from analysis.store.embedded.store import EmbeddedStore
from candor.serve.live.preview import WAIT_S
from tests.candor.commands.test_add import CONFIG, site
from tests.candor.serve.test_sources import page_of
from tests.candor.serve.test_today import firing
from tests.support import hostile_words, seeded
from tests.support.crawl.chromium import needs_chromium
from tests.support.crawl.counting_server import CountingServer
from tests.support.serving import Serving, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = needs_chromium
SIZES = ((1280, 800), (768, 1024), (390, 844))
PAGES = (
    "/",
    "/mentions",
    "/mentions?brand.id=tessaro&not.lang=de&q=battery+OR+app&since=60d&sort=harm",
    "/mentions?q=zzzzz",
    "/report",
    *(f"/report/{name}" for name, one in shown().items() if not one.inside and name != "emerging"),
    "/alerts",
    "/fixes",
    "/sources",
    "/views",
    "/views/v",
    "/label",
    "/label?task=topic",
    "/triage",
    "/log",
    "/rules/volume_spike",
    "/who",
    "/who?order=tone",
    "/proposals",
    "/issues",
)
UNFOLD = "document.querySelectorAll('main details').forEach(one => { one.open = true; })"
ATTACKS = (
    "<script>window.ran=1</script>",
    "<img src=x onerror=window.ran=1>",
    "<svg onload=window.ran=1>",
    "\"'><script>window.ran=1</script>",
    "</title></textarea></style><script>window.ran=1</script>",
    "{{ visit.session.csrf }}{% raw %}",
    "javascript:window.ran=1",
    '" onmouseover=window.ran=1 autofocus onfocus=window.ran=1 x="',
    "<a href=javascript:window.ran=1>x</a><form action=https://evil.example><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<div hx-get=/mentions hx-trigger=load hx-on:load=window.ran=1></div>",
)


def view(name: str) -> View:
    """A saved view that is an alert."""
    alert = ViewAlert(severity="warning", every="daily", who=name, at=seeded.END - timedelta(days=9))
    return View(key="v", name=name, asks="brand.id=tessaro", feed="f", who=name, at=seeded.END, alert=alert)


@contextmanager
def browsing(served: Serving, *, size: tuple[int, int], dark: bool = False) -> Iterator[tuple[Page, list[str]]]:
    """Give a page that was let in, and what went wrong on it: console, scripts, requests to others."""
    from playwright.sync_api import sync_playwright

    from crawler.drawing.browser import checked_browser

    wrong: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=checked_browser(), chromium_sandbox=False)
        colours: Any = "dark" if dark else "light"
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=colours)
        page.set_default_timeout(120_000)
        page.on(
            "console", lambda said: wrong.append(f"console: {said.text}") if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("request", lambda sent: None if sent.url.startswith((served.url, "data:")) else wrong.append(sent.url))
        page.goto(served.url + served.link())
        page.wait_for_url(served.url + "/")
        yield page, wrong
        browser.close()


def told_by_axe(page: Page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])})" for one in found]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize(("size", "dark"), [*((size, False) for size in SIZES), (SIZES[0], True)])
def test_every_page_is_whole_at_every_width(both: Serving, size: tuple[int, int], dark: bool) -> None:
    ALERTS.put(both.desk.records, firing("spike"))
    VIEWS.put(both.desk.records, view("Ours"))
    both.desk.store.write(seeded.unsure(60))
    both.desk.store.refresh()
    found: list[str] = []
    with browsing(both, size=size, dark=dark) as (page, wrong):
        for path in PAGES:
            page.goto(both.url + path)
            found += told_by_axe(page)
            found += [] if fits(page) else [f"{path} is wider than {size[0]}"]
        page.goto(both.url + "/mentions")
        page.locator("#rows .open").first.click()
        page.wait_for_selector("#panel.shown .mention")
        found += told_by_axe(page)
    assert found == []
    assert wrong == []


def test_periods_stand_beside_the_title_where_there_is_room(both: Serving) -> None:
    beside = """() => document.querySelector('.head .pills').getBoundingClientRect().top
        < document.querySelector('.head h1').getBoundingClientRect().bottom"""
    with browsing(both, size=SIZES[0]) as (page, wrong):
        paths = [path for path in ("/", *PAGES) if path == "/" or path.startswith("/report/")]
        below = []
        for path in (f"{path}?days={days}" for path in paths for days in (30, 365)):
            page.goto(both.url + path)
            below += [] if page.evaluate(beside) else [path]
        assert below == []
        assert wrong == []


@pytest.mark.parametrize("size", SIZES[1:])
def test_what_is_chosen_and_what_is_counted_is_in_sight_on_small_screens(both: Serving, size: tuple[int, int]) -> None:
    in_sight = """([list, each]) => [...document.querySelectorAll(each)].every((one) => {
        const box = one.getBoundingClientRect(), strip = one.closest(list).getBoundingClientRect();
        return box.left >= strip.left - 1 && box.right <= strip.right + 1; })"""
    with browsing(both, size=size) as (page, wrong):
        for path in ("/report/caveats", "/report/wishes?days=365", "/who?order=tone"):
            page.goto(both.url + path)
            assert page.evaluate(in_sight, ["nav", "nav [aria-current]"]), path
        for path in ("/who", "/alerts"):
            page.goto(both.url + path)
            assert page.locator(".lines td").count() > 20
            assert page.evaluate(in_sight, [".scroll", ".lines td"]), path
        page.goto(both.url + "/mentions?q=zzzzz")
        assert not page.locator("#rows").is_visible()
        page.context.clear_cookies()
        page.goto(both.url + "/login")
        door = page.locator(".door").bounding_box()
        assert door is not None
        assert door["x"] >= 16
    assert [one for one in wrong if "401" not in one] == []


def about_batteries() -> list[Mention]:
    """Return complaints about our batteries."""
    return [one for one in seeded.mentions() if "battery" in one.complaint_topics and one.brand.id == "tessaro"]


def entered(served: Serving) -> None:
    """Enter something of everything that people and programs enter."""
    records, stamp = served.desk.records, Stamp(at=seeded.END, who="robin")
    some = about_batteries()
    known = Known(topics=("battery",), brands=("tessaro",))
    ALERTS.put(records, firing("spike", rule="volume_spike"))
    VIEWS.put(records, view("Complaints about us, of people who write about batteries and nothing else"))
    served.desk.store.write(seeded.unsure(60))
    served.desk.store.refresh()
    corrections.correct(records, some[0], to="positive", reason="irony", stamp=stamp)
    change = TriageChange(status="open", assignee="ann", tags=("q3", "press"), note="asked the lab")
    for one in some[:5]:
        triage.enter(records, about="mention", what=one.id, change=change, stamp=stamp)
    triage.enter(records, about="theme", what="tessaro/battery", change=change, stamp=stamp)
    fix = {"theme": "battery", "brand": "tessaro", "shipped": "2026-10-01", "note": "new cells"}
    proposals.propose_fix(
        served.desk.store,
        fix,
        reason="they last again",
        evidence=[one.id for one in some[:8]],
        known=known,
        stamp=stamp,
    )
    topic = {"field": "topic", "not": "battery", "to": ""}
    for values in ({"field": "sentiment", "to": "neutral"}, topic):
        proposals.propose_correction(served.desk.store, some[1], values, reason="no", known=known, stamp=stamp)
    bob = served.visitor("analyst", "bob")
    assert bob.post("/issues", {"theme": "battery"}).status == 303
    assert bob.post("/fixes", {"theme": "support", "shipped": "2026-09-15", "note": "a second shift"}).status == 303


def wrong_with(page: Page, size: tuple[int, int]) -> list[str]:
    """Return what is wrong with how a page is shown: what axe says of it, and whether it is wider than the window."""
    return told_by_axe(page) + ([] if fits(page) else [f"{page.url} is wider than {size[0]}"])


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_whole_with_everything_entered(acting: Serving, size: tuple[int, int]) -> None:
    entered(acting)
    lists = ("/label", "/views", "/proposals", "/issues", "/triage", "/log", "/fixes")
    found: list[str] = []
    with browsing(acting, size=size) as (page, wrong):
        for path in (*lists, f"/mention/{about_batteries()[0].id}"):
            page.goto(acting.url + path)
            page.evaluate(UNFOLD)
            found += wrong_with(page, size)
        for path, button in (("/views/v", "Replay"), ("/rules/volume_spike", "Replay")):
            page.goto(acting.url + path)
            page.get_by_role("button", name=button, exact=True).click()
            page.wait_for_selector("text=/alert.* in /")
            found += wrong_with(page, size)
        page.goto(acting.url + "/sources")
        page.evaluate(UNFOLD)
        found += wrong_with(page, size)
        assert wrong == []
        # What is refused is answered with its status, which a browser tells in its console too.
        for path in ("/mentions?q=(a", "/nothing", "/mentions?nofield=1", "/report?brand=x"):
            page.goto(acting.url + path)
            found += wrong_with(page, size)
        page.locator("form[action='/logout'] button").evaluate("one => one.click()")
        page.wait_for_url("**/login")
        found += wrong_with(page, size)
    assert found == []
    assert all("Failed to load resource" in one for one in wrong)


@pytest.mark.parametrize("size", SIZES)
def test_a_place_that_was_looked_at_is_shown_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "candor.toml").write_text(CONFIG)
    with CountingServer(site) as server, page_of(tmp_path) as served, browsing(served, size=size) as (page, wrong):
        page.goto(served.url + "/sources")
        page.get_by_text("Add a source").click()
        page.get_by_label("Web address").fill(server.url("/"))
        page.set_default_timeout(1000 * WAIT_S)  # A process of its own looks, which imports a whole crawl first.
        page.get_by_role("button", name="Look at it").click()
        page.wait_for_selector("text=What is written into the configuration")
        assert wrong_with(page, size) == []
        page.get_by_role("button", name="Add it").click()
        page.wait_for_selector("text=is added.")
        assert wrong_with(page, size) == []
        assert wrong == []


def test_the_day_is_one_screen(both: Serving) -> None:
    with browsing(both, size=SIZES[0]) as (page, _):
        bottom = page.evaluate("document.querySelector('.day').getBoundingClientRect().bottom")
        assert bottom <= 800


def test_keys_alone_reach_everything(both: Serving) -> None:
    with browsing(both, size=SIZES[0]) as (page, wrong):
        for path in ("/", "/mentions?brand.id=steamly", "/alerts", "/fixes", "/report/voice"):
            page.goto(both.url + path)
            wanted = page.evaluate(
                """() => { let n = 0;
                for (const one of document.querySelectorAll('a[href], button, input, select, summary')) {
                  const hidden = !one.checkVisibility() || one.type === 'hidden' || one.tabIndex < 0;
                  if (!hidden) { one.dataset.wanted = n++; } }
                return n; }"""
            )
            reached = set()
            for _ in range(wanted + 8):
                page.keyboard.press("Tab")
                reached.add(page.evaluate("document.activeElement.dataset.wanted"))
            assert len(reached - {None}) == wanted, path
    assert wrong == []


def test_a_judgement_is_corrected_by_keys_alone(acting: Serving) -> None:
    with browsing(acting, size=SIZES[0]) as (page, wrong):
        page.goto(acting.url + "/mentions?brand.id=tessaro&sentiment.label=negative")
        for key in ("j", "j", "k", "j"):
            page.keyboard.press(key)
        name = page.evaluate("document.querySelector('.row.current').dataset.id")
        page.keyboard.press("o")
        page.wait_for_selector(f"#panel.shown .mention[data-id='{name}']")
        page.keyboard.press("e")
        assert page.evaluate("document.activeElement.name") == "sentiment"
        page.keyboard.press("p")
        for _ in range(10):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name") == "reason":
                break
        page.keyboard.type("irony, and j k e are letters here")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Corrected.")
        page.keyboard.press("t")
        assert page.evaluate("document.activeElement.name") == "status"
        page.keyboard.press("o")
        page.keyboard.press("Tab")
        page.keyboard.type("ann")
        page.keyboard.press("Enter")
        page.wait_for_selector(".mention .tag.status-open")
        page.keyboard.press("Escape")
        page.wait_for_selector("#panel:not(.shown)", state="attached")
        page.keyboard.press("?")
        assert page.evaluate("document.querySelector('#keys').open")
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
    assert wrong == []
    mention = acting.desk.store.get([name])[name]
    assert corrections.current(acting.desk.records, mention).label == "positive"


def test_questions_are_answered_by_one_key_each(acting: Serving) -> None:
    acting.desk.store.write(seeded.unsure(60))
    acting.desk.store.refresh()
    with browsing(acting, size=SIZES[0]) as (page, wrong):
        page.goto(acting.url + "/label?task=complaint")
        page.keyboard.press("y")
        page.wait_for_selector(".question.answered:nth-child(1) + .question.current")
        page.keyboard.press("s")
        page.wait_for_selector(".question:nth-child(3).current")
        page.keyboard.press("n")
        page.wait_for_selector(".question.answered:nth-child(3) + .question.current")
        assert page.evaluate("document.activeElement.dataset.key") == "y", "Enter says right, as on the terminal"
        page.keyboard.press("Enter")
        page.wait_for_selector(".question.answered:nth-child(4)")
    assert wrong == []
    records = acting.desk.records
    assert (len(list(CONFIRMATIONS.values(records))), len(list(CORRECTIONS.values(records)))) == (2, 1)


def test_more_rows_come_where_the_list_ends(both: Serving) -> None:
    with browsing(both, size=SIZES[2]) as (page, wrong):
        page.goto(both.url + "/mentions")
        page.locator(".more a").click()
        page.locator("#rows > .row").nth(99).wait_for()
        assert page.locator(".more a").count() == 1
        page.locator("#rows > .row .open").nth(70).click()
        page.wait_for_selector("#panel.shown .mention")
        page.locator(".close").click()
        assert page.locator("#panel.shown").count() == 0
    assert wrong == []


def test_a_stretch_of_time_is_drawn_over_the_bars(both: Serving) -> None:
    with browsing(both, size=SIZES[0]) as (page, wrong):
        page.goto(both.url + "/mentions?brand.id=tessaro&sort=harm")
        bars = page.locator(".time svg a").evaluate_all(
            """all => all.map(one => [one.querySelector('.hit').getBoundingClientRect().x + 2,
            Number(one.getAttribute('aria-label').match(/: (\\d+), negative/)[1])])"""
        )
        box = page.locator(".time svg").bounding_box()
        assert box
        first, last = 12, 5  # From right to left is as good.
        page.mouse.move(bars[first][0], box["y"] + 20)
        page.mouse.down()
        page.mouse.move(bars[last][0], box["y"] + 30, steps=4)
        with page.expect_navigation():
            page.mouse.up()
        wanted = sum(count for _, count in bars[last : first + 1])
        assert int(page.locator(".total").get_attribute("data-total") or 0) == wanted > 0
        assert "brand.id=tessaro" in page.url
        assert "sort=harm" in page.url
        page.locator(".time svg a").nth(3).click()
        assert int(page.locator(".total").get_attribute("data-total") or 0) < wanted, "a bar is still a link"
    assert wrong == []


def hostile() -> list[Mention]:
    """Return mentions that attack whoever shows them, in every field that a stranger writes."""
    some = [one for words in hostile_words.BY_KIND.values() for one in words[:3]]
    words = [*ATTACKS, *(one for one in some if not any("\ud800" <= sign <= "\udfff" for sign in one))]
    made = []
    for n, one in enumerate(words):
        short = one[:300]
        mention = seeded.make(
            n,
            brand=seeded.BRANDS[0],
            at=seeded.END - timedelta(hours=n + 1),
            source=seeded.SOURCES[n % 4],
            author=short,
            text=f"{one} battery {one[:100_000]}",
            label="negative",
            intents=("complaint",),
            topics=("battery", short or "x"),
            complaint_topics=("battery", short or "x"),
            complaint_phrases=(f"battery/{short}",),
            moves=(short,) if short else (),
            version=short,
            domain=short,
            quote=one[:1000],
            thread=short,
            tags=(short,) if short else (),
            lang=short[:20],
        )
        claim = Claim(kind="complaint", sentence=short, start=0, end=max(1, len(short) - 1), value=short, topic=short)
        made.append(replace(mention, title=short, url=short or "x", claims=(claim,)))
    return made


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    with EmbeddedStore(folder / "store", write=True) as store:
        assert not store.write(hostile()).refused
        store.refresh()
        reason = "".join(ATTACKS)
        stamp = Stamp(at=seeded.END, who=ATTACKS[0])
        for mention in hostile()[: len(ATTACKS)]:
            corrections.correct(store.records, mention, to="positive", reason=reason, stamp=stamp)
            change = TriageChange(status="open", assignee=ATTACKS[1], tags=ATTACKS[:4], note=reason[:1000])
            triage.enter(store.records, about="mention", what=mention.id, change=change, stamp=stamp)
        triage.enter(store.records, about="theme", what="tessaro/battery", change=change, stamp=stamp)
        ALERTS.put(store.records, firing("spike", headline=ATTACKS[1], why=ATTACKS[2], now=ATTACKS[3], context=ATTACKS))
        VIEWS.put(store.records, view(ATTACKS[0]))
        told = firing("told", rule="saved_view", labels={"view": "v"}, thing=ATTACKS[2], headline="New", now=ATTACKS[1])
        ALERTS.put(store.records, told)
        with serving(store, folder) as served:
            yield served


def test_hostile_mentions_stay_dead_on_every_page(attacked: Serving) -> None:
    with browsing(attacked, size=SIZES[0]) as (page, wrong):
        for path in (*PAGES, *(f"/mention/{mention.id}" for mention in hostile())):
            answer = page.goto(attacked.url + path)
            assert answer
            assert answer.status == 200, path
            assert page.evaluate("window.ran") is None, path
            assert page.locator("a[href^='javascript:' i]").count() == 0, path
            assert (
                page.evaluate("document.querySelectorAll('main script, main iframe, main meta, [onload]').length") == 0
            )
            outside = page.locator("main a[href^='http']:not([rel~='noopener']), main form[action^='http']").count()
            assert outside == 0, path
        page.goto(attacked.url + "/mentions")
        page.locator("#rows .open").nth(2).click()
        page.wait_for_selector("#panel.shown .mention")
        page.mouse.move(600, 400)
        assert page.evaluate("window.ran") is None
    assert wrong == []
