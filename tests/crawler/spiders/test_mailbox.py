"""Mail as a source: an mbox file, a Maildir, and a folder of a real mail server (pymap) on loopback."""

from __future__ import annotations

import imaplib
import mailbox
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.model.records.crawl import BOOKMARKS
from crawler.readers.mail import own_words
from tests.support.crawl.crawling import configure, crawl, mentions, records

PASSWORD = "a-secret-word"


def mail(number: int, words: str, *, to: str = "", sender: str = "ann@a.example") -> bytes:
    reply = f"In-Reply-To: <{to}>\nReferences: <{to}>\n" if to else ""
    return (
        f"From: Ann <{sender}>\nSubject: Re: Kettle\nDate: Mon, 02 Mar 2026 11:00:{number % 60:02} +0100\n"
        f"Message-ID: <{number}@a.example>\n{reply}\n{words}\n\n-- \nAnn\n"
    ).encode()


def own_folders(folder: Path) -> None:
    box = mailbox.mbox(str(folder / "support.mbox"))
    for number in range(300):
        box.add(mail(number, f"My kettle number {number} leaks."))
    box.add(mail(900, "We are sorry for your kettle.", sender="help@kettle.example"))
    box.close()
    box_of_files = mailbox.Maildir(str(folder / "Maildir"), create=True)
    box_of_files.add(mail(400, "The kettle is too loud.", to="1@a.example"))
    box_of_files.close()


@contextmanager
def server() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("pymap")), "--host", "127.0.0.1", "--port", str(port), "--no-tls",
               "--no-service", "managesieve", "dict", "--demo-user", "ann", "--demo-password", PASSWORD]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            assert process.poll() is None
            try:
                imaplib.IMAP4("127.0.0.1", port).logout()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def append(port: int, *mails: bytes) -> None:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login("ann", PASSWORD)
        for raw in mails:
            assert client.append("INBOX", "", None, raw.replace(b"\n", b"\r\n"))[0] == "OK"


def unseen(port: int) -> int:
    with imaplib.IMAP4("127.0.0.1", port) as client:
        client.login("ann", PASSWORD)
        client.select("INBOX", readonly=True)
        return len(client.search(None, "UNSEEN")[1][0].split())


def test_mail_is_read_once_wherever_it_lies(tmp_path: Path) -> None:
    own_folders(tmp_path)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    (tmp_path / "wrong").write_text("wrong\n")
    with server() as port:
        append(port, *(mail(500 + number, f"By the way {number}, my kettle is fine.") for number in range(60)))
        imap = f"imap://ann@127.0.0.1:{port}/INBOX"
        config = configure(
            tmp_path,
            {
                "files": {"kind": "mailbox", "path": "support.mbox", "ours": ["kettle.example"]},
                "maildir": {"kind": "mailbox", "path": "Maildir"},
                "server": {"kind": "mailbox", "imap": imap, "password_file": "password"},
                "refused": {"kind": "mailbox", "imap": imap, "password_file": "wrong"},
            },
        )
        first = crawl(config).sources
        assert {name: (row["state"], row["mentions_new"]) for name, row in first.items()} == {
            "files": ("ok", 300), "maildir": ("ok", 1), "server": ("ok", 60), "refused": ("failing", 0)
        }  # fmt: skip
        assert first["files"]["dropped"] == {"a mail of our own": 1}
        assert "check the server, the folder, the user and the password" in first["refused"]["cause"]
        assert unseen(port) == 60, "nobody must see them as read"
        found = mentions(config)
        loud = found["https://maildir.invalid/400%40a.example"]
        assert (loud.text, loud.title, loud.thread) == (
            "The kettle is too loud.", "Kettle", "https://maildir.invalid/1%40a.example"
        )  # fmt: skip
        assert all(each.private and each.author and "ann" not in each.author for each in found.values())
        append(port, mail(700, "And my kettle leaks again."))
        second = crawl(config).sources
        assert {name: row["posts"] for name, row in second.items()} == {
            "files": 0, "maildir": 0, "server": 1, "refused": 0
        }  # fmt: skip
        assert {record.key for record in records(config, BOOKMARKS.name)} == {"server"}


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("It leaks.\n\nOn Mon, Ann <a@b.example> wrote:\n> What?\n", "It leaks."),
        ("> What?\n\nIt leaks.\n", "It leaks."),
        (
            "It leaks.\n\n-----Original Message-----\nFrom: a@b.example\nSent: Monday\nTo: c\nSubject: d\n\nWhat?",
            "It leaks.",
        ),
        ("It leaks.\n\nCordialement,\nAnn\n01 23\n", "It leaks."),
        ("Regards to all.\n", "Regards to all."),
        ("Its lid leaks.\n-- \nAnn\nBoss of all\n", "Its lid leaks."),
    ],
)
def test_only_the_author_s_own_words_are_left(text: str, own: str) -> None:
    assert own_words(text) == own


@pytest.mark.parametrize(
    "piece", ["On \n", "Am 1 schrieb ", "> \n", "From: a\n", "wrote:\n", "--\n", "On a <b@c> wrote\n"]
)
def test_mail_that_is_made_to_take_long_does_not(piece: str) -> None:
    # Twenty times the text of which other libraries take half a minute: it ends, whatever the machine does.
    assert isinstance(own_words(piece * (100_000 // len(piece))), str)
