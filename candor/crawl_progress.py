"""A crawl with its progress and its table of sources, as ``candor crawl``, ``run`` and ``sample`` show it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from analysis.model.errors import ConfigError, CrawlError, UsageError
from analysis.model.records.run import RUNS, Run
from candor.hints import cured
from candor.streams import Terminal

if TYPE_CHECKING:
    from analysis.model import Source
    from analysis.settings.file import Config
    from analysis.store.base import Store
    from crawler.run import CrawlOutcome, SourceProgress

_SHOWN = 12
_REASONS = 4


def chosen_sources(config: Config, names: Sequence[str]) -> list[Source]:
    """Return the configured sources named, all that are not paused where none is.

    Raises ``UsageError`` for an unknown one.
    """
    if not config.sources:
        raise UsageError(f"{config.path or 'candor.toml'}: no [[sources]] to crawl; add one with kind and url")
    known = {source.id: source for source in config.sources}
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"{name}: no such source; {hint}")
    return [known[name] for name in names] or [source for source in known.values() if not source.paused]


def sources_to_crawl(config: Config, names: Sequence[str]) -> list[Source]:
    """Return those sources where they can be crawled. Raises ``ConfigError`` where nobody could be written to."""
    chosen = chosen_sources(config, names)
    if not config.crawl.contact:
        where = f"{config.path or 'candor.toml'}: [crawl] contact is missing"
        cure = 'add contact = "mailto:you@your.example" below [crawl]: whom sites may write to'
        raise ConfigError([f"{where}: {cure}"])
    return chosen


def crawl_shown(config: Config, store: Store, sources: Sequence[Source], *, console: Console) -> CrawlOutcome:
    """Crawl with a live display on ``console`` where it is a terminal; print the table of sources at the end."""
    from crawler.run import crawl

    if not console.is_terminal:
        outcome = crawl(config, store, sources)
    else:
        bars = _bars(console)
        whole = bars.add_task("Crawling", total=len(sources))
        with Live(console=console, refresh_per_second=4, transient=True) as live:

            def show(states: Sequence[SourceProgress]) -> None:
                bars.update(whole, completed=sum(state.state == "done" for state in states))
                live.update(Group(bars, *_lines(states)))

            outcome = crawl(config, store, sources, on_progress=show)
    console.print(outcome_table(runs_of(outcome)))
    for source in outcome.not_started:
        console.print(f"{source.id}: not started, because the crawl was stopped", markup=False)
    return outcome


def retain_shown(config: Config, store: Store, *, console: Console) -> None:
    """Erase what ``[privacy] keep`` no longer allows, and say how much that was."""
    from analysis.ledger.erasing.erasure import retain
    from analysis.model.errors import RetentionError
    from analysis.store.elastic.server.client import AwayError
    from candor.hints import lines_of

    try:
        erased = retain(store, config.privacy.keep, now=datetime.now(UTC))
    except AwayError as error:
        console.print(f"Retention is left to the next crawl: {error}", markup=False)
        return
    except RetentionError as error:
        console.print("; ".join(lines_of(error)), markup=False)
        return
    if erased is not None:
        console.print(f"Retention: {erased.count:,} mentions were too old to keep and are erased.", markup=False)


def runs_of(outcome: CrawlOutcome) -> list[Run]:
    """Return the run of each source that was crawled."""
    from crawler.keeping.visit import run_of

    return [run_of(item.visit, state=item.health.state, cause=item.health.cause) for item in outcome.sources]


def raise_for_failures(runs: Sequence[Run], *, stopped: bool) -> None:
    """Raise ``CrawlError`` that names each failed source, or says that the crawl was ``stopped``."""
    failed = [run for run in runs if run.state == "failing"]
    if failed:
        causes = "; ".join(f"{run.source}: {cured(run.cause, run.url)}" for run in failed)
        raise CrawlError(f"{len(failed)} of {len(runs)} sources failed ({causes}); the rest was done")
    if stopped:
        raise CrawlError("the crawl was stopped before it was finished; what was read is stored, the next run goes on")


def outcome_table(runs: Sequence[Run]) -> Table:
    """Return the table of what each source gave, with the cause in words where it is not well."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Source", overflow="fold")
    for name in ("Pages\nread", "Posts\nread", "Mentions\nnew", "Mentions\nupdated"):
        table.add_column(name, justify="right")
    table.add_column("State")
    for run in runs:
        colour = {"ok": "green", "silent": "yellow", "failing": "red"}.get(run.state, "yellow")
        state = Text(run.state, style=colour)
        if run.cause:
            state.append(f": {run.cause}", style="default")
        state.append("".join(f"\n{words}" for words in _left_out(run)), style="dim")
        counts = (run.pages, run.posts, run.mentions_new, run.mentions_updated)
        table.add_row(Text(run.source), *map(str, counts), state)
    return table


def _left_out(run: Run) -> list[str]:
    """Return in words what was not read or not kept, the most frequent reasons first, and how much was unchanged."""
    counts = {**run.dropped, **{f"kept as the feed tells it ({why})": n for why, n in run.kept_short.items()}}
    reasons = sorted(counts.items(), key=lambda pair: -pair[1])
    rest = sum(count for _, count in reasons[_REASONS:])
    words = [f"{count:,} {why}" for why, count in reasons[:_REASONS]]
    words += [f"{run.unchanged:,} unchanged since the last crawl"] if run.unchanged else []
    return [*words, f"{rest:,} for other reasons (candor crawl --json lists them)"] if rest else words


def outcome_rows(runs: Sequence[Run]) -> list[dict[str, object]]:
    """Return each run as the JSON that ``candor crawl --json`` writes."""
    return [RUNS.to_body(run) for run in runs]


@contextmanager
def counted_shown(total: int, *, console: Console) -> Iterator[Callable[[], None]]:
    """Show on ``console``, where it is a terminal, how many of ``total`` are done; call what this gives for each."""
    with _bars(console, disable=not console.is_terminal) as bars:
        whole = bars.add_task("Crawling", total=total)
        yield lambda: bars.advance(whole)


def _bars(console: Console, *, disable: bool = False) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("sources"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=disable,
    )


def stderr_console() -> Console:
    """Return the console for progress and tables: standard error, so that standard output stays for data."""
    return Terminal(file=sys.stderr, highlight=False)


def _lines(states: Sequence[SourceProgress]) -> list[Text]:
    busy = [state for state in states if state.state == "reading"][:_SHOWN]
    return [Text(f"  {state.source.id:<32.32} {_counts(state)}", style="dim") for state in busy]


def _counts(state: SourceProgress) -> str:
    return f"{state.pages:>5} pages {state.posts:>5} posts {state.mentions_new:>5} mentions"
