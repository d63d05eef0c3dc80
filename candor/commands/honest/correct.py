"""``candor correct``: say that a judgement is wrong. It stays, and the correction stands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import UsageError
from analysis.model.records.audit import CORRECTIONS
from candor.checks.values import as_id
from candor.ledger_tables import entry_row
from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import ReasonOption, WhoOption, known, stamp

if TYPE_CHECKING:
    from analysis.model.records.audit import CorrectedField


def correct(
    mention: Annotated[str, typer.Argument(help="A mention's id, or the address of its post.")],
    reason: ReasonOption,
    sentiment: Annotated[str, typer.Option("--sentiment", help="negative, neutral, positive or unsure.")] = "",
    complaint: Annotated[
        bool | None, typer.Option("--complaint/--no-complaint", help="It does, or does not, complain about the brand.")
    ] = None,
    topic: Annotated[str, typer.Option("--topic", help="A topic that it complains about.")] = "",
    not_topic: Annotated[
        str,
        typer.Option("--not-topic", help="A topic that it does not complain about; with --topic: that one instead."),
    ] = "",
    about: Annotated[
        bool | None, typer.Option("--about/--not-about", help="It is, or is not, about the brand at all.")
    ] = None,
    brand: Annotated[str, typer.Option("--brand", "-b", help="Which brand's mention, where a post has several.")] = "",
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Correct a judgement. The machine's own stays; reports show figures with and without corrections, and how many.

    Examples:

      candor correct https://forum.example/t/12 --brand tessaro --sentiment negative --reason "it is irony"

      candor correct https://forum.example/t/12 --not-topic battery --topic app --reason "the app drains it"

      candor correct https://forum.example/t/13 --not-about --reason "another Tessaro, a band"
    """
    from analysis.ledger import corrections, entries
    from analysis.ledger.erasure import post_ids
    from analysis.model.addresses import is_web
    from candor.streams import Terminal

    given: dict[CorrectedField, str] = {}
    given |= {"sentiment": sentiment} if sentiment else {}
    given |= {} if complaint is None else {"complaint": "yes" if complaint else "no"}
    given |= {"topic": topic} if topic or not_topic else {}
    given |= {} if about is None else {"brand": "about" if about else "not about"}
    if len(given) != 1:
        raise UsageError(
            "give exactly one of --sentiment, --[no-]complaint, --topic with --not-topic, and --[not-]about"
        )
    settings = config_of(config, store)
    brand = as_id("brand.id", brand, config=settings)
    if topic:
        entries.chosen("topic", topic, known(settings).topics)
    ((what, to),) = given.items()
    with opened(settings) as opened_store:
        corrections.complete(opened_store.records)
        ids = post_ids(mention) if is_web(mention) else ()
        chosen = corrections.choose(opened_store, named=mention, post_ids=ids, brand=brand)
        made = corrections.correct(
            opened_store.records, chosen, what=what, to=to, was=not_topic, reason=reason, stamp=stamp(by)
        )
    if as_json:
        write_json([entry_row(CORRECTIONS, made)])
        return
    way = f"{what} {made.was or 'none'} to {made.to or 'none'}"
    judged = made.judged or "none"
    words = f"Corrected for {chosen.brand.id}: {way}. Judged {judged}, which stays in the raw figures."
    Terminal(highlight=False).print(words, markup=False)
