"""What a page says about itself: meta tags, the schema.org object of its text, names, title and language."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from analysis.model.addresses import canonical, identity, site
from analysis.model.written.dates import parse_date
from analysis.model.written.origin import Origin, order_in, origin_at
from crawler.readers.facts.names import clean_text, clean_title, name_key, without_suffix
from crawler.readers.facts.structured import Node, many, things, types, walk, words
from crawler.readers.page import Page, joined

_ARTICLE = re.compile(
    r"(?:Article|Posting|Report|Review|Recipe|VideoObject|HowTo|Question|CreativeWork|Event|Product)$"
)
_BEST = re.compile(r"(?:Article|BlogPosting|Report)$")
_SITE_METAS = ("og:site_name", "application-name", "al:ios:app_name", "al:android:app_name", "dc.publisher",
               "publisher",
               "apple-mobile-web-app-title", "twitter:app:name:iphone", "cre", "copyright")  # fmt: skip
_WORD = re.compile(r"\w+")
_LONG = 12
_OTHERS = frozenset(
    ("liveBlogUpdate", "comment", "review", "reviews", "itemListElement", "hasPart", "mentions", "citation",
     "relatedLink", "isRelatedTo", "isSimilarTo", "subjectOf", "associatedArticle", "isBasedOn", "potentialAction")
)  # fmt: skip
"""Properties that hold texts of others or of another time: never what the page itself says."""


class PageFacts(NamedTuple):
    """What a page declares: ``node`` is the schema.org object of its own text, ``sites`` the names of its site."""

    page: Page
    metas: dict[str, list[str]]
    node: Node
    sites: tuple[str, ...]

    def meta(self, name: str) -> list[str]:
        """Return the contents of the meta tags called ``name``."""
        return self.metas.get(name, [])


def facts_of(page: Page) -> PageFacts:
    """Return what ``page`` declares about itself. Made once per page."""
    return page.once(_facts)


def _facts(page: Page) -> PageFacts:
    metas = meta_tags(page)
    node = _main_node(page, metas)
    sites = [value for name in _SITE_METAS for value in metas.get(name, ())]
    sites += [name for each in many(node.get("publisher")) if (name := words(each))]
    sites += [words(each.get("name")) for each in things(page) if types(each) & {"WebSite", "Organization"}]
    domain = site(page.url)
    sites += [domain, domain.split(".")[0], urlsplit(page.url).hostname or ""] if domain else []
    return PageFacts(page, metas, node, tuple(name for name in dict.fromkeys(sites) if name))


def _main_node(page: Page, metas: dict[str, list[str]]) -> Node:
    """Return the schema.org object that describes this page's own text; an empty one where there is none."""
    best: tuple[float, Node] = (0.0, {})
    said = [*metas.get("og:title", ()), *page.tree.xpath("//title/text()")[:2]]
    said += [each.text_content() for each in page.tree.xpath("//h1")[:8]]
    headings = {key for value in said if (key := name_key(clean_text(value)))}
    preview = {name_key(clean_text(value)) for value in metas.get("og:title", ())}
    addresses = {identity(each) for each in (canonical(page.url), canonical(declared_address(page))) if each}
    for order, node in enumerate(walk(things(page), without=_OTHERS)):
        kinds = types(node)
        if order > 300 or not any(_ARTICLE.search(kind) for kind in kinds):
            continue
        headline = name_key(clean_text(words(node.get("headline")) or words(node.get("name"))))
        own = {identity(canonical(joined(page.url, each))) for each in _addresses(node)}
        is_own = not addresses.isdisjoint(own)
        # One that tells another address and another heading is another story: related, or next in a list.
        if own and not is_own and not _is_said(headline, headings):
            continue
        worth = 2.0 if any(_BEST.search(kind) for kind in kinds) else 0.5
        worth += 1.0 * ("datePublished" in node) + 0.5 * ("author" in node) + 0.5 * ("articleBody" in node)
        worth += 2.0 * (headline in preview) + 2.0 * is_own - 0.01 * order
        if worth > best[0]:
            best = (worth, node)
    return best[1]


def _addresses(node: Node) -> Iterator[str]:
    """Yield the addresses that ``node`` says to be its own."""
    for name in ("mainEntityOfPage", "url", "@id"):
        said = words(node.get(name))
        if said.startswith(("http", "/")) and not (name == "@id" and "#" in said):
            yield said


def _is_said(headline: str, headings: Collection[str]) -> bool:
    """Tell whether a headline is one of the page's headings, or a part of one."""
    return bool(headline) and any(
        headline == each or (len(headline) >= _LONG and headline in each) for each in headings
    )


def is_article(facts: PageFacts) -> bool:
    """Tell whether the page declares itself an article."""
    return any(map(_BEST.search, types(facts.node))) or "article" in facts.meta("og:type")


def declared_texts(facts: PageFacts) -> list[str]:
    """Return the texts that the page declares, the longest kind first."""
    said = [words(facts.node.get("articleBody")), words(facts.node.get("description"))]
    said += [value for name in ("og:description", "description") for value in facts.meta(name)[:1]]
    return [clean_text(each) for each in said]


def title_of(facts: PageFacts) -> str:
    """Return the heading that the title tag or a preview repeats whole, else what is declared, else any heading."""
    tree = facts.page.tree
    heads = [text for element in tree.xpath("//h1")[:8] if (text := " ".join(element.text_content().split()))]
    tag = tree.xpath("string(//head/title[1])") or tree.xpath("string(//title[1])")
    headline = words(facts.node.get("headline")) if any(map(_BEST.search, types(facts.node))) else ""
    previews = facts.meta("og:title")
    # What stands behind the last bar of a title tag is the site's name, in whatever heading it is repeated.
    before = without_suffix(tag)
    tail = name_key(clean_text(tag)[len(before) :]) if before else ""
    heads = [head for head in heads if not tail or name_key(head) != tail]
    said = [_repeated(heads, (headline, tag, *previews), facts.sites), headline, *map(without_suffix, previews)]
    said += [*facts.meta("twitter:title"), without_suffix(tag), *facts.meta("title"), *heads[:1]]
    cleaned = (clean_title(each, site_names=facts.sites) for each in said)
    return next(filter(None, cleaned), "")


def _repeated(heads: list[str], titles: tuple[str, ...], sites: tuple[str, ...]) -> str:
    """Return the longest heading whose every word stands in one of ``titles``."""
    known = [set(_WORD.findall(title.casefold())) for title in titles]
    best = ""
    for head in heads:
        title = clean_title(head, site_names=sites)
        own = set(_WORD.findall(title.casefold()))
        if own and len(title) > len(best) and len(title) < 300 and any(own <= other for other in known):
            best = title
    return "" if clean_title(best, site_names=sites) in sites else best


def declared_address(page: Page) -> str:
    """Return the canonical address that the page declares, absolute; empty if it declares none."""
    return page.once(_declared_address)


def _declared_address(page: Page) -> str:
    for path in ("//link[@rel='canonical'][1]/@href", "//meta[@property='og:url'][1]/@content"):
        address = page.tree.xpath(f"string({path})").strip()
        if address:
            return joined(page.base, address)
    return ""


def language(page: Page) -> str:
    """Return the ISO 639-1 language that the page declares, else an empty text."""
    said = (page.tree.get("lang") or page.tree.get("xml:lang") or "").strip().lower()
    code = re.split(r"[-_]", said)[0]
    return code if len(code) == 2 and code.isalpha() else ""


def origin_of(page: Page) -> Origin:
    """Return where the dates of ``page`` were written: its language with its region, its host, and how they show the
    order of day and month. Made once per page."""
    return page.once(_origin)


def date_on(page: Page, value: object) -> datetime | None:
    """Return the time that a value of ``page`` tells, read as that page writes its dates; None if it tells none."""
    return parse_date(value, now=page.fetched_at, origin=origin_of(page))


def _origin(page: Page) -> Origin:
    metas = meta_tags(page)
    said = [page.tree.get("lang") or page.tree.get("xml:lang") or "", *metas.get("og:locale", ()),
            *metas.get("content-language", ())]  # fmt: skip
    lang = next((each.strip() for each in said if each.strip()), "")
    return origin_at(page.url, lang=lang, day_first=order_in([page.text]))


def meta_tags(page: Page) -> dict[str, list[str]]:
    """Return the contents of the page's meta tags under their lower-case name, property, itemprop or http-equiv."""
    contents: dict[str, list[str]] = {}
    for tag in page.tree.iter("meta"):
        content = (tag.get("content") or "").strip()
        if content:
            for attribute in ("property", "name", "itemprop", "http-equiv"):
                key = tag.get(attribute)
                if key:
                    contents.setdefault(key.strip().lower(), []).append(content)
    return contents


def count_of(node: Node, action: str, name: str) -> int:
    """Return a count that ``node`` tells, by the property ``name`` or by an interaction counter of type ``action``."""
    value = words(node.get(name))
    for counter in many(node.get("interactionStatistic")):
        if not value and isinstance(counter, dict) and action in str(counter.get("interactionType")):
            value = words(counter.get("userInteractionCount"))
    digits = re.sub(r"[^\d]", "", value.split(".")[0])
    return int(digits) if digits and len(digits) < 12 else 0
