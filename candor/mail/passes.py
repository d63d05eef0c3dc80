"""Sending: one report now, or all that are due, each once however many processes look.

A mailing is written down as leased before its report is made, by compare-and-set, and as sent after the server took it.
A crash in between repeats that one mail when the lease has run out, under the same Message-ID.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING

from analysis.model.errors import CandorError
from analysis.model.records.mailing import MAILINGS, Mailing, mailing_key
from analysis.store.base import Filter, Store
from candor.mail import due
from candor.mail.office import PostOffice, office_of

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.settings.tables import MailedReportSection


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """What became of one report: sent to so many, and in words what was not as it should be."""

    report: str
    sent: bool
    people: int = 0
    problem: str = ""


def written(
    config: Config, store: Store, report: MailedReportSection, *, sender: str, now: datetime, key: str
) -> tuple[EmailMessage, str]:
    """Return the mail of a report as of ``now``, and what is missing in it.

    Raises ``CandorError`` where there is nothing to report on, or where it is to be a PDF alone and cannot be printed.
    """
    from candor.mail.letter import Envelope, letter
    from candor.paper.printing import printed
    from candor.report_output import build_report, page_of

    since, until = due.covered(report, due.period_of(report, now))
    where = Filter(
        terms={"brand.id": report.brands} if report.brands else {}, private=None if report.private else False
    )
    made = build_report(config, store, now=now, since=since, until=until, where=where)
    pdf, missing = None, ""
    if report.format != "html":
        try:
            pdf = printed(page_of(made))
        except CandorError as error:
            if report.format == "pdf":
                raise
            missing = f"the PDF is not attached: {error}"
    envelope = Envelope(sender=sender, to=report.to, id=f"candor-{_mark(key)}", at=now)
    return letter(made, envelope, rich=report.format != "pdf", pdf=pdf, note=missing), missing


def send_now(config: Config, store: Store, report: MailedReportSection, office: PostOffice, *, now: datetime) -> Mailed:
    """Send a report whether it is due or not. Raises ``CandorError`` where it cannot be made or sent."""
    key = f"{report.id} {now.isoformat()}"
    mail, missing = written(config, store, report, sender=office.sender, now=now, key=key)
    return _told(report, office.send(mail), missing)


def send_due(
    config: Config, store: Store, *, now: datetime, environ: Mapping[str, str] = os.environ
) -> Iterator[Mailed]:
    """Send every report that is due and that nobody has sent, or is sending; yield what became of each."""
    for report in config.reports:
        key = mailing_key(report.id, due.period_of(report, now).due)
        held = MAILINGS.get(store.records, key)
        if not due.may_try(report, held.value if held else None, now):
            continue
        mailing = due.leased(
            report, held.value if held else None, now=now, holder=f"{socket.gethostname()}:{os.getpid()}"
        )
        version = MAILINGS.put(store.records, mailing, if_version=held.version if held else 0)
        if version is not None:
            yield _tried(config, store, report, mailing, version, now=now, environ=environ)


def _tried(
    config: Config,
    store: Store,
    report: MailedReportSection,
    mailing: Mailing,
    version: int,
    *,
    now: datetime,
    environ: Mapping[str, str],
) -> Mailed:
    try:
        office = office_of(environ)
        mail, missing = written(
            config, store, report, sender=office.sender, now=now, key=mailing_key(mailing.report, mailing.due)
        )
        done = _told(report, office.send(mail), missing)
    except CandorError as error:
        MAILINGS.put(store.records, due.failed(mailing, now=now, cause=str(error)[:500]), if_version=version)
        return Mailed(report=report.id, sent=False, problem=str(error))
    after = due.sent(mailing, now=now, people=done.people, cause=done.problem[:500])
    MAILINGS.put(store.records, after, if_version=version)
    return done


def _told(report: MailedReportSection, refused: Mapping[str, str], missing: str) -> Mailed:
    parts = [missing] if missing else []
    parts += [f"{who} was refused ({words})" for who, words in refused.items()]
    return Mailed(report=report.id, sent=True, people=len(report.to) - len(refused), problem="; ".join(parts))


def _mark(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
