"""``candor sample``: the whole way on the sample web that ships with Candor, without network or account."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.ledger import fixes
from analysis.model.records.ledger import FIXES
from candor.options import StoreAddress
from candor.streams import writing

if TYPE_CHECKING:
    from analysis.settings.file import Config

FIXED_DAYS_AGO = 25
"""When the sample's maker shipped the update that cures the batteries: day 95 of 120."""


def sample(
    html: Annotated[Path, typer.Option("--html", help="Where to write the report.")] = Path("report.html"),
    folder: Annotated[Path, typer.Option("--folder", help="Where to keep the sample's store.")] = Path(
        ".candor/sample"
    ),
    store: StoreAddress = None,
    port: Annotated[int, typer.Option("--port", help="The first of the ports that the sample web listens on.")] = 8931,
    serve: Annotated[bool, typer.Option("--serve", help="Only serve the sample web, until Ctrl-C.")] = False,
) -> None:
    """Try Candor: serve a small invented web on loopback, crawl it with the real spiders, and report.

    Examples:

      candor sample

      candor sample --store http://localhost:9200

      candor sample --serve
    """
    import time

    from candor.commands.collect.run import run_once
    from candor.options import config_of
    from candor.sample.config import config_text
    from candor.sample.server import serve as serve_sites
    from candor.streams import Terminal

    console = Terminal(stderr=True, highlight=False)
    with serve_sites(port=port) as served:
        if serve:
            for name, base in served.sites.items():
                console.print(f"{name:24} {base}/", markup=False)
            while True:
                time.sleep(3600)
        path = folder / "candor.toml"
        with writing(folder, flag="--folder"):
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(config_text(port=port), encoding="utf-8")
        console.print(f"Serving the sample web ({len(served.sites)} sites) on 127.0.0.1 and crawling it ...\n")
        settings = config_of(path, store)
        _enter_fix(settings, shipped=served.today - timedelta(days=FIXED_DAYS_AGO))
        run_once(settings, html=html)
    console.print(_next(path), markup=False)


def _enter_fix(settings: Config, *, shipped: date) -> None:
    """Put the update that cured the batteries into the ledger, so that the report can say whether it worked."""
    from candor.options import opened
    from candor.signing import known, stamp

    day = shipped.isoformat()
    with opened(settings, write=True) as kept:
        entered = next(FIXES.values(kept.records), None)
        if entered is None:
            words = {"theme": "battery", "brand": "quillane", "version": "5.3", "note": "5.3: stops the drain in sleep"}
            fixes.add(kept.records, **words, shipped=day, known=known(settings), stamp=stamp(""))
        elif entered.words("shipped") != day:
            reason = "the days of the sample move with the calendar"
            fixes.edit(
                kept.records,
                entered.key,
                {"shipped": day},
                known=known(settings),
                stamp=stamp(""),
                reason=reason,
            )


def _next(path: Path) -> str:
    return f"""
What to do next:
  candor search -c {path} '"battery" AND drain*'     look into the mentions
  candor export -c {path} --csv -o mentions.csv     take them elsewhere
  candor init                                       write your own candor.toml: your brand, competitors, sources
  candor doctor                                     check it
  candor run                                        crawl your sources and report
(candor is .venv/bin/candor where it was set up by make)"""
