"""``mailbox``: mail that people wrote to you: an mbox file, a Maildir, saved .eml files, or a folder by IMAP.

A mail becomes a post: its subject, its own words (what it quotes, its signature and its footer are cut off), its date,
its sender as the author, its thread by References. Bulk mail, automatic answers and mail from ``ours`` are left out.
Marked private: judged and counted, never quoted in chat. Terms: it is your own. By IMAP the folder is opened for
reading only; the password comes from a variable or a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, model_validator

from analysis.model.errors import ReadError
from analysis.settings.values import Seconds, Words
from crawler.kinds.base import Ask, Drop, Kind, Knowledge, OwnOptions, Step, Took

if TYPE_CHECKING:
    from crawler.readers.mail import MailReading
    from crawler.readers.page import Page

_FROM = re.compile(rb"(?:\A|\n)From [^\n]*\n")


def _imap(url: str) -> str:
    parts = urlsplit(url)
    if not url:
        return url
    if parts.scheme not in ("imaps", "imap") or not parts.hostname or not parts.username:
        raise ValueError(f"{url!r} is no mailbox; write imaps://user@mail.example/INBOX")
    if parts.password:
        raise ValueError("holds a password; name a variable by password_env or a file by password_file")
    return url


class MailboxOptions(OwnOptions):
    """``path`` or ``imap``; ``ours``: addresses or domains of our own, whose mail is not a customer's."""

    path: str = ""
    imap: Annotated[str, AfterValidator(_imap)] = ""
    password_env: str = ""
    password_file: str = ""
    ours: Words = ()
    since: Seconds | None = None
    private: bool = True

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.path.strip()) == bool(self.imap):
            raise ValueError("give either path (an mbox file, a Maildir, .eml files) or imap (imaps://user@host/INBOX)")
        if self.imap and bool(self.password_env) == bool(self.password_file):
            raise ValueError("give password_env (a variable's name) or password_file for imap")
        return self

    def address(self) -> str:
        """Return the path, or the address of the mail server."""
        return self.imap or self.path


def reading_of(options: MailboxOptions) -> MailReading:
    """Return how the options say that mail is read."""
    from crawler.readers.mail import MailReading

    ours = frozenset(each.casefold().lstrip("@") for each in options.ours)
    return MailReading(source=options.source("mailbox").id, about=options.about, ours=ours, since=options.since)


def start(options: MailboxOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield nothing: it is no web address."""
    return iter(())


def read(page: Page, ask: Ask, options: MailboxOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the mails of a saved mbox, or one saved mail, as posts; what is left out with its reason."""
    from crawler.readers.mail import mail_post

    if not page.content.strip():
        raise ReadError(f"{page.place}: is empty; is it an mbox file?")
    mails = _FROM.split(page.content) if page.content.startswith(b"From ") else [page.content]
    for raw in filter(None, (mail.strip() for mail in mails)):
        found = mail_post(raw, reading_of(options), now=page.fetched_at)
        yield Took((found,)) if not isinstance(found, str) else Drop(found)


KIND = Kind(name="mailbox", options=MailboxOptions, driver="own", own_addresses=True, start=start, read=read)
