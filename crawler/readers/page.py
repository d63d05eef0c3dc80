"""The saved inputs of every reader, and what a reader gives back.

A ``Page`` is bytes, an address and the time of the fetch. Its text and its parse are made at most once, by whichever
reader asks first, and live as long as the page does; nothing is kept between pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from analysis.model import Post
from analysis.model.errors import ReadError
from crawler.readers.encoding import decode, looks_binary

T = TypeVar("T")
_ONE_CLASS = etree.ElementDefaultClassLookup(element=HtmlElement)
_LABELS = etree.XPath("//@class | //@id", smart_strings=False)
MAX_BYTES = 10 * 1024 * 1024
_PAGES = ("http", "https", "")
MOST_ATTRIBUTES = 500
_LONG_TAG = 4000
_TAG = re.compile(r"<[a-z](?:[^>=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))*+>?", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"[^\s=>]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?")


@dataclass(frozen=True)
class Page:
    """One saved or fetched answer: its bytes, its address, when it was fetched (UTC) and its Content-Type, if known.

    ``headers`` are those of the answer, by names in lower case; an API tells in them how to go on.

    ``follow`` says that the page's links are wanted too: a crawl that goes no further does not collect them. ``names``,
    if given, tells whether a text may name anybody of interest: where a page's does not, a reader may give a few words
    of it instead of all.
    """

    content: bytes
    url: str
    fetched_at: datetime
    content_type: str = ""
    follow: bool = True
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    names: Callable[[str], bool] | None = field(default=None, compare=False)

    @cached_property
    def text(self) -> str:
        """The characters of the page. Raises ReadError where the page is empty, binary or too long."""
        if not self.content.strip():
            raise ReadError(f"{self.place}: the page is empty; fetch it again or remove it from the list")
        if len(self.content) > MAX_BYTES:
            raise ReadError(f"{self.place}: {len(self.content)} bytes; at most {MAX_BYTES} bytes of a page are read")
        if looks_binary(self.content):
            raise ReadError(f"{self.place}: this is no text (a picture, an archive?); leave it out of the source")
        return decode(self.content, self.content_type)

    @cached_property
    def tree(self) -> HtmlElement:
        """The one HTML parse that all readers share. Readers must not change it. Raises ReadError as ``text`` does."""
        parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
        # The library's own lookup of a class for each element runs in Python and costs a tenth of a page's reading.
        parser.set_element_class_lookup(_ONE_CLASS)
        try:
            tree = document_fromstring(fewer_attributes(self.text).encode("utf-8", "replace"), parser=parser)
        except (etree.LxmlError, ValueError) as problem:
            raise ReadError(f"{self.place}: no HTML could be read ({problem}); is it the right address?") from problem
        return tree

    @cached_property
    def labels(self) -> str:
        """Every class and id of the page, each once, parted by blanks: what is not in here, no selector need look for.

        Made in half a millisecond; after that a word costs next to nothing, where a search of the whole text adds up.
        """
        return " ".join(dict.fromkeys(_LABELS(self.tree)))

    @cached_property
    def base(self) -> str:
        """The address that relative links of the page start from."""
        address = self.tree.xpath("string(//base[@href][1]/@href)").strip()
        return joined(self.url, address) or self.url

    def once(self, make: Callable[[Page], T]) -> T:
        """Return ``make(self)``, made at most once for this page: how readers share what they find out about it."""
        key = f"{make.__module__}.{make.__qualname__}"
        if key not in self.__dict__:
            self.__dict__[key] = make(self)
        made: T = self.__dict__[key]
        return made

    @property
    def place(self) -> str:
        """How messages name this page."""
        return self.url or "the page"

    def __getstate__(self) -> dict[str, Any]:
        """Send only the inputs to another process: a parse cannot travel."""
        names = ("content", "url", "fetched_at", "content_type", "follow", "headers")
        return {name: self.__dict__[name] for name in names}


@dataclass(frozen=True, slots=True)
class PageReading:
    """What a reader found: posts in page order, and canonical addresses that the page links to (for crawling on)."""

    posts: tuple[Post, ...] = ()
    links: tuple[str, ...] = ()


def fewer_attributes(html: str) -> str:
    """Return ``html`` with no more than ``MOST_ATTRIBUTES`` in any tag, mostly as it is.

    A parser compares each attribute of a tag with all before it: a page with 200,000 of them costs half a minute.
    """
    return html if len(html) < _LONG_TAG else _TAG.sub(_cut_tag, html)


def _cut_tag(tag: re.Match[str]) -> str:
    text = tag.group()
    if len(text) < _LONG_TAG:
        return text
    last = next(islice(_ATTRIBUTE.finditer(text, 1), MOST_ATTRIBUTES, None), None)
    return text if last is None else text[: last.end()] + ">"


def joined(base: str, address: str) -> str:
    """Return ``address`` made absolute against ``base``; empty where it is broken beyond use, or leads to no page
    (``javascript:``, ``data:``, ``file:``, ``mailto:``)."""
    try:
        whole = urljoin(base, address.strip())
        return whole if urlsplit(whole).scheme in _PAGES else ""
    except ValueError:
        return ""
