"""``candor issue``: a theme or a mention as an issue in the team's tracker, sent when a person says so."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import UsageError
from analysis.model.records.issue import ISSUES
from candor.checks.values import as_id
from candor.ledger_tables import entry_row
from candor.options import AsJson, ConfigPath, SinceOption, StoreAddress, config_of, opened, when, write_json
from candor.signing import WhoOption, known, stamp

if TYPE_CHECKING:
    from analysis.ledger.entries import Stamp
    from analysis.model.records.issue import Issue
    from analysis.settings.file import Config
    from analysis.store.base import Store
    from candor.tracker.issues import IssueLook

app = typer.Typer(no_args_is_help=True, help="Issues for the team's tracker ([tracker]): proposed, sent, looked at.")
IssueKey = Annotated[str, typer.Argument(help="The issue's key, as `candor issue list` shows it.")]


@app.command("propose")
def propose(
    about: Annotated[str, typer.Argument(help="A theme (battery), or a mention's id or the address of its post.")],
    brand: Annotated[str, typer.Option("--brand", "-b", help="Which of our brands, where several have it.")] = "",
    since: SinceOption = None,
    now: Annotated[str | None, typer.Option("--now", help="Count as if it were this time.")] = None,
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Print the issue that a theme or a mention would become; nothing is sent. Where there is one, that one.

    Examples:

      candor issue propose battery

      candor issue propose https://forum.example/t/12 --brand tessaro
    """
    settings = config_of(config, store)
    moment = when(now, now=datetime.now(UTC), flag="--now") or datetime.now(UTC)
    start = when(since, now=moment, flag="--since")
    with opened(settings) as kept:
        made = _made(settings, kept, about, as_id("brand.id", brand, config=settings), start, moment, stamp(by))
    _told([made], as_json=as_json, whole=True)


@app.command("send")
def send(
    key: IssueKey,
    again: Annotated[
        bool, typer.Option("--again", help="Send one of which nobody knows whether it arrived: look there first.")
    ] = False,
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Send a proposed issue to the tracker. A second call shows the one that is there.

    The key of the tracker comes from CANDOR_TRACKER_KEY, or the file that CANDOR_TRACKER_KEY_FILE names; an account's
    name, where Jira wants one, from CANDOR_TRACKER_USER.

    Example:

      candor issue send theme-tessaro-battery
    """
    from candor.tracker import issues
    from candor.tracker.kinds import tracker_of

    settings = config_of(config, store)
    tracker, options = tracker_of(settings.tracker, os.environ), settings.tracker
    assert options is not None
    with opened(settings) as kept:
        made = issues.send(kept.records, key, tracker, options, stamp=stamp(by), again=again)
    _told([made], as_json=as_json, whole=False)


@app.command("list")
def list_issues(config: ConfigPath = None, store: StoreAddress = None, as_json: AsJson = False) -> None:
    """List the issues that were proposed or sent, and how they stand.

    Example:

      candor issue list --json
    """
    with opened(config_of(config, store)) as kept:
        found = list(ISSUES.values(kept.records))
    _told(found, as_json=as_json, whole=False, empty="No issue yet: candor issue propose battery")


@app.command("sync")
def sync(by: WhoOption = "", config: ConfigPath = None, store: StoreAddress = None, as_json: AsJson = False) -> None:
    """Look at the sent issues in the tracker. Where a theme's is done, a fix is proposed (`candor proposals`).

    Example:

      candor issue sync
    """
    from candor.tracker import issues
    from candor.tracker.kinds import tracker_of

    settings = config_of(config, store)
    tracker, options = tracker_of(settings.tracker, os.environ), settings.tracker
    assert options is not None
    with opened(settings) as kept:
        done = list(issues.sync(kept, tracker, options, known=known(settings), stamp=stamp(by)))
    if as_json:
        write_json(
            {**entry_row(ISSUES, one.issue), "changed": one.changed, "problem": one.problem, "offered": one.offered}
            for one in done
        )
    else:
        _print([line for one in done for line in _lines(one)] or ["No issue is open in the tracker."])
    if any(one.problem for one in done):
        raise typer.Exit(1)


def _made(
    settings: Config, kept: Store, about: str, brand: str, since: datetime | None, now: datetime, signed: Stamp
) -> Issue:
    from analysis.enrich.taxonomy import taxonomy_of
    from analysis.ledger import corrections
    from analysis.ledger.erasing.erasure import post_ids
    from analysis.model.addresses import is_web
    from analysis.track.topics import readable
    from candor.tracker import issues
    from candor.tracker.measured import public_report

    topics = {topic.id: topic.name for topic in taxonomy_of(settings).topics.values()}
    theme = as_id("topics", about, config=settings)
    if theme in topics:
        report = public_report(settings, kept, now=now, since=since)
        return issues.propose_theme(kept.records, report, theme, brand=brand, stamp=signed)
    if not is_web(about) and about not in kept.get([about]):
        raise UsageError(f"{about!r} is neither a theme nor a mention; `candor report` shows the themes")
    found = corrections.choose(kept, named=about, post_ids=post_ids(about) if is_web(about) else (), brand=brand)
    topic = readable(found.complaint_topics[0], topics) if found.complaint_topics else ""
    return issues.propose_mention(kept.records, found, topic=topic, stamp=signed)


def _told(found: list[Issue], *, as_json: bool, whole: bool, empty: str = "") -> None:
    if as_json:
        write_json(entry_row(ISSUES, one) for one in found)
        return
    lines = []
    for one in found:
        stands = f"{one.remote or 'sent'}: {one.number} {one.url}" if one.state == "sent" else one.state
        lines.append(f"{one.key}  {stands}")
        lines.append(f"   {one.title}")
        lines += [f"   {one.cause}"] if one.cause else []
        lines += ["", *one.body.split("\n")] if whole else []
    if whole and found and found[0].state == "proposed":
        lines += ["", f"Nothing was sent. To send it: candor issue send {found[0].key}"]
    _print(lines or [empty])


def _lines(one: IssueLook) -> list[str]:
    lines = [f"{one.issue.key}  {one.issue.remote}: {one.issue.number} {one.issue.url}"]
    lines += [f"   {one.problem}"] if one.problem else []
    if one.offered:
        lines.append(f"   done: proposal {int(one.offered)} enters the fix; candor proposals accept {int(one.offered)}")
    return lines


def _print(lines: list[str]) -> None:
    from candor.streams import Terminal

    Terminal(highlight=False, soft_wrap=True).print("\n".join(lines), markup=False)
