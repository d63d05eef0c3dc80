"""Review pages: a post for each review that a page declares as schema.org data (JSON-LD, microdata, RDFa)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from analysis.model import Engagement, Post
from analysis.model.addresses import canonical
from analysis.model.written.ratings import read_rating
from crawler.readers.facts.about import count_of, date_on, declared_address, facts_of, language, title_of
from crawler.readers.facts.authors import names_of
from crawler.readers.facts.links import page_links
from crawler.readers.facts.names import clean_text, person_name
from crawler.readers.facts.pieces import told_text
from crawler.readers.facts.structured import Node, each_of, many, things, types, walk, words
from crawler.readers.page import Page, PageReading, joined

_STARS = "5"
_MAX_NAME = 120
_NOTES = ("positiveNotes", "negativeNotes")
_REVIEW = re.compile(r"Review$")
_VERSIONS = ("softwareVersion", "productVersion", "reviewedVersion", "appVersion", "version")
_VERSION_WORD = r"(?:(?:app|software|firmware|product)\s+)?(?:version|release|firmware|v\.?)\s*+(?::\s*+)?"
_VERSION = re.compile(rf"(?:{_VERSION_WORD})?(\d[\w.+-]{{0,30}})", re.IGNORECASE)
_VERSION_LINE = re.compile(rf"(?:reviewed |on |for )?({_VERSION_WORD})(\d+(?:\.[\w+-]{{1,12}}){{0,5}})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """What a page says all its reviews come to: the mean, scaled to 5, and how many there are."""

    rating: float | None
    count: int
    of: str = ""


def read_review(page: Page) -> PageReading:
    """Return a post for each review on ``page``; none where it declares none. Raises ReadError for what is no HTML."""
    nodes = list(review_nodes(page))
    thread = canonical(page.url, declared=declared_address(page))
    title = title_of(facts_of(page)) if nodes else ""
    lang = language(page)
    versions = _versions(page)
    posts = (_post(node, page, thread, title, lang, versions) for node in nodes)
    return PageReading(
        posts=tuple(post for post in posts if post.text or post.rating is not None), links=page_links(page)
    )


def review_nodes(page: Page) -> Iterator[Node]:
    """Yield the page's review objects, each once."""
    seen: set[tuple[str, str, str]] = set()
    for node in walk(things(page)):
        if any(_REVIEW.search(kind) for kind in types(node)):
            key = (_body(node)[:200], _author(node), words(node.get("datePublished")))
            if any(key) and key not in seen:
                seen.add(key)
                yield node


def aggregates(page: Page) -> tuple[Aggregate, ...]:
    """Return the aggregate ratings that the page declares, in page order."""
    ratings = []
    for node in walk(things(page)):
        if "AggregateRating" in types(node):
            count = count_of(node, "", "reviewCount") or count_of(node, "", "ratingCount")
            ratings.append(Aggregate(rating=scaled(node), count=count, of=words(node.get("itemReviewed"))))
    return tuple(ratings)


def scaled(rating: object) -> float | None:
    """Return a Rating object's value (or a plain number) as stars from 0 to 5; None where it tells none."""
    if not isinstance(rating, dict):
        return read_rating(words(rating))
    value, best, worst = (words(rating.get(name)) for name in ("ratingValue", "bestRating", "worstRating"))
    return read_rating(value, best=best, worst=worst)


def _post(node: Node, page: Page, thread: str, title: str, lang: str, versions: dict[int, str]) -> Post:
    at = date_on(page, words(node.get("datePublished")) or words(node.get("dateCreated")))
    ratings = [value for each in many(node.get("reviewRating")) if (value := scaled(each)) is not None]
    own = words(node.get("url")) or words(node.get("@id"))
    address = joined(page.base, own) if own else ""
    return Post(
        url=_address(address, thread, node),
        text=_body(node),
        title=clean_text(words(node.get("headline")) or words(node.get("name"))) or title,
        author=_author(node),
        published_at=at,
        published_at_source=("html" if "#element" in node else "jsonld") if at else "",
        fetched_at=page.fetched_at,
        kind="review",
        lang=lang,
        rating=ratings[0] if ratings else None,
        engagement=Engagement(likes=count_of(node, "LikeAction", "upvoteCount")),
        thread=thread,
        product_version=_version(node, versions),
        tags=_original(node),
    )


def _original(node: Node) -> tuple[str, ...]:
    """Return the rating as the page gives it, where its scale is not that of stars: "8/10"."""
    for rating in many(node.get("reviewRating")):
        if isinstance(rating, dict):
            value, best = words(rating.get("ratingValue")), words(rating.get("bestRating"))
            if value and best and best.replace(",", ".").removesuffix(".0") != _STARS:
                return (f"{value}/{best}",)
    return ()


def _versions(page: Page) -> dict[int, str]:
    """Return the version of the product that each review belongs to, by the review object's identity."""
    versions: dict[int, str] = {}
    for node in walk(things(page)):
        if version := _said_version(node):
            reviews = [each for name in ("review", "reviews") for each in many(node.get(name))]
            versions |= {id(each): version for each in reviews if isinstance(each, dict)}
    return versions


def _version(node: Node, versions: dict[int, str]) -> str:
    """Return the version that a review is about: its own word first, then what it reviews, then where it stands."""
    reviewed = [each for each in many(node.get("itemReviewed")) if isinstance(each, dict)]
    said = [_said_version(each) for each in (node, *reviewed)]
    if "#element" in node:
        said.append(_shown_version(node["#element"]))
    return next(filter(None, [*said, versions.get(id(node), "")]), "")


def _said_version(node: Node) -> str:
    value = next(filter(None, (words(node.get(name)) for name in _VERSIONS)), "")
    match = _VERSION.fullmatch(value)
    return match[1] if match else ""


def _shown_version(element: HtmlElement) -> str:
    """Return the version that is printed in a review's own line for it, as app stores do ("Version 2.3.1")."""
    for each in element.xpath(".//*[contains(@class,'version') or contains(@class,'Version')]")[:5]:
        if match := _VERSION.fullmatch(" ".join(each.text_content().split())):
            return str(match[1])
    texts = (" ".join(text.split()) for text in element.itertext("span", "small", "div", "li", "dd", "td", "p"))
    return next((str(match[2]) for text in texts if (match := _VERSION_LINE.fullmatch(text))), "")


def _address(address: str, thread: str, node: Node) -> str:
    """Return the review's own address, else the page's with a fragment made of what tells the review apart."""
    if address and address.partition("#")[0] and canonical(address) != thread:
        return canonical(address)
    if "#" in address:
        return f"{thread}#{address.partition('#')[2]}"
    mark = (
        re.sub(r"\W+", "-", f"{_author(node)} {words(node.get('datePublished'))} {_body(node)[:24]}").strip("-").lower()
    )
    return f"{thread}#review-{mark}" if mark else thread


def _author(node: Node) -> str:
    for author in each_of(node.get("author")):
        names = names_of(author) if isinstance(author, dict) else [words(author)]
        for name in names:
            if (person := person_name(name)) and len(person) <= _MAX_NAME:
                return person
    return ""


def _body(node: Node) -> str:
    """Return what the review says: its words, and what it lists as good and bad where the words do not say it."""
    said = told_text(words(node.get("reviewBody")) or words(node.get("description")) or words(node.get("text")))
    notes = [told_text(note) for name in _NOTES for note in _noted(node.get(name))]
    return "\n".join(dict.fromkeys(filter(None, [said, *(note for note in notes if note not in said)])))


def _noted(value: object) -> list[str]:
    return [words(each.get("name")) or words(each.get("text")) if isinstance(each, dict) else words(each)
            for each in each_of(value)]  # fmt: skip
