"""Canonical addresses: the one address under which a page is known, however it was linked to."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tldextract import TLDExtract
from w3lib.url import canonicalize_url

# Names of click and campaign counters, written out: a looser one eats ``reference=``, ``gallery=`` and ``id=``.
_TRACKING = re.compile(
    r"(?:utm_|pk_|mtm_|piwik_|matomo_|hsa_|itm_|vero_|oly_|wt_|at_|ns_|cm_mmc|stm_|trk_|mkt_|ga_)\w*"
    r"|(?:fbc|gc|dc|twc|yc|ysc|msclk|ttc|li_fat_|gbra|wbra|epi|sccid_|rdt_c|qc|srslt)l?id"
    r"|mc_[ce]id|_hs(?:enc|mi)|__hs\w+|_ga|_gl|_ke|igshid|igsh|fb_(?:action_ids|action_types|source|ref|comment_id)"
    r"|action_(?:object|type|ref)_map|cmpid|icid|ncid|spm|scm|xtor|ocid|s_cid|smid|smtyp|sr_share|xmt|si_source"
    r"|guccounter|guce_referrer(?:_sig)?|phpsessid|jsessionid|sid_session|zanpid|partnerid|__twitter_impression"
    r"|amp_js_v|usqp|outputtype_amp|feature_share|ref_src|ref_url|cx_partner|origin_referrer",
    re.IGNORECASE,
)
_SESSION_PATH = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_POST_ANCHOR = re.compile(r"[\w:.-]{0,40}\d[\w-]{0,40}")
_PORTS = {"http": ":80", "https": ":443"}
_WEB = ("http", "https")
_SITE_OF_PAGE = re.compile(r"(?:www\d{0,2}|m|mobile|amp)\.(?=[^.]+\.[^.])")
_END = re.compile(r"(?:/amp)?/*$")


def canonical(url: str, *, declared: str = "") -> str:
    """Return the canonical form of ``url``: no fragment, no tracking parameters, lower-case host, sorted query.

    ``declared`` is what the page itself calls its canonical address (absolute). It is used only where it lies on the
    same site (registered domain) as ``url``, and does not turn a deeper page into the site's front page. An address
    that is not http or https is returned as it came.
    """
    own = _clean(url)
    if not declared:
        return own
    claimed = _clean(declared)
    if not is_web(claimed):
        return own
    if not own:
        return claimed
    return claimed if _may_replace(own, claimed) else own


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
    """Return the registered domain of ``url`` by the bundled public-suffix list, else its host; empty if broken."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return _suffixes()(host).top_domain_under_public_suffix or host


def _may_replace(own: str, claimed: str) -> bool:
    if not same_site(own, claimed):
        return False
    mine, theirs = urlsplit(own), urlsplit(claimed)
    is_front = theirs.path in ("", "/") and not theirs.query
    return not is_front or mine.path in ("", "/")


def _clean(url: str) -> str:
    url = "".join(url.split())
    if not is_web(url):
        return url
    try:
        scheme, netloc, path, query, _ = urlsplit(canonicalize_url(url))
    except ValueError:
        return url
    netloc = netloc.removesuffix(_PORTS[scheme])
    path = _SESSION_PATH.sub("", path)
    if query and _has_tracking(query):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if not _TRACKING.fullmatch(name)])
    return urlunsplit((scheme, netloc, path, query, ""))


def _has_tracking(query: str) -> bool:
    return any(_TRACKING.fullmatch(part.partition("=")[0]) for part in query.split("&"))


@cache
def _suffixes() -> TLDExtract:
    """Return the reader of the public-suffix list that the library ships: no network, no cache folder."""
    return TLDExtract(suffix_list_urls=(), cache_dir=None)


def post_address(url: str) -> str:
    """Return the canonical address of one post among several on a page: an anchor that names a post is kept.

    An anchor with a number in it (``#p123``, ``#issuecomment-4``) names a post; ``#comments`` or ``#top`` does not.
    """
    anchor = urlsplit(url).fragment
    return canonical(url) + (f"#{anchor}" if _POST_ANCHOR.fullmatch(anchor) else "")


def address_form(url: str) -> str:
    """Return ``url`` without scheme, port, www. or m., a trailing slash or /amp, in small letters; its anchor stays.

    The loosest form, for what was erased and never for ids: two addresses of one form are one post there.
    """
    try:
        parts = urlsplit(url.strip().casefold())
        host = parts.hostname or ""
    except ValueError:
        return url
    host = _SITE_OF_PAGE.sub("", host, count=1) if _SITE_OF_PAGE.match(host) else host
    query = f"?{parts.query}" if parts.query else ""
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    return f"//{host}{_END.sub('', parts.path, count=1)}{query}{anchor}"
