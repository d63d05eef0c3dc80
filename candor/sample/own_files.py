"""What our maker itself has in the sample: the mail that it got, and the answers to its survey. Pure."""

from __future__ import annotations

import csv
import io
from datetime import date
from email.message import EmailMessage
from email.utils import format_datetime

from candor.sample import content

MAIL = "support.mbox"
SURVEY = "survey.csv"


def own_files(today: date) -> dict[str, bytes]:
    """Return the files by name, for the sample whose last day is the one before ``today``."""
    return {MAIL: _mail(today), SURVEY: _survey(today)}


def _mail(today: date) -> bytes:
    found = []
    for entry in content.mail():
        at = entry.at(today)
        message = EmailMessage()
        message["From"] = f"{entry.author} <{entry.author.replace(' ', '.').lower()}@mail.example>"
        message["To"] = "help@quillane.example"
        message["Subject"] = entry.title
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{entry.number}@mail.example>"
        message.set_content(entry.text)
        found.append(f"From - {at:%a %b %d %H:%M:%S %Y}\n".encode() + message.as_bytes() + b"\n")
    return b"".join(found)


def _survey(today: date) -> bytes:
    """Return a table as a spreadsheet of half of Europe writes it: semicolons, and signs before the first heading."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(("Response ID", "Submitted at", "How likely are you to recommend us?", "Comment"))
    for entry in content.survey():
        table.writerow((entry.author, f"{entry.at(today):%Y-%m-%d %H:%M}", entry.rating, entry.text))
    return out.getvalue().encode("utf-8-sig")
