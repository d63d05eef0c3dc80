"""``candor``: one file per command, listed in the order in which ``candor --help`` shows them.

Exit status: 0 done, 1 some work failed and the rest was done, 2 a mistake in the call or the configuration, 3 another
process crawls for this state folder.
Command modules import heavy libraries inside their functions, so that ``candor --help`` stays quick.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from analysis.model.errors import CandorError, UsageError
from candor import __version__
from candor.commands.agents import mcp, proposals
from candor.commands.collect import add, crawl, history, import_posts, receive, rejudge, reread, run, watch
from candor.commands.honest import audit, correct, erase, label, learn
from candor.commands.improve import ack, fix, issue, response, wish
from candor.commands.look import export, report, search, serve, sources, themes
from candor.commands.parts import judge, read, track, try_one
from candor.commands.start import doctor, init, sample
from candor.commands.team import account, cluster, kibana, store
from candor.commands.told import alert, alerts, mail, rules, views
from candor.hints import lines_of
from candor.streams import Terminal, failed, finish, prepare

app = typer.Typer(
    name="candor",
    no_args_is_help=True,
    rich_markup_mode="rich",
    # Locals can hold secrets (keys, addresses of channels).
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Track what people say about a brand and its competitors, to improve the product.",
)

# The order tells the story: set up, collect, look, try parts on files.
app.command("init", rich_help_panel="Start")(init.init)
app.command("sample", rich_help_panel="Start")(sample.sample)
app.command("doctor", rich_help_panel="Start")(doctor.doctor)
app.command("run", rich_help_panel="Collect")(run.run)
app.command("watch", rich_help_panel="Collect")(watch.watch)
app.command("crawl", rich_help_panel="Collect")(crawl.crawl)
app.command("add", rich_help_panel="Collect")(add.add)
app.command("import", rich_help_panel="Collect")(import_posts.import_posts)
app.command("history", rich_help_panel="Collect")(history.history)
app.command("receive", rich_help_panel="Collect")(receive.receive)
app.command("reread", rich_help_panel="Collect")(reread.reread)
app.command("rejudge", rich_help_panel="Collect")(rejudge.rejudge)
app.command("report", rich_help_panel="Look")(report.report)
app.command("search", rich_help_panel="Look")(search.search)
app.command("themes", rich_help_panel="Look")(themes.themes)
app.command("sources", rich_help_panel="Look")(sources.sources)
app.command("serve", rich_help_panel="Look")(serve.serve)
app.command("export", rich_help_panel="Look")(export.export)
app.command("alert", rich_help_panel="Be told")(alert.alert)
app.command("mail", rich_help_panel="Be told")(mail.mail)
app.add_typer(alerts.app, name="alerts", rich_help_panel="Be told")
app.add_typer(rules.app, name="rules", rich_help_panel="Be told")
app.add_typer(views.app, name="views", rich_help_panel="Be told")
app.add_typer(fix.app, name="fix", rich_help_panel="Improve")
app.add_typer(wish.app, name="wish", rich_help_panel="Improve")
app.add_typer(issue.app, name="issue", rich_help_panel="Improve")
app.command("ack", rich_help_panel="Improve")(ack.ack)
app.command("response", rich_help_panel="Improve")(response.response)
app.command("mcp", rich_help_panel="Agents")(mcp.mcp)
app.add_typer(proposals.app, name="proposals", rich_help_panel="Agents")
app.command("correct", rich_help_panel="Keep honest")(correct.correct)
app.command("label", rich_help_panel="Keep honest")(label.label)
app.command("learn", rich_help_panel="Keep honest")(learn.learn)
app.command("erase", rich_help_panel="Keep honest")(erase.erase)
app.add_typer(audit.app, name="audit", rich_help_panel="Keep honest")
app.add_typer(account.app, name="account", rich_help_panel="Team: Elasticsearch and Kibana")
app.add_typer(store.app, name="store", rich_help_panel="Team: Elasticsearch and Kibana")
app.add_typer(kibana.app, name="kibana", rich_help_panel="Team: Elasticsearch and Kibana")
app.add_typer(cluster.app, name="cluster", rich_help_panel="Team: a cluster")
app.command("try", rich_help_panel="Try parts on files")(try_one.try_one)
app.command("read", rich_help_panel="Try parts on files")(read.read)
app.command("judge", rich_help_panel="Try parts on files")(judge.judge)
app.add_typer(track.app, name="track", rich_help_panel="Try parts on files")


def plainly_helped(command: Any) -> Any:
    """Return the click command with the help of it and of all below it as it is written: ``[[reports]]`` is a table of
    the configuration, and Rich would take it for markup and show nothing.
    """
    from rich.markup import escape

    for part in (command, *command.params):
        if getattr(part, "help", None):
            part.help = escape(part.help)
    for below in getattr(command, "commands", {}).values():
        plainly_helped(below)
    return command


def _version(asked: bool) -> None:
    if asked:
        print(f"candor {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Track what people say about a brand and its competitors, to improve the product."""


def main() -> None:
    """Run the command line; turn every expected error into its message and exit status."""
    prepare()
    try:
        status = _status()
    except OSError as error:
        status = failed(error)
    except KeyboardInterrupt:
        status = 130
    sys.exit(finish() or status)


def _status() -> int:
    try:
        plainly_helped(typer.main.get_command(app))()
    except SystemExit as ended:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":
            # Click's word for a pipe whose reader has gone (``| head``): that is no failure of ours.
            return 0
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except CandorError as error:
        for line in lines_of(error):
            Terminal(stderr=True, soft_wrap=True, highlight=False).print(f"candor: {line}", markup=False)
        return 2 if isinstance(error, UsageError) else 1
    except OSError:
        raise
    except Exception as error:
        if os.environ.get("CANDOR_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        print(f"candor: a mistake of Candor itself ({what}); CANDOR_TRACEBACK=1 shows where: tell us", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    main()
