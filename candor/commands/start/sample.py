"""``candor sample``: the whole way on the sample web that ships with Candor, without network or account."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.ledger import fixes
from analysis.model.records.ledger import FIXES
from candor.commands.look.serve import PORT
from candor.options import StoreAddress
from candor.sample.content import DAYS
from candor.streams import writing

if TYPE_CHECKING:
    from analysis.settings.file import Config

SHIPPED = (
    ("battery", "5.3", "5.3: stops the drain in sleep", DAYS - 95),
    ("login", "Shelf 3.4", "Shelf 3.4: keeps logins when the network changes", DAYS - 73),
)
"""What the sample's maker shipped: theme, version, note, and how many days ago. The second fix came back."""


def sample(
    html: Annotated[Path, typer.Option("--html", help="Where to write the report.")] = Path("report.html"),
    folder: Annotated[Path, typer.Option("--folder", help="Where to keep the sample's store.")] = Path(
        ".candor/sample"
    ),
    store: StoreAddress = None,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65000, help="The first of the ports that the sample web listens on.")
    ] = 8931,
    page_port: Annotated[
        int, typer.Option("--page-port", min=0, max=65535, help="The port in the command that opens the team's page.")
    ] = PORT,
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
    from candor.sample.own_files import own_files
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
            for name, content in own_files(served.today).items():
                (folder / name).write_bytes(content)
        console.print(f"Serving the sample web ({len(served.sites)} sites) on 127.0.0.1 and crawling it ...\n")
        settings = config_of(path, store)
        _enter_fixes(settings, served.today)
        run_once(settings, html=html)
    console.print(_next(path, page_port), markup=False)


def _enter_fixes(settings: Config, today: date) -> None:
    """Put what the sample's maker shipped into the ledger, so that the report can say whether it worked."""
    from candor.options import opened
    from candor.signing import known, stamp

    with opened(settings, write=True) as kept:
        entered = {fix.version: fix for fix in FIXES.values(kept.records)}
        for theme, version, note, days_ago in SHIPPED:
            day = (today - timedelta(days=days_ago)).isoformat()
            if version not in entered:
                fixes.add(
                    kept.records,
                    theme=theme,
                    brand="quillane",
                    version=version,
                    note=note,
                    shipped=day,
                    known=known(settings),
                    stamp=stamp(""),
                )
            elif entered[version].words("shipped") != day:
                fixes.edit(
                    kept.records,
                    entered[version].key,
                    {"shipped": day},
                    known=known(settings),
                    stamp=stamp(""),
                    reason="the days of the sample move with the calendar",
                )


def _next(path: Path, page_port: int) -> str:
    page = f"candor serve -c {path}" + (f" --port {page_port}" if page_port != PORT else "")
    return f"""
What to do next:
  candor sample --serve                             serve the sample web, so that the report's links open
  {page:<49} open the team's page: the mentions behind every number
  candor search -c {path} '"battery" AND drain*'     look into the mentions
  candor export -c {path} --csv -o mentions.csv     take them elsewhere
  candor init                                       write your own candor.toml: your brand, competitors, sources
  candor doctor                                     check it
  candor run                                        crawl your sources and report
(candor is .venv/bin/candor where it was set up by make)"""
