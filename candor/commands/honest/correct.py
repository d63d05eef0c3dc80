"""``candor correct``: say that a judgement is wrong, of one mention or of many. It stays, the correction beside it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import UsageError
from analysis.model.records.audit import CORRECTIONS
from candor.checks.values import as_id
from candor.ledger_tables import entry_row
from candor.options import AsJson, ConfigPath, QueryOption, StoreAddress, config_of, filter_of, opened, write_json
from candor.signing import ReasonOption, WhoOption, agreed, known, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.ledger.entries import Stamp
    from analysis.model import Mention
    from analysis.model.records.audit import CorrectedField, Correction
    from analysis.store.base import Store

Given = dict["CorrectedField", str]
"""The one field that is corrected, and what it should say."""
_SIGNS: tuple[CorrectedField, ...] = ("complaint", "praise", "wish", "question")
_ONE = (
    "give exactly one of --sentiment, --[no-]complaint, --[no-]praise, --[no-]wish, --[no-]question, "
    "--topic with --not-topic, --move with --not-move, --severity, --relevance, and --[not-]about"
)

ComplaintOption = Annotated[
    bool | None, typer.Option("--complaint/--no-complaint", help="It does, or does not, complain about the brand.")
]
PraiseOption = Annotated[
    bool | None, typer.Option("--praise/--no-praise", help="It does, or does not, praise the brand.")
]
WishOption = Annotated[
    bool | None, typer.Option("--wish/--no-wish", help="It does, or does not, wish something of the brand.")
]
QuestionOption = Annotated[
    bool | None, typer.Option("--question/--no-question", help="It does, or does not, ask about the brand.")
]


def correct(
    reason: ReasonOption,
    mentions: Annotated[
        list[str] | None,
        typer.Argument(help="Mentions' ids, or the addresses of their posts; - reads them from standard input."),
    ] = None,
    query: QueryOption = None,
    sentiment: Annotated[str, typer.Option("--sentiment", help="negative, neutral, positive, mixed or unsure.")] = "",
    complaint: ComplaintOption = None,
    praise: PraiseOption = None,
    wish: WishOption = None,
    question: QuestionOption = None,
    topic: Annotated[str, typer.Option("--topic", help="A topic that it complains about.")] = "",
    not_topic: Annotated[
        str,
        typer.Option("--not-topic", help="A topic that it does not complain about; with --topic: that one instead."),
    ] = "",
    move: Annotated[str, typer.Option("--move", help="A move of the brand that it tells of, such as recall.")] = "",
    not_move: Annotated[
        str, typer.Option("--not-move", help="A move that it does not tell of; with --move: that one instead.")
    ] = "",
    severity: Annotated[
        str, typer.Option("--severity", help="safety, data_loss, money, cannot_use, annoyance or none.")
    ] = "",
    relevance: Annotated[str, typer.Option("--relevance", help="about, passing, list or not (not the brand).")] = "",
    about: Annotated[
        bool | None, typer.Option("--about/--not-about", help="It is, or is not, about the brand at all.")
    ] = None,
    brand: Annotated[str, typer.Option("--brand", "-b", help="Which brand's mention, where a post has several.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before correcting what --query finds.")] = False,
    by: WhoOption = "",
    config: ConfigPath = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
) -> None:
    """Correct a judgement. The machine's own stays; reports show figures with and without corrections, and how many.

    Examples:

      candor correct https://forum.example/t/12 --brand tessaro --sentiment negative --reason "it is irony"

      candor correct https://forum.example/t/12 --not-topic battery --topic app --reason "the app drains it"

      candor correct --query "fire AND sale" --severity none --reason "a sale" --yes
    """
    from analysis.ledger import corrections, entries

    signs = dict(zip(_SIGNS, (complaint, praise, wish, question), strict=True))
    words: Given = {"sentiment": sentiment, "severity": severity, "relevance": relevance}
    given = _given(signs, words, about=about, topic=(topic, not_topic), move=(move, not_move))
    settings, names = config_of(config, store), _named(mentions or (), query)
    brand = as_id("brand.id", brand, config=settings)
    if topic:
        entries.chosen("topic", topic, known(settings).topics)
    with opened(settings) as opened_store:
        corrections.DERIVED.complete(opened_store.records)
        chosen = _found(opened_store, query, brand, yes=yes) if query else _chosen(opened_store, names, brand)
        made = _corrected(opened_store, chosen, given, not_topic or not_move, reason, stamp(by))
    if as_json:
        write_json([entry_row(CORRECTIONS, one) for one in made])
    else:
        _tell(made, len(chosen))


def _given(
    signs: Mapping[CorrectedField, bool | None],
    words: Given,
    *,
    about: bool | None,
    topic: tuple[str, str],
    move: tuple[str, str],
) -> Given:
    """Return what is to be corrected, and to what; of ``topic`` and ``move`` the second is what it is not."""
    given: Given = {what: "yes" if says else "no" for what, says in signs.items() if says is not None}
    given |= {what: word for what, word in words.items() if word}
    given |= {} if about is None else {"brand": "about" if about else "not about"}
    given |= {"topic": topic[0]} if any(topic) else {}
    given |= {"move": move[0]} if any(move) else {}
    if len(given) != 1:
        raise UsageError(_ONE)
    return given


def _named(words: Sequence[str], query: str | None) -> list[str]:
    """Return what is named, each once; ``-`` stands for the lines of standard input."""
    lines = (line.strip() for word in words for line in (sys.stdin if word == "-" else (word,)))
    names = list(dict.fromkeys(filter(None, lines)))
    if bool(names) == bool(query):
        raise UsageError("name mentions (ids or addresses, or - for standard input), or give --query; one of the two")
    return names


def _chosen(store: Store, names: Sequence[str], brand: str) -> list[Mention]:
    """Return the mentions that are named. Nothing is corrected where one of them is wrong."""
    from analysis.ledger import corrections
    from analysis.ledger.erasing.erasure import post_ids
    from analysis.model.addresses import is_web

    return [
        corrections.choose(store, named=name, post_ids=post_ids(name) if is_web(name) else (), brand=brand)
        for name in names
    ]


def _found(store: Store, query: str, brand: str, *, yes: bool) -> list[Mention]:
    found = list(store.scan(filter_of(now=datetime.now(UTC), query=query, brand=[brand] if brand else None)))
    if not found:
        raise UsageError(f"--query: no mention matches {query!r}", cure="search")
    if not agreed(f"Correct {len(found)} mentions?", yes=yes):
        raise typer.Exit(1)
    return sorted(found, key=lambda mention: mention.id)


def _corrected(
    store: Store, chosen: Sequence[Mention], given: Given, was: str, reason: str, signed: Stamp
) -> list[Correction]:
    """Return the corrections made. Of several mentions those that say so already are left as they are."""
    from analysis.ledger import corrections

    ((what, to),) = given.items()
    return [
        corrections.correct(store.records, mention, what=what, to=to, was=was, reason=reason, stamp=signed)
        for mention in chosen
        if len(chosen) == 1 or corrections.would_change(store.records, mention, what=what, to=to, was=was)
    ]


def _tell(made: Sequence[Correction], many: int) -> None:
    from candor.streams import Terminal

    lines = []
    for one in made:
        way = f"{one.field} {one.was or 'none'} to {one.to or 'none'}"
        lines.append(
            f"Corrected for {one.brand}: {way}. Judged {one.judged or 'none'}, which stays in the raw figures."
        )
    if many > 1:
        same = f"; {many - len(made)} said so already" if many > len(made) else ""
        lines = [*dict.fromkeys(lines), f"{len(made)} of {many} mentions corrected{same}."]
    Terminal(highlight=False).print("\n".join(lines), markup=False)
