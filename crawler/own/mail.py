"""Mail in files (mbox, Maildir, .eml) and in a folder of a mail server, a mail at a time."""

from __future__ import annotations

import hashlib
import imaplib
import mailbox
import os
import ssl
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from imap_tools import AND, BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from analysis.model.errors import ReadError
from crawler.kinds.base import Drop, Knowledge, Mark, Took
from crawler.kinds.mailbox import MailboxOptions, reading_of
from crawler.own.pieces import OwnPiece, OwnStep, Tell, batched, files_at, version_of
from crawler.readers.mail import MOST_BYTES, mail_post

_TIMEOUT_S = 60.0
_AT_ONCE = 25
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ERRORS = (imaplib.IMAP4.error, ImapToolsError, OSError, ssl.SSLError)
UID = "uid"
"""The mark of a folder: its UIDVALIDITY and the last UID that was read."""


def pieces(options: MailboxOptions, folder: Path, known: Knowledge, _: Tell) -> Iterator[OwnPiece]:
    """Yield the files, Maildirs or the folder of a server. Raises ``ReadError`` where there is none."""
    if options.imap:
        yield OwnPiece(name=options.imap, read=partial(_read_imap, options, folder, known))
        return
    for path in files_at(options.path, folder):
        box = _maildir(path)
        mark = _keys_of(box) if box is not None else version_of(path)
        yield OwnPiece(name=str(path), mark=mark, read=partial(_read_path, path, options, known))


def checked(options: MailboxOptions, folder: Path) -> str:
    """Return in words what is there. Raises ``ReadError``."""
    if not options.imap:
        found = files_at(options.path, folder)
        return f"{len(found)} mailbox{'' if len(found) == 1 else 'es'}"
    with _connected(options, folder) as server:
        return f"{len(server.uids())} mails"


def _maildir(path: Path) -> mailbox.Maildir | None:
    if not path.is_dir():
        return None
    if not (path / "cur").is_dir() or not (path / "new").is_dir():
        raise ReadError(f"{path}: is a folder and no Maildir; write {path.name}/*.eml for the files in it")
    return mailbox.Maildir(str(path), factory=None, create=False)


def _keys_of(box: mailbox.Maildir) -> str:
    return hashlib.sha256("\n".join(sorted(box.keys())).encode()).hexdigest()[:32]


def _read_path(path: Path, options: MailboxOptions, known: Knowledge) -> Generator[OwnStep, None, None]:
    yield from batched(_steps(_mails(path), options, known))


def _steps(mails: Iterator[bytes], options: MailboxOptions, known: Knowledge) -> Iterator[OwnStep]:
    reading = reading_of(options)
    for raw in mails:
        found = mail_post(raw, reading, now=known.now)
        yield Drop(found) if isinstance(found, str) else Took((found,))


def _mails(path: Path) -> Iterator[bytes]:
    """Yield the bytes of each mail, of too large ones a part that tells."""
    box: mailbox.Mailbox[mailbox.Message] | None = _maildir(path)
    try:
        if box is None:
            with path.open("rb") as begun:
                if begun.read(5) != b"From ":
                    begun.seek(0)
                    yield begun.read(MOST_BYTES + 1)
                    return
            box = mailbox.mbox(str(path), factory=None, create=False)
        assert box is not None
        for key in box.iterkeys():
            with suppress(KeyError):
                file = box.get_file(key)
                try:
                    yield file.read(MOST_BYTES + 1)
                finally:
                    file.close()
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error}); check its rights") from None
    finally:
        if box is not None:
            box.close()


def _read_imap(options: MailboxOptions, folder: Path, known: Knowledge) -> Generator[OwnStep, None, None]:
    with _connected(options, folder) as server:
        yield from batched(_new_mail(server, options, known))


def _new_mail(server: BaseMailBox, options: MailboxOptions, known: Knowledge) -> Iterator[OwnStep]:
    valid = str(server.folder.status(server.folder.get() or "INBOX", ["UIDVALIDITY"]).get("UIDVALIDITY", 0))
    before, _, last = known.marks.get(UID, "").partition(":")
    after = int(last) if before == valid and last.isdigit() else 0
    wanted = AND(date_gte=(known.now - timedelta(seconds=options.since)).date()) if options.since else "ALL"
    uids = sorted(number for number in map(int, server.uids(wanted)) if number > after)
    for begin in range(0, len(uids), _AT_ONCE):
        some = uids[begin : begin + _AT_ONCE]
        yield from _steps(_fetched(server, some), options, known)
    if uids:
        yield Mark(UID, f"{valid}:{uids[-1]}")


def _fetched(server: BaseMailBox, uids: list[int]) -> Iterator[bytes]:
    """Yield the bytes of the mails: peeked at, so that nobody sees them as read."""
    for uid in uids:
        _, answer = server.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST_BYTES + 1}>)")
        for part in answer:
            if isinstance(part, tuple) and isinstance(part[1], bytes):
                yield part[1]


@contextmanager
def _connected(options: MailboxOptions, folder: Path) -> Iterator[BaseMailBox]:
    """Give the server with the folder open for reading. Raises ``ReadError`` with the place and the cure."""
    parts = urlsplit(options.imap)
    host, user = parts.hostname or "", unquote(parts.username or "")
    place = f"{parts.scheme}://{user}@{host}"
    secret = _password(options, folder)
    try:
        if parts.scheme == "imaps":
            box: BaseMailBox = MailBox(host, parts.port or 993, timeout=_TIMEOUT_S)
        elif host in _LOOPBACK:
            box = MailBoxUnencrypted(host, parts.port or 143, timeout=_TIMEOUT_S)
        else:
            box = MailBoxStartTls(host, parts.port or 143, timeout=_TIMEOUT_S)
        with box.login(user, secret, initial_folder=None) as server:
            server.folder.set(unquote(parts.path.strip("/")) or "INBOX", readonly=True)
            yield server
    except _ERRORS as error:
        said = " ".join(str(error).split())[:200].replace(secret, "…") if secret else str(error)
        raise ReadError(f"{place}: {said}; check the server, the folder, the user and the password") from None


def _password(options: MailboxOptions, folder: Path) -> str:
    if options.password_env:
        if value := os.environ.get(options.password_env):
            return value
        raise ReadError(f"{options.imap}: the variable {options.password_env} is not set; it holds the password")
    path = folder / Path(options.password_file).expanduser()
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{path}: the password cannot be read ({error})") from None
