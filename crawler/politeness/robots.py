"""robots.txt as RFC 9309 says: what an answer to ``/robots.txt``, or none, means. Pure but for Protego's parser."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from scrapy.http import Response
from scrapy.robotstxt import ProtegoRobotParser
from w3lib.encoding import read_bom

from crawler.kinds.base import Ask
from crawler.politeness.causes import CERTIFICATE, NO_NAME, NOBODY, REDIRECTS, Refused, cause
from crawler.politeness.hosts import Rules, origin_of

PRODUCT = "Candor"
KEYED = "keyed_by"
"""In a request's meta: the origin that gave out the key which the request carries."""
LONGEST_BYTES = 512 * 1024
MOST_REDIRECTS = 5
FRESH_S = 24 * 3600.0
UNREACHABLE_S = 3600.0
_AGENT = re.compile(r"[ \t]{0,80}user(?:-|[ \t])?agent[ \t]{0,80}(?::|[ \t])(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"[a-z_-]*", re.IGNORECASE)
_SOMEBODY_ELSE = "nobody-of-ours"


def meta_of(ask: Ask) -> dict[str, Any]:
    """Return what a request has to carry so that ``ask`` is treated as it says."""
    return ({"whole": True} if ask.whole else {}) | ({KEYED: origin_of(ask.url)} if ask.keyed else {})


def cut(body: bytes) -> bytes:
    """Return at most ``LONGEST_BYTES`` of the file, up to a whole line: half a rule would mean something else."""
    if len(body) <= LONGEST_BYTES:
        return body
    return body[: max(body.rfind(b"\n", 0, LONGEST_BYTES), body.rfind(b"\r", 0, LONGEST_BYTES)) + 1]


def text_of(body: bytes) -> str:
    """Return the file's text: UTF-8 (RFC 9309, section 2.3), or what its first bytes say, and never an error."""
    content = cut(body)
    marked, _ = read_bom(content)
    if not marked and b"\x00" in content[:64]:
        marked = "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
    return content.decode(marked or "utf-8", "replace").removeprefix("\ufeff").replace("\x00", "")


def ours(body: bytes) -> bytes:
    """Return the file with its groups named for us, for all, or for somebody else, whatever it calls them.

    A name counts up to its first sign that no product token has (RFC 9309, section 2.2.1): owners copy ours from their
    logs with its version. The many names of others become one, since the parser gives each of a group's rules to each
    of its names.
    """
    lines: list[str] = []
    group: set[str] = set()
    for line in text_of(body).splitlines():
        agent = _AGENT.match(line.partition("#")[0])
        if agent is None:
            lines.append(line)
            if line.strip():
                group = set()
        elif (name := _name(agent[1])) not in group:
            group.add(name)
            lines.append(f"User-agent: {name}")
    return "\n".join(lines).encode()


def _name(said: str) -> str:
    said = said.strip()
    if said in ("", "*"):
        return said
    token = _TOKEN.match(said.strip("*"))
    return PRODUCT if token and token.group().lower() == PRODUCT.lower() else _SOMEBODY_ELSE


def rules_from(response: Response, now: float) -> Rules:
    """Return what the answer means (RFC 9309, section 2.3.1).

    2xx: its rules. 3xx that led nowhere and 4xx: unavailable, so everything may be read. 5xx: unreachable, so nothing
    may. 429 counts as unreachable: who asks us to slow down is not asked for pages (as the large search engines do).
    """
    if response.status == 429 or response.status >= 500:
        return Rules(read_at=now, closed=f"robots.txt could not be read ({cause(response)})")
    if 200 <= response.status < 300:
        return rules_of(ours(response.body).decode(), now)
    return Rules(read_at=now)


def rules_of(text: str, read_at: float) -> Rules:
    """Return the rules of a file whose groups are named as ``ours`` names them; an empty one allows everything."""
    return Rules(read_at=read_at, parser=ProtegoRobotParser(text.encode(), None), text=text)


def rules_without_answer(error: Exception, now: float) -> Rules:
    """Return what it means that there was no answer: nothing may be read, except after more than five redirects.

    What ails the whole host, or what we refuse ourselves, is said as it is: it is not about robots.txt.
    """
    why = cause(error)
    if why == REDIRECTS:
        return Rules(read_at=now)
    if isinstance(error, Refused):
        return Rules(read_at=now, closed=why, passing=error.passing)
    about_host = why in (CERTIFICATE, NO_NAME, NOBODY)
    return Rules(read_at=now, closed=why if about_host else f"robots.txt could not be read ({why})")


def is_fresh(rules: Rules | None, now: float) -> bool:
    """Return whether the rules still hold: a day, or an hour where the file could not be read."""
    return rules is not None and now - rules.read_at < (UNREACHABLE_S if rules.closed else FRESH_S)


def newer(old: Rules | None, new: Rules) -> Rules:
    """Return the rules to follow: while the file is unreachable the last ones known stay in force (section 2.4)."""
    if new.closed and old is not None and not old.closed:
        return replace(old, read_at=new.read_at - FRESH_S + UNREACHABLE_S)
    return new
