"""Addresses: the form in which one is kept, and the one identity of all forms that lead to the same page.

``canonical`` gives an address that can be opened. ``identity`` folds away what often differs between two links to one
page (http and https, www and m, a final slash, AMP), and is what ids are made of: see ``post_id`` and ``mention_id``.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from analysis.model.web.claims import is_believed
from analysis.model.web.tracking import cleaned, without_sessions

if TYPE_CHECKING:
    from tldextract import TLDExtract

_ROUTE = re.compile(r"!?/.*[^/!].*|!.*[^/!].*")
_SECTION_ANCHOR = re.compile(r"([^\W\d_]+)[-_.:]?(\d{1,4})(?:[-_.]\d{1,4}){0,4}|\d{1,3}[-_.][^\W\d_][\w.-]*")
_POST_ANCHOR = re.compile(r"[\w:.-]{0,40}\d[\w-]{0,40}")
_POST_WORDS = re.compile(
    r"^[pcramu]$|(?:post|comment|repl|answer|review|msg|message|pid|entry|note|thread|topic|opinion|rating|discussion"
    r"|beitrag|kommentar|avis|respuesta|comentario|reactie|floor)",
    re.IGNORECASE,
)
_PORTS = {"http": ":80", "https": ":443"}
_WEB = ("http", "https")
_VARIANTS = frozenset({"www", "m", "mobile", "amp", "wap", "touch"})
_AMP_PATH = re.compile(r"^/amp(?=/[^/]*[^/\d][^/]*)|/amp$|\.amp(?=\.html?$)|\.amp$", re.IGNORECASE)
# Sites that let anybody have a name of their own under theirs, and that the public-suffix list does not hold.
_HOSTS_OF_OTHERS = (
    "deviantart.com", "hatenablog.com", "itch.io", "jimdofree.com", "livejournal.com", "medium.com", "over-blog.com",
    "substack.com", "tumblr.com", "typepad.com", "weebly.com", "wixsite.com",
)  # fmt: skip
_LONGEST = 4096


def canonical(url: str, *, declared: str = "") -> str:
    """Return the form in which ``url`` is kept: no fragment but a route (``#/post/1``), no tracking parameters, no
    number of a visit, no password, lower-case host, sorted query.

    ``declared`` is what the page itself calls its canonical address (absolute). It is used only where it lies on the
    same site as ``url`` (registered domain, by the public-suffix list with its private part), and is an address of that
    page: not the site's front page, not a section, not a template that was never filled in. An address that is not http
    or https is returned as it came.
    """
    own = _clean(url)
    if not declared:
        return own
    claimed = _clean(declared)
    if not is_web(claimed):
        return own
    if not own:
        return claimed
    return claimed if same_site(own, claimed) and is_believed(own, claimed) else own


def own_address(url: str) -> str:
    """Return the canonical address of one post among several on a page: an anchor that names a post is kept.

    An anchor with a number in it (``#p123``, ``#issuecomment-4``) names a post; ``#comments`` or ``#section-2`` does
    not. A redirect that tells its target is replaced by it.
    """
    url = target(url)
    try:
        anchor = urlsplit(url).fragment
    except ValueError:
        return url
    address = canonical(url)
    return f"{address}#{anchor}" if "#" not in address and _names_post(anchor) else address


def post_address(url: str) -> str:
    """Return ``own_address`` of what others collected, who may write http still: https, on the public web."""
    address = own_address(url)
    return f"https:{address.removeprefix('http:')}" if address.startswith("http:") and _is_public(address) else address


@lru_cache(maxsize=8192)
def identity(url: str) -> str:
    """Return what all forms of the address of one page have in common; ids are made of it.

    Under it http and https, www, m, amp, a final slash, tracking and session parameters are one. It is an address by
    form, and need not answer. What is no web address is its own identity.
    """
    if not is_web(url):
        return url
    anchor = url.partition("#")[2]
    address = canonical(url)
    if "#" in address or not anchor:
        anchor = ""
    try:
        scheme, netloc, path, query, route = urlsplit(address)
    except ValueError:
        return url
    if _is_public(address):
        scheme, netloc = "https", _plain_host(netloc)
    path = path.rstrip("/")
    shorter = _AMP_PATH.sub("", path)
    path = shorter if _names_page(shorter) else path
    address = urlunsplit((scheme, netloc, path or "/", query, route))
    return f"{address}#{anchor}" if anchor else address


def is_web(url: str) -> bool:
    """Tell whether ``url`` is an absolute http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in _WEB and bool(parts.hostname)
    except ValueError:
        return False


def same_site(one: str, other: str) -> bool:
    """Tell whether both addresses are under one registered domain (or one host, where there is none)."""
    return site(one) == site(other)


def site(url: str) -> str:
    """Return the registered domain of ``url`` by the bundled public-suffix list, else its host; empty if broken.

    The list's private part counts: what lies under ``github.io`` belongs to many. An ending that is on no list has one
    part, as the list's own rule says.
    """
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return _site_of(host.rstrip("."))


def route_of(url: str) -> str:
    """Return the fragment by which a page's own script finds what to show (``#/post/1``), with its sign, or nothing."""
    fragment = url.partition("#")[2]
    return f"#{fragment}" if fragment and _ROUTE.fullmatch(fragment) else ""


def target(url: str) -> str:
    """Return the address inside a redirect that tells it (Google's, Facebook's), else ``url``."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return url
    names = _redirected_by(host, parts.path)
    if not names:
        return url
    inner = parse_qs(parts.query)
    return next((value for name in names for value in inner.get(name, ()) if is_web(value)), url)


def _redirected_by(host: str, path: str) -> tuple[str, ...]:
    if path == "/url" and host.startswith("www.google."):
        return ("url", "q")
    if path == "/l.php" and host in ("l.facebook.com", "lm.facebook.com", "l.instagram.com"):
        return ("u",)
    if (path == "/redirect" and host == "www.youtube.com") or host == "out.reddit.com":
        return ("q", "url")
    return ("url",) if host.endswith(".safelinks.protection.outlook.com") else ()


def _clean(url: str) -> str:
    url = "".join(url.split())
    if not is_web(url) or len(url) > _LONGEST:
        return url
    # Cut out of a page's markup, where ``&`` is written so.
    url = url.replace("&amp;", "&")
    try:
        scheme, netloc, path, query, _ = urlsplit(canonicalize_url(url))
    except ValueError:
        return url
    # A name and a password belong to whoever asks, not to the page.
    netloc = netloc.rpartition("@")[2].removesuffix(_PORTS[scheme])
    host, colon, port = netloc.partition(":") if not netloc.startswith("[") else (netloc, "", "")
    netloc = f"{host.rstrip('.')}{colon}{port}"
    query = cleaned(query, site(url)) if query else ""
    return urlunsplit((scheme, netloc, without_sessions(path), query, route_of(url)[1:]))


def _is_public(address: str) -> bool:
    """Return whether the address is one of the public web: a host with a name, at the scheme's own port."""
    parts = urlsplit(address)
    return parts.netloc == parts.hostname and "." in parts.netloc and not _is_numeric(parts.netloc)


def _plain_host(host: str) -> str:
    """Return the host without the parts that stand for a way to look at the site: www, m, amp."""
    own = _site_of(host)
    labels = host.removesuffix(own).rstrip(".")
    kept = [label for label in labels.split(".") if label and label not in _VARIANTS]
    return ".".join([*kept, own])


def _names_page(path: str) -> bool:
    """Return whether a path without its ``amp`` still is a page's: ``/products/amp`` sells amplifiers."""
    last = path.rstrip("/").rpartition("/")[2]
    return any(sign.isdigit() for sign in last) or last.count("-") > 1 or "." in last


def _names_post(anchor: str) -> bool:
    if not _POST_ANCHOR.fullmatch(anchor):
        return False
    section = _SECTION_ANCHOR.fullmatch(anchor)
    # A word and a small number name a part of a text, unless the word is one for what people write.
    return section is None or bool(section[1] and _POST_WORDS.search(section[1]))


def _is_numeric(host: str) -> bool:
    try:
        ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8192)
def _site_of(host: str) -> str:
    found = _suffixes()(host)
    if found.top_domain_under_public_suffix or found.suffix or _is_numeric(host):
        return found.top_domain_under_public_suffix or host
    return ".".join(host.split(".")[-2:])


@cache
def _suffixes() -> TLDExtract:
    """Return the reader of the public-suffix list that the library ships: no network, no cache folder."""
    from tldextract import TLDExtract

    return TLDExtract(
        suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True, extra_suffixes=_HOSTS_OF_OTHERS
    )
