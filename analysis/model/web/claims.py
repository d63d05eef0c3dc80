"""Whether the address that a page calls its canonical one is an address of that page.

Many sites fill it in wrongly, with one address for all pages: the section, the home page, a template that was never
filled in. To believe such a claim lets a site's articles overwrite each other; to refuse a right one costs a second
mention of the same words at most. So what is less telling than the page's own address is not believed.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from analysis.model.web.tracking import naming

_TEMPLATE = re.compile(
    r"\{\{|\{%|\}\}|<%|%>|\$\{|\[\[|%[a-z_]{3,40}%|\[object|@\{|#\{|\{[a-z_.]{1,40}\}", re.IGNORECASE
)
_NOTHING = frozenset(
    {"undefined", "null", "none", "nan", "false", "true", "nil", "void", "todo", "404", "500", "error"}
)
_FRONT = re.compile(r"/(?:index|default|home|main)(?:\.[a-z]{2,5})?$", re.IGNORECASE)
_ENDING = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|cfm|shtml|amp)$", re.IGNORECASE)
_VIEW = re.compile(
    r"(?:amp|print|printable|comments?|reviews?|all|full|single-?page|embed|latest|unread|last-?post|replies"
    r"|page[-_/]?\d{1,5}|p\d{1,4}|s\d{1,4}|start-\d{1,6})(?:\.html?)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,7}")
_DAY = re.compile(r"(?:19|20)\d\d(?:[-_.]?\d\d){0,2}|\d{1,2}")
_LONG_NUMBER = re.compile(r"\d{3}|\d[a-f0-9]{5}|[a-f0-9]{5}\d", re.IGNORECASE)
_SCRIPT = re.compile(r"\.(?:php\d?|cgi|pl|aspx?|jsp|cfm|dll|do)$", re.IGNORECASE)
_NAMES_ONE = re.compile(
    r"\w*id|[tfpvqn]|no|nr|num|nid|key|doc|topic|thread|showtopic|story|article|post|item|news|page_?id|entry|msg|url",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_SECTION_WORDS = 3


def is_believed(own: str, claimed: str) -> bool:
    """Return whether ``claimed``, on the same site as ``own``, may stand for the page at ``own``. Both are cleaned."""
    mine, theirs = urlsplit(own), urlsplit(claimed)
    if _is_unfilled(mine, theirs):
        return False
    my_path, their_path = _path(mine), _path(theirs)
    if my_path == their_path:
        return _keeps_the_name(mine, theirs)
    if not their_path and not [*naming(theirs.query)]:
        return False
    if my_path.startswith(f"{their_path}/"):
        return _is_view(my_path, their_path)
    return not _is_section(mine, theirs)


def _path(parts: SplitResult) -> str:
    """Return the path without a final slash and without the name of a folder's own page."""
    return _FRONT.sub("", unquote(parts.path).rstrip("/")).rstrip("/")


def _is_unfilled(mine: SplitResult, theirs: SplitResult) -> bool:
    """Return whether a template left its own signs, or the word for nothing, where a name belongs."""
    said = unquote(f"{theirs.path}?{theirs.query}")
    if _TEMPLATE.search(said):
        return True
    own = {*mine.path.lower().split("/"), *(value.lower() for _, value in parse_qsl(mine.query))}
    words = {*theirs.path.lower().split("/"), *(value.lower() for _, value in parse_qsl(theirs.query))}
    return bool((words - own) & _NOTHING)


def _keeps_the_name(mine: SplitResult, theirs: SplitResult) -> bool:
    """Return whether, on one path, the claimed query still names the page that the own one names."""
    path = _path(mine)
    named, kept = (dict(naming(parts.query) if path else parse_qsl(parts.query)) for parts in (mine, theirs))
    if not named or set(kept.items()) & set(named.items()):
        return True
    if kept or _SCRIPT.search(path):
        return False
    # A path with words of its own names the page, and its query something else: a colour, a campaign.
    telling = _telling(_last(path))
    if any(_NAMES_ONE.fullmatch(name) for name in named):
        return telling > _SECTION_WORDS + 1
    return telling > 1 or all(len(value) < 2 for value in named.values())


def _is_view(mine: str, theirs: str) -> bool:
    """Return whether the own path only adds the choice of a view to the claimed one: ``/amp``, ``/page/2``, ``/15``."""
    more = mine[len(theirs) + 1 :]
    if _VIEW.fullmatch(more):
        return bool(theirs)
    return _has_number(_last(theirs)) and bool(_NUMBER.fullmatch(more) or more.isalpha())


def _is_section(mine: SplitResult, theirs: SplitResult) -> bool:
    """Return whether the claimed address, elsewhere on the site, tells less than the own one."""
    my_last, their_last = _last(_path(mine)), _last(_path(theirs))
    if _has_number(their_last) or any(re.search(r"\d", value) for _, value in naming(theirs.query)):
        return False
    tells_less = _telling(their_last) < _telling(my_last)
    if {*_words(my_last)} & {*_words(their_last)}:
        return tells_less and _telling(their_last) < 2
    words = len(_words(their_last))
    return words < 2 or (words <= _SECTION_WORDS and tells_less)


def _last(path: str) -> str:
    return _ENDING.sub("", path.rpartition("/")[2])


def _words(segment: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(segment)]


def _has_number(segment: str) -> bool:
    """Return whether the part of a path holds a number that tells pages apart: one of some length that is no day."""
    return bool(_LONG_NUMBER.search(segment)) and not _DAY.fullmatch(segment)


def _telling(segment: str) -> int:
    """Return how much a path's last part tells: its words, and much more where it has a number."""
    return len(_words(segment)) + 3 * bool(re.search(r"\d", segment))
