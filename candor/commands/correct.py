"""``candor correct``: say that a judgement is wrong. It stays, and the correction stands beside it."""

from __future__ import annotations

from typing import Annotated

import typer

from candor.options import AsJson, ConfigPath, StoreAddress, config_of, opened, write_json
from candor.signing import ReasonOption, WhoOption, stamp


def correct(
    mention: Annotated[str, typer.Argument(help="A mention's id, or the address of its post.")],
    sentiment: Annotated[str, typer.Option("--sentiment", help="negative, neutral, positive or unsure.")],
    reason: ReasonOption,
    brand: Annotated[str, typer.Option("--brand", "-b", help="Which brand's mention, where a post has several.")] = "",
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Correct a judgement. The machine's own stays; reports show figures with and without corrections, and how many.

    Example:

      candor correct https://forum.example/t/12 --brand tessaro --sentiment negative --reason "it is irony"
    """
    from rich.console import Console

    from analysis.addresses import is_web
    from analysis.ledger import corrections
    from analysis.ledger.erasure import post_ids

    with opened(config_of(config, store)) as kept:
        corrections.complete(kept.records)
        ids = post_ids(mention) if is_web(mention) else ()
        found = corrections.choose(kept, named=mention, post_ids=ids, brand=brand)
        made = corrections.correct(kept.records, found, to=sentiment, reason=reason, stamp=stamp(by))
    if as_json:
        write_json([{"key": made.key, **made.body}])
        return
    way = f"{made.body['from']} to {made.body['to']}"
    words = f"Corrected for {found.brand.id}: {way}. Judged {made.body['judged']}, which stays in the raw figures."
    Console(highlight=False).print(words, markup=False)
