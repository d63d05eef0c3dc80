"""``candor kibana``: the boards for Kibana."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The boards for Kibana.")


@app.command("setup")
def setup(
    url: Annotated[
        str, typer.Option("--url", envvar="CANDOR_KIBANA_URL", help="Kibana's address.")
    ] = "http://localhost:5601",
    space: Annotated[
        str,
        typer.Option(
            "--space", envvar="CANDOR_KIBANA_SPACE", help="The space; made if absent. Default space if empty."
        ),
    ] = "",
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait until Kibana is ready.")] = 300.0,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON to standard output, for scripts.")] = False,
) -> None:
    """Put the boards into Kibana, over what is there, and make the mentions its default data view.

    Who we are comes from CANDOR_KIBANA_API_KEY, or CANDOR_KIBANA_USER and CANDOR_KIBANA_PASSWORD (each also with
    _FILE at its end), else from the CANDOR_ELASTIC_... of the store.

    Examples:

      candor kibana setup

      candor kibana setup --url https://kibana.example --space brands
    """
    import os

    from candor.kibana.boards import kibana_from, set_up
    from candor.options import write_json
    from candor.streams import Terminal

    console = Terminal(stderr=True, highlight=False, soft_wrap=True)
    kibana = kibana_from(url, space=space, wait_s=wait, environ=os.environ)
    done = set_up(kibana, tell=lambda words: console.print(words, markup=False))
    if as_json:
        write_json([{"objects": done.objects, "board": done.board}])
    else:
        console.print(f"{done.objects} saved objects are in Kibana; start at {done.board}", markup=False)


@app.command("boards")
def boards(
    space: Annotated[
        str,
        typer.Option(
            "--space",
            envvar="CANDOR_KIBANA_SPACE",
            help="The space it is for: each has ids of its own. Default if empty.",
        ),
    ] = "",
) -> None:
    """Write the file of the boards to standard output, to import it by hand (Stack Management, Saved Objects).

    Examples:

      candor kibana boards > boards.ndjson

      candor kibana boards --space brands > boards.ndjson
    """
    import sys

    from mappings.kibana import ndjson

    sys.stdout.write(ndjson(space))
