"""``candor ack``: say that a complaint was seen and answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import UsageError
from analysis.model.records.ledger import ACKS
from candor.checks.values import as_id
from candor.ledger_tables import entry_row
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import WhoOption, known, stamp

if TYPE_CHECKING:
    from analysis.model.records.ledger import Acknowledged
    from analysis.settings.file import Config
    from analysis.store.base import Store


def ack(
    note: Annotated[str, typer.Option("--note", help="What was answered, and where.")],
    theme: Annotated[str, typer.Option("--theme", "-t", help="All complaints on this topic until now.")] = "",
    alert: Annotated[str, typer.Option("--alert", help="The mentions of this alert.")] = "",
    url: Annotated[str, typer.Option("--url", help="One post.")] = "",
    brand: Annotated[str, typer.Option("--brand", "-b", help="Which of our brands; all if not given.")] = "",
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Record that a complaint was acknowledged. The first one counts for the time to respond.

    Examples:

      candor ack --theme battery --note "answered in the forum's sticky thread"

      candor ack --url https://forum.example/t/12 --note "replied"
    """
    from analysis.ledger import acks, entries
    from candor.streams import Terminal

    if sum(map(bool, (theme, alert, url))) != 1:
        raise UsageError("give exactly one of --theme, --alert and --url")
    settings = config_of(config, store)
    brand, theme = as_id("brand.id", brand, config=settings), as_id("topics", theme, config=settings)
    if brand:
        entries.chosen("brand", brand, known(settings).brands)
    with opened(settings) as opened_store:
        about, what, mentions = _target(settings, opened_store, theme=theme, alert=alert, url=url)
        before = acks.earlier(opened_store.records, about=about, what=what, brand=brand)
        made = acks.add(
            opened_store.records, about=about, what=what, brand=brand, note=note, mentions=mentions, stamp=stamp(by)
        )
    first = before is None
    if as_json:
        write_json([{**entry_row(ACKS, made), "first": first}])
        return
    words = "the first" if first else f"the first was on {before.at:%Y-%m-%d}" if before else ""
    Terminal(highlight=False).print(f"Acknowledged ({words}).", markup=False)


def _target(
    settings: Config, opened_store: Store, *, theme: str, alert: str, url: str
) -> tuple[Acknowledged, str, tuple[str, ...]]:
    from analysis.ledger import entries
    from analysis.ledger.erasing import erasure
    from analysis.store.base import Filter

    if theme:
        return "theme", entries.chosen("theme", theme, known(settings).topics), ()
    if alert:
        from analysis.alert.remembered import ALERTS

        stored = ALERTS.get(opened_store.records, alert)
        if stored is None:
            raise UsageError(f"--alert: {alert!r} is not known; `candor alerts` lists them")
        return "alert", alert, stored.value.evidence
    there = list(opened_store.scan(Filter(terms={"post_id": erasure.post_ids(url)})))
    if not there:
        raise UsageError(f"--url: {url} is not in the store; `candor search --json` shows addresses")
    return "post", there[0].post_id, ()
