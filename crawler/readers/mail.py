"""One mail as a post: its own words, without what it quotes, its signature and its footer."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from functools import cache
from importlib.resources import files
from urllib.parse import quote

import quotequail

from analysis.ingest.tables.encodings import encoding_of
from analysis.model import Post
from crawler.readers.facts.pieces import html_text
from crawler.readers.tables import told_about

MOST_BYTES = 10 * 1024 * 1024
_LONGEST = 30_000
"""Characters: what finds quotations takes the square of a line's length."""
_LINES = 1000
_REPLY = re.compile(r"(?:(?:re|aw|wg|fwd?|sv|vs|antw|rif|ynt|odp)\s?(?:\[\d{1,3}\])?:\s*+)+", re.IGNORECASE)
_IDS = re.compile(r"<([^<>\s]{1,500})>")
_BULK = ("bulk", "junk", "auto_reply")
_LAST_LINES = 14
"""A sign-off stands among the last lines; what is longer below it is text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReading:
    """How a source's mail is read: the source's id, what it is about, whose mail is ours, and how far back."""

    source: str
    about: str = ""
    ours: frozenset[str] = frozenset()
    since: float | None = None


def mail_post(raw: bytes, reading: MailReading, *, now: datetime) -> Post | str:
    """Return the post that a mail is, or in words why it is left out."""
    if len(raw) > MOST_BYTES:
        return "a mail larger than 10 MB"
    try:
        mail = message_from_bytes(raw, policy=policy.default)
        return _post(mail, raw, reading, now)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # The parser of the standard library fails in these ways on headers that are made up.
        return f"a mail that cannot be read ({type(error).__name__})"


def _post(mail: EmailMessage, raw: bytes, reading: MailReading, now: datetime) -> Post | str:
    sender = parseaddr(_header(mail, "From"))[1].casefold()
    if _is_automatic(mail):
        return "an automatic answer, or bulk mail"
    if sender and reading.ours & {sender, sender.rpartition("@")[2]}:
        return "a mail of our own"
    at = _sent(mail, now)
    if reading.since and at and at < now - timedelta(seconds=reading.since):
        return "older than since"
    text = own_words(_body(mail))
    if not text:
        return "a mail without words of its own"
    own = _first_id(_header(mail, "Message-ID")) or hashlib.sha256(raw).hexdigest()[:24]
    root = _first_id(_header(mail, "References")) or _first_id(_header(mail, "In-Reply-To")) or own
    post = Post(
        url=_address(reading.source, own),
        title=_REPLY.sub("", " ".join(_header(mail, "Subject").split()), count=1),
        text=text,
        author=sender,
        published_at=at,
        published_at_source="import" if at else "",
        fetched_at=now,
        kind="post",
        thread=_address(reading.source, root),
        private=True,
    )
    return told_about(post, reading.about)


def own_words(text: str) -> str:
    """Return what the author of a mail wrote: no quotation of the mail before, no signature, no footer."""
    pieces = quotequail.quote(text[:_LONGEST], limit=_LINES, quote_intro_line=True)
    lines = "\n".join(words for is_own, words in pieces if is_own).replace("\r\n", "\n").split("\n")
    kept = [line.rstrip() for line in lines if not line.startswith(">")]
    end = next((number for number, line in enumerate(kept) if line in ("--", "---", "__", "___")), len(kept))
    kept = "\n".join(kept[:end]).strip().split("\n")
    for number in range(max(1, len(kept) - _LAST_LINES), len(kept)):
        if kept[number].strip().casefold().rstrip(",.!- ").startswith(_ends()) and len(kept[number]) < 60:
            kept = kept[:number]
            break
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _body(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    text = _decoded(content, part.get_content_charset() or "")
    if part.get_content_type() != "text/html":
        return text
    return own_part(text)


def own_part(html: str) -> str:
    """Return the words of a mail in HTML, without those that it quotes."""
    pieces = quotequail.quote_html(html[:_LONGEST], limit=_LINES, quote_intro_line=True)
    return html_text("".join(words for is_own, words in pieces if is_own))


def _decoded(content: bytes, charset: str) -> str:
    for encoding in filter(None, (charset, encoding_of(content[: 1 << 16]))):
        try:
            return content.decode(encoding)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")


def _header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name, "")).replace("\ufffd", "")


def _is_automatic(mail: EmailMessage) -> bool:
    return (
        _header(mail, "Auto-Submitted").casefold() not in ("", "no")
        or _header(mail, "Precedence").casefold() in _BULK
        or mail.get_content_type() == "multipart/report"
    )


def _sent(mail: EmailMessage, now: datetime) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(mail, "Date"))
    except (ValueError, TypeError, OverflowError):
        return None
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    return at if datetime(1980, 1, 1, tzinfo=UTC) < at <= now + timedelta(days=2) else None


def _first_id(text: str) -> str:
    found = _IDS.search(text)
    return found[1] if found else ""


def _address(source: str, name: str) -> str:
    return f"https://{source[:60].strip('-') or 'mailbox'}.invalid/{quote(name, safe='')}"


@cache
def _ends() -> tuple[str, ...]:
    text = (files("crawler.readers") / "data" / "mail_ends.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
