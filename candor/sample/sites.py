"""The sample web as a pure function: site, path and today in, response out. Each site has markup of its own kind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from candor.sample import apis, content
from candor.sample.answers import Response, SamplePage, Site, base_urls, respond, site_named
from candor.sample.content import Entry, Group

THREAD_PAGE = 10
REVIEW_PAGE = 12
LIST_PAGE = 15
FEED_ITEMS = 25
NEWS_SITEMAP_DAYS = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page of one site needs to be drawn."""

    site: Site
    base: str
    today: date
    bases: Mapping[str, str]
    templates: Environment

    def page(
        self, template: str, *, kind: str = "text/html; charset=utf-8", newest: int = -1, **values: Any
    ) -> SamplePage:
        """Return the page that ``template`` draws. ``newest`` is the day of the newest entry shown, if any."""
        midnight = datetime.combine(self.today, datetime.min.time(), tzinfo=UTC)
        changed = midnight - timedelta(days=content.DAYS - newest - 1) if newest >= 0 else None
        text = self.templates.get_template(template).render(
            site=self.site, base=self.base, bases=self.bases, today=self.today, **values
        )
        return SamplePage(text, kind, changed)


def render(site: str, path: str, today: date, *, bases: Mapping[str, str] | None = None) -> Response:
    """Return what ``site`` answers to a plain GET of ``path`` (with its query) on ``today``."""
    return respond(build(site, today, bases=bases or base_urls()), path)


def build(site: str, today: date, *, bases: Mapping[str, str]) -> dict[str, SamplePage]:
    """Return every page of ``site`` by path; ``404`` is the page for any other path. Raises ``KeyError``."""
    about = site_named(site)
    frame = Frame(about, bases[site], today, bases, _templates(today))
    if (answers := APIS.get(about.look)) is not None:
        return {"/": frame.page("about.html"), **answers(frame), **_said(frame), **_common(frame)}
    pages = {**BUILDERS[about.look](frame), **_common(frame)}
    return {**pages, "/sitemap.xml": pages.get("/sitemap.xml") or _sitemap(frame, pages)}


def _templates(today: date) -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    made = Environment(
        loader=loader,
        autoescape=select_autoescape(("html", "xml")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["at"] = lambda entry: entry.at(today)
    made.filters["iso"] = lambda entry: entry.at(today).isoformat()
    made.filters["shown"] = lambda entry: f"{entry.at(today):%-d %B %Y}"
    made.filters["clock"] = lambda entry: f"{entry.at(today):%b %-d, %Y at %H:%M}"
    made.filters["rfc822"] = lambda entry: f"{entry.at(today):%a, %d %b %Y %H:%M:%S} +0000"
    made.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False).replace("</", "<\\/")
    made.filters["blocks"] = blocks
    made.globals["address"] = address
    return made


def address(entry: Entry) -> str:
    """Return the path of the page that is about ``entry``; a forum post's and a review's own permanent link."""
    match entry.site:
        case "forum":
            return f"/threads/{entry.thread}/post-{entry.number}"
        case "reviews":
            return f"/reviews/{entry.number}"
        case "releases":
            return f"/{entry.section}/{entry.slug}"
        case "blog":
            return f"/{entry.slug}/"
        case "news":
            return f"/{entry.section}/{entry.slug}-{entry.number}"
        case "talk":
            return f"/t/{entry.thread}/{entry.number}"
        case "square":
            return f"/@{entry.author}/{entry.number}"
        case "apps" | "mail" | "survey":
            return f"/{entry.site}/{entry.number}"
    return f"/{entry.section}/{entry.slug}.html"


def blocks(entry: Entry) -> list[tuple[str, str]]:
    """Return the text as (quoted author or "", paragraph); a quotation is a paragraph ``> author: words``."""
    found = []
    for part in entry.paragraphs:
        author, sign, words = part[2:].partition(": ")
        found.append((author, words) if part.startswith("> ") and sign else ("", part))
    return found


def _common(frame: Frame) -> dict[str, SamplePage]:
    missing = frame.page("missing.html")
    refused = frame.page("refused.html")
    return {
        "404": SamplePage(missing.body, status=404),
        "/members-only/digest": SamplePage(refused.body, status=403),
        "/robots.txt": frame.page("robots.txt", kind="text/plain; charset=utf-8"),
        "/about": frame.page("about.html"),
    }


def _news(frame: Frame) -> dict[str, SamplePage]:
    entries = content.news()
    newest = entries[::-1]
    sections = sorted({entry.section for entry in entries})
    shared: dict[str, Any] = {"sections": sections, "latest": newest[:6]}
    pages = _listing(frame, "news_list.html", "/", newest, heading="Latest", **shared)
    for section in sections:
        inside = [entry for entry in newest if entry.section == section]
        pages |= _listing(frame, "news_list.html", f"/{section}", inside, heading=section.title(), **shared)
    for entry in entries:
        related = [other for other in newest if other.section == entry.section and other is not entry][:4]
        pages[address(entry)] = frame.page(
            "news_article.html", newest=entry.day, entry=entry, related=related, **shared
        )
    fresh = [entry for entry in newest if entry.day >= content.DAYS - NEWS_SITEMAP_DAYS]
    pages["/feed.xml"] = _xml(frame, "rss.xml", newest[:FEED_ITEMS])
    pages["/sitemap-articles.xml"] = _xml(frame, "urlset.xml", newest)
    pages["/sitemap-news.xml"] = _xml(frame, "news_sitemap.xml", fresh)
    pages["/sitemap.xml"] = frame.page(
        "sitemap_index.xml", kind="application/xml", names=["sitemap-articles.xml", "sitemap-news.xml"]
    )
    return pages


def _local(frame: Frame) -> dict[str, SamplePage]:
    entries = content.local(frame.site.name)
    newest = entries[::-1]
    pages = _listing(frame, "local_list.html", "/", newest, heading="Today")
    for entry in entries:
        pages[address(entry)] = frame.page("local_article.html", newest=entry.day, entry=entry, latest=newest[:5])
    pages["/feed.xml"] = _xml(frame, "rss.xml", newest)
    return pages


def _blog(frame: Frame) -> dict[str, SamplePage]:
    entries = content.blog()
    newest = entries[::-1]
    pages = _listing(frame, "blog_list.html", "/", newest, heading="")
    for at, entry in enumerate(newest):
        around: dict[str, Any] = {
            "newer": newest[at - 1] if at else None,
            "older": newest[at + 1] if at + 1 < len(newest) else None,
        }
        pages[address(entry)] = frame.page("blog_article.html", newest=entry.day, entry=entry, **around)
    pages["/atom.xml"] = _xml(frame, "atom.xml", newest, kind="application/atom+xml; charset=utf-8")
    return pages


def _releases(frame: Frame) -> dict[str, SamplePage]:
    entries = content.releases()
    newest = entries[::-1]
    makers = sorted({entry.author for entry in entries})
    pages = _listing(frame, "releases_list.html", "/", newest, heading="All devices", makers=makers)
    for maker in makers:
        inside = [entry for entry in newest if entry.author == maker]
        pages |= _listing(frame, "releases_list.html", f"/{inside[0].section}", inside, heading=maker, makers=makers)
    for entry in entries:
        pages[address(entry)] = frame.page("release.html", newest=entry.day, entry=entry, makers=makers)
    items = [
        {
            "id": frame.base + address(entry),
            "url": frame.base + address(entry),
            "title": entry.title,
            "content_text": entry.text,
            "date_published": entry.at(frame.today).isoformat(),
            "authors": [{"name": entry.author}],
            "tags": [entry.section, "firmware" if entry.version[0].isdigit() else "service"],
        }
        for entry in newest
    ]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": frame.site.title,
        "home_page_url": frame.base + "/",
        "feed_url": frame.base + "/feed.json",
        "language": "en",
        "items": items,
    }
    body = json.dumps(feed, ensure_ascii=False, indent=1)
    pages["/feed.json"] = SamplePage(body, "application/feed+json; charset=utf-8")
    return pages


def _forum(frame: Frame) -> dict[str, SamplePage]:
    threads = sorted(content.forum(), key=lambda thread: thread.entries[-1].at(frame.today), reverse=True)
    sections = sorted({thread.section for thread in threads})
    slugs = {section: re.sub(r"[^a-z0-9]+", "-", section.lower()).strip("-") for section in sections}
    shared: dict[str, Any] = {"slugs": slugs}
    pages = {"/": frame.page("forum_index.html", threads=threads, **shared)}
    for section in sections:
        inside = [thread for thread in threads if thread.section == section]
        path = f"/forums/{slugs[section]}/"
        pages |= _listing(frame, "forum_list.html", path, inside, step="page-", heading=section, **shared)
    for thread in threads:
        pages |= _thread(frame, thread, slugs)
    return pages


def _thread(frame: Frame, thread: Group, slugs: Mapping[str, str]) -> dict[str, SamplePage]:
    pages: dict[str, SamplePage] = {}
    parts = _chunks(thread.entries, THREAD_PAGE)
    for at, part in enumerate(parts, 1):
        path = f"/threads/{thread.slug}/" + (f"page-{at}" if at > 1 else "")
        pages[path] = frame.page(
            "forum_thread.html",
            newest=part[-1].day,
            thread=thread,
            part=part,
            first=(at - 1) * THREAD_PAGE + 1,
            at=at,
            count=len(parts),
            path=path,
            slugs=slugs,
        )
        for entry in part:
            target = f"{frame.base}{path}#post-{entry.number}"
            pages[address(entry)] = SamplePage("", status=302, location=target)
    return pages


def _reviews(frame: Frame) -> dict[str, SamplePage]:
    products = content.reviews()
    pages = {"/": frame.page("reviews_index.html", products=products)}
    for product in products:
        newest = product.entries[::-1]
        stars = [entry.rating or 0 for entry in newest]
        average = round(sum(stars) / len(stars), 1)
        parts = _chunks(newest, REVIEW_PAGE)
        # Half of the products carry their schema.org data as a script, half as attributes, as real shops do.
        template = "reviews_jsonld.html" if product.number % 2 else "reviews_microdata.html"
        for at, part in enumerate(parts, 1):
            path = f"/products/{product.slug}/" + (f"page/{at}/" if at > 1 else "")
            pages[path] = frame.page(
                template,
                newest=part[0].day,
                product=product,
                part=part,
                average=average,
                at=at,
                count=len(parts),
                path=path,
            )
        for entry in newest:
            pages[address(entry)] = frame.page("review.html", newest=entry.day, product=product, entry=entry)
    return pages


def _said(frame: Frame) -> dict[str, SamplePage]:
    """Return the pages that people see where programs ask the API: what a mention's address leads to."""
    groups = content.talk() if frame.site.look == "talk" else ()
    said = {
        f"/t/{group.slug}/{group.number}/{at}": entry for group in groups for at, entry in enumerate(group.entries, 1)
    }
    if frame.site.look == "square":
        said = {address(entry): entry for entry in content.square()}
    return {path: frame.page("said.html", entry=entry) for path, entry in said.items()}


def _listing(
    frame: Frame, template: str, path: str, items: Sequence[Any], *, step: str = "?page=", **values: Any
) -> dict[str, SamplePage]:
    """Return the pages that list ``items``: ``path``, then ``path`` with ``step`` and the number from 2 on."""
    parts = _chunks(items, LIST_PAGE)
    return {
        path + (f"{step}{at}" if at > 1 else ""): frame.page(
            template, items=part, at=at, count=len(parts), path=path, step=step, **values
        )
        for at, part in enumerate(parts, 1)
    }


def _chunks(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def _xml(
    frame: Frame, template: str, entries: Sequence[Entry], *, kind: str = "application/xml; charset=utf-8"
) -> SamplePage:
    newest = max((entry.day for entry in entries), default=-1)
    return frame.page(template, kind=kind, newest=newest, entries=entries)


def _sitemap(frame: Frame, pages: Mapping[str, SamplePage]) -> SamplePage:
    """A plain sitemap of the pages whose last change is known: the ones that hold entries."""
    known = [(path, page.changed) for path, page in pages.items() if page.changed and "html" in page.content_type]
    # A review's own page repeats what its product's page says, so the sitemap leaves it out.
    kept = [(path, changed) for path, changed in known if not path.startswith("/reviews/")]
    return frame.page("plain_sitemap.xml", kind="application/xml; charset=utf-8", kept=kept)


APIS: dict[str, Callable[[Frame], dict[str, SamplePage]]] = {
    "talk": lambda frame: apis.talk(frame.today),
    "apps": lambda frame: apis.apps(frame.today),
    "square": lambda frame: apis.square(frame.today, frame.base),
}
BUILDERS: dict[str, Callable[[Frame], dict[str, SamplePage]]] = {
    "news": _news,
    "local": _local,
    "blog": _blog,
    "releases": _releases,
    "forum": _forum,
    "reviews": _reviews,
}
