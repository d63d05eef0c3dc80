"""``candor erase``: the law's right to erasure, and retention. Logged before and after; kept out from then on."""

from __future__ import annotations

import dataclasses
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.model.errors import UsageError
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import WhoOption, agreed, stamp

if TYPE_CHECKING:
    from analysis.ledger.entries import Stamp
    from analysis.ledger.erasing.erasure import Erased, ErasurePlan, Raw, Target
    from analysis.settings.file import Config
    from analysis.store.base import Store


def erase(
    url: Annotated[str, typer.Option("--url", help="One post.")] = "",
    author: Annotated[str, typer.Option("--author", help="A pseudonym, or a name with --platform.")] = "",
    platform: Annotated[str, typer.Option("--platform", help="The name's site, such as reddit.com.")] = "",
    domain: Annotated[str, typer.Option("--domain", help="A whole site.")] = "",
    older_than: Annotated[str, typer.Option("--older-than", help="What was collected longer ago, such as 365d.")] = "",
    expired: Annotated[bool, typer.Option("--expired", help="What [privacy] keep no longer allows.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Finish what was interrupted, and nothing else.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why. It is kept: name nobody in it.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be erased; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Erase mentions for good, for a reason that is kept. Reports say how many were erased; crawls do not bring back.

    Examples:

      candor erase --author ann --platform reddit.com --reason "request of 3 May, case 17" --dry-run

      candor erase --older-than 730d --reason "retention" --yes
    """
    settings, signed = config_of(config, store), stamp(by)
    given = {"url": url, "author": author, "domain": domain, "older": older_than}
    target = None if resume else _target(settings, given, platform, now=signed.at, expired=expired)
    if expired and not reason:
        from analysis.ledger.erasing.erasure import RETENTION

        reason = RETENTION
    if target and not reason.strip() and not dry_run:
        raise UsageError("--reason: is missing; nothing is erased without one")
    with opened(settings, write=not dry_run) as opened_store:
        raw = _raw(settings)
        finished = 0 if dry_run else _finish(opened_store, signed, raw, as_json=as_json)
        if resume and not finished:
            print("No erasure was interrupted: nothing to do.", file=sys.stderr)
        if target is not None:
            _erase(opened_store, target, reason, signed, raw, dry_run=dry_run, yes=yes, as_json=as_json)


def _raw(settings: Config) -> Raw:
    """Return what erases from the raw answers that are kept."""
    from crawler.archive import erasing
    from crawler.archive.folders import folders_of

    return lambda target: erasing.erase(folders_of(settings), target)


def _target(settings: Config, given: dict[str, str], platform: str, *, now: datetime, expired: bool) -> Target | None:
    from analysis.ledger.erasing import erasure

    if sum(map(bool, given.values())) + expired != 1:
        raise UsageError("give exactly one of --url, --author, --domain, --older-than and --expired")
    if expired:
        if settings.privacy.keep is None:
            raise UsageError(f'{settings.path}: no keep under [privacy]; add keep = "365d", or use --older-than')
        return erasure.older_than(now - timedelta(seconds=settings.privacy.keep))
    if given["url"]:
        return erasure.by_url(given["url"])
    if given["domain"]:
        return erasure.by_domain(given["domain"])
    if given["older"]:
        return erasure.older_than(_ago(given["older"], now))
    from analysis.settings.key import installation_key

    key = installation_key(settings.key_file, named=settings.key_is_named) if platform else b""
    return erasure.by_author(given["author"], platform=platform, key=key)


def _ago(text: str, now: datetime) -> datetime:
    from candor.options import when

    limit = when(text, now=now, flag="--older-than")
    if limit is None or limit >= now:
        raise UsageError(f"--older-than: {text!r} is not in the past; write 365d or 2025-01-01")
    return limit.astimezone(UTC)


def _finish(opened_store: Store, signed: Stamp, raw: Raw, *, as_json: bool) -> int:
    """Finish erasures that were interrupted, before anything new is begun; return how many."""
    from analysis.ledger.erasing import erasure

    waiting = erasure.unfinished(opened_store.records)
    for entry in waiting:
        _told(erasure.finish(opened_store, entry, stamp=signed, raw=raw), as_json=as_json, resumed=True)
    return len(waiting)


def _erase(
    opened_store: Store,
    target: Target,
    reason: str,
    signed: Stamp,
    raw: Raw,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    from analysis.ledger.erasing import erasure

    plan = erasure.plan(opened_store, target)
    if dry_run or not yes:
        _show_plan(plan, as_json=as_json and dry_run)
    if dry_run:
        return
    if not agreed(f"Erase {_many(plan.mentions, 'mention')} for good?", yes=yes):
        raise typer.Exit(1)
    _told(erasure.erase(opened_store, target, reason=reason, stamp=signed, raw=raw), as_json=as_json)


def _show_plan(plan: ErasurePlan, *, as_json: bool) -> None:
    if as_json:
        write_json([{"dry_run": True, **_json(plan)}])
        return
    brands = ", ".join(f"{count} of {name}" for name, count in plan.brands)
    print(
        f"{_many(plan.mentions, 'mention')} in {_many(plan.posts, 'post')}{': ' + brands if brands else ''}.",
        file=sys.stderr,
    )
    if plan.copies_left:
        copies = f"{plan.copies_left} near copies of the same texts stand at other addresses and would stay"
        print(f"{copies}; erase them by their own --url.", file=sys.stderr)


def _told(done: Erased, *, as_json: bool, resumed: bool = False) -> None:
    if as_json:
        write_json([{"resumed": resumed, **_json(done)}])
        return
    from candor.streams import Terminal

    head = "Finished an interrupted erasure" if resumed else "Erased"
    also = f", and blanked its words in {done.blanked} alerts and messages" if done.blanked else ""
    also += f", and {_many(done.raw, 'raw page')} that held anything of it" if done.raw else ""
    Terminal(highlight=False, soft_wrap=True).print(
        f"{head}: {_many(done.count, 'mention')}{also}. Logged as {int(done.key)}; it stays out from now on.",
        markup=False,
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _json(result: ErasurePlan | Erased) -> dict[str, Any]:
    return dataclasses.asdict(result)
