"""Kills at random moments of crawls on a Ray cluster, and what was lost: ``python -m bench.kills [--kills 20]``.

A head and three nodes on loopback, a real Elasticsearch, and a web of 60 hosts that counts what it is asked. Every host
has a feed, which tells more posts in each round; some feeds lead to one host more. In each round
``candor crawl --on ray`` reads them, and at moments drawn from a seed an actor, a node, the head or Elasticsearch is
killed (SIGKILL). A node or a server comes back after some seconds, as whoever supervises them would see to. Where the
command ends with an error, or the head is gone, it is given again, as a timer would. After each round ``candor alert``
makes a pass. At the end it is told what was lost, doubled, asked too soon or by two. Exit status 1 where anything was.

The kills are done in parts, each with a cluster, a server and a store of its own. With ``--notes FILE`` what each part
showed is kept, and a later call with the same numbers does what is left.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import random
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from tests.support.crawl.counting_server import CountingServer
from tests.support.elastic.server import prepare
from tests.support.kill_trial import LONGEST_S, THIRD, TOO_SOON_S, Found, Site, Trial, configured
from tests.support.ray_cluster import RayOnLoopback

SHARES = {"actor": 8, "node": 5, "elasticsearch": 4, "head": 3}
_NODES = 3


class Chat:
    """A chat that counts what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        chat = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                chat.told.append(json.dumps(json.loads(body), sort_keys=True))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


def main() -> int:
    """Run the parts that are left and print what all showed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=SHARES, default=list(SHARES), help="what may be killed")
    parser.add_argument("--hosts", type=int, default=60)
    parser.add_argument("--each", type=int, default=2, help="kills in a round")
    parser.add_argument("--part", type=int, default=4, help="kills in a part")
    parser.add_argument("--notes", type=Path, help="keep what each part showed here, and go on where it ends")
    parser.add_argument("--logs", type=Path, help="keep what the commands said here")
    given = parser.parse_args()
    kinds = [kind for kind in drawn(given.seed) if kind in given.kinds][: given.kills]
    print(f"seed {given.seed}: {', '.join(kinds)}", flush=True)
    known = _known(given.notes, given)
    for first in range(0, len(kinds), given.part):
        if first in known:
            continue
        print(f"kills {first + 1} to {min(first + given.part, len(kinds))} of {len(kinds)}", flush=True)
        known[first] = _part(kinds[first : first + given.part], first, given)
        _noted(given.notes, given, first, known[first])
    found = summed(known.values())
    show(found)
    return int(any(found.wrong.values()))


def drawn(seed: int) -> list[str]:
    """Return what is killed, in order."""
    kinds = [kind for kind, share in SHARES.items() for _ in range(share)]
    random.Random(seed).shuffle(kinds)
    return kinds


def summed(some: Iterable[Found]) -> Found:
    """Return what several parts showed together."""
    whole = Found()
    for found in some:
        for each in fields(Found):
            before, more = getattr(whole, each.name), getattr(found, each.name)
            setattr(whole, each.name, before | more if each.name == "at_once" else before + more)
    return whole


def _part(kinds: Sequence[str], first: int, given: argparse.Namespace) -> Found:
    hosts = [f"127.0.1.{n}" for n in range(1, given.hosts + 1)]
    server, site, chat = prepare("8.19", name="kills"), Site(), Chat()
    try:
        server.start(wait_s=300)
        with (
            tempfile.TemporaryDirectory() as place,
            CountingServer(site, hosts=[*hosts, THIRD]) as web,
            RayOnLoopback(cpus=(0, *[1] * _NODES)) as cluster,
        ):
            folder = Path(place)
            site.third = web.url("", host=THIRD)
            configured(folder, web, chat.url)
            trial = Trial(
                cluster,
                web,
                site,
                folder,
                store=f"{server.url}?prefix=candor-test-kills",
                actors=_NODES,
                environ={**os.environ, "CANDOR_SPOOL": str(folder / "spool")},
                server=server,
            )
            try:
                rng = random.Random(f"{given.seed} {first}")
                found = trial.run(kinds, rng, each=given.each, say=lambda words: print(words, flush=True))
            finally:
                if given.logs is not None:
                    given.logs.mkdir(parents=True, exist_ok=True)
                    (given.logs / f"{given.seed}-{first}").write_bytes((folder / "said").read_bytes())
        found.alerts = len(chat.told)
        found.alerts_doubled = len(chat.told) - len(set(chat.told))
        return found
    finally:
        server.remove()
        chat.close()


def _known(notes: Path | None, given: argparse.Namespace) -> dict[int, Found]:
    """Return what earlier calls of the same numbers noted, by the place of a part's first kill."""
    known = {}
    for line in notes.read_text().splitlines() if notes is not None and notes.exists() else ():
        row = json.loads(line)
        if row["numbers"] == _numbers(given):
            words = row["found"]
            words["robots"] = Counter({int(times): hosts for times, hosts in words["robots"].items()})
            known[row["first"]] = Found(**words)
    return known


def _noted(notes: Path | None, given: argparse.Namespace, first: int, found: Found) -> None:
    if notes is not None:
        words = {each.name: getattr(found, each.name) for each in fields(found)}  # asdict would count a Counter's pairs
        row: dict[str, Any] = {"numbers": _numbers(given), "first": first, "found": words}
        with notes.open("a") as stream:
            stream.write(json.dumps(row) + "\n")


def _numbers(given: argparse.Namespace) -> list[Any]:
    return [given.seed, given.kills, given.hosts, given.each, given.part, sorted(given.kinds)]


def show(found: Found) -> None:
    """Print what a trial showed."""
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(found.kills).items()))
    print(f"{len(found.kills)} kills ({kinds}) in {found.calls} calls of candor crawl, {found.requests} requests")
    words = {
        "lost": "lost",
        "doubled": "stored twice, or never published",
        "unread": "feeds not read in a round",
        "at_once": "hosts with two requests at once",
        "too_soon": f"requests less than {TOO_SOON_S:.2f} s after the last of their host",
        "alerts_doubled": "alerts told twice",
        "passes_failed": "passes of alerts that failed",
        "hung": f"calls that stood for {LONGEST_S:.0f} s",
    }
    rows = [("posts that had to be stored", found.posts), ("alerts told", found.alerts)]
    for name, value in [*rows, *((words[name], value) for name, value in found.wrong.items())]:
        print(f"  {name:60} {value:8,}")
    times = ", ".join(f"{n} times by {c} hosts" for n, c in sorted(found.robots.items()))
    print(f"  robots.txt read so often: {times}")


if __name__ == "__main__":
    raise SystemExit(main())
