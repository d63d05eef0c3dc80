"""``candor mail``: the report by e-mail, now or when it is due."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import ConfigError, UsageError
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, when, write_json

if TYPE_CHECKING:
    from analysis.settings.file import Config
    from analysis.settings.tables import MailedReportSection
    from candor.mail.passes import Mailed


def mail(
    report: Annotated[str | None, typer.Option("--report", help="Only the [[reports]] block of this id.")] = None,
    due: Annotated[
        bool, typer.Option("--due", help="Only what is due and was not sent: for cron, where no `candor watch` runs.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the mail as plain text; send nothing.")] = False,
    now: Annotated[str | None, typer.Option("--now", help="Report as if it were this time.")] = None,
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Send the reports of [[reports]] by e-mail now; `candor watch` sends each at its time, once.

    The mail server comes from the environment: CANDOR_SMTP (smtp://user@host:587), CANDOR_SMTP_PASSWORD and
    CANDOR_MAIL_FROM, or files that these names with _FILE name.

    Examples:

      candor mail --dry-run

      candor mail --report weekly

      candor mail --due
    """
    from candor.mail.office import office_of
    from candor.mail.passes import Mailed, send_due, send_now, written

    settings = config_of(config, store)
    moment = when(now, now=datetime.now(UTC), flag="--now") or datetime.now(UTC)
    chosen = _chosen(settings, report)
    if due and dry_run:
        raise UsageError("--due: writes down what it sends; leave out --dry-run")
    done: list[Mailed] = []
    with opened(settings) as kept:
        if dry_run:
            for one in chosen:
                letter, missing = written(settings, kept, one, sender="candor@localhost", now=moment, key=one.id)
                done.append(Mailed(report=one.id, sent=False, people=len(one.to), problem=missing))
                if not as_json:
                    _print(f"To: {letter['To']}\nSubject: {letter['Subject']}\n\n{_text(letter)}")
        elif due:
            done += [one for one in send_due(settings, kept, now=moment) if report in (None, one.report)]
        else:
            office = office_of(os.environ)
            done += [send_now(settings, kept, one, office, now=moment) for one in chosen]
    _tell(done, as_json=as_json, dry_run=dry_run)
    if not dry_run and any(one.problem for one in done):
        raise typer.Exit(1)


def _chosen(settings: Config, name: str | None) -> list[MailedReportSection]:
    found = [one for one in settings.reports if name in (None, one.id)]
    if not settings.reports:
        raise ConfigError([f'{settings.path}: no [[reports]]; add a block with to = ["ann@tessaro.example"]'])
    if not found:
        ids = ", ".join(one.id for one in settings.reports)
        raise UsageError(f"{name!r} is no report; known: {ids}", about=("report",))
    return found


def _text(letter: object) -> str:
    from email.message import EmailMessage

    assert isinstance(letter, EmailMessage)
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def _tell(done: list[Mailed], *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        write_json(
            {"report": one.report, "sent": one.sent, "people": one.people, "problem": one.problem} for one in done
        )
        return
    for one in done:
        if one.sent:
            people = "1 person" if one.people == 1 else f"{one.people} people"
            _print(f"Report {one.report} was sent to {people}.")
        if one.problem:
            _print(f"Report {one.report}: {one.problem}")
    if not done and not dry_run:
        _print("No report is due.")


def _print(text: str) -> None:
    from candor.streams import Terminal

    Terminal(highlight=False, soft_wrap=True).print(text, markup=False)
