"""What ``candor watch --metrics`` tells Prometheus: counts since it started, and how things stand at the last beat.

All posts that are read are judged, so ``rate(candor_posts_total[5m])`` is the rate of judging too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from analysis.model import Source
from analysis.model.errors import UsageError
from analysis.model.records.run import Run
from analysis.store.elastic.server.address import read_address
from analysis.store.elastic.spool import server_folder, spool_root
from candor.schedule import plan
from candor.schedule.telling import Told

_KIND = ["kind"]
HERE = "127.0.0.1"
LAST_PORT = 65535


class Metrics:
    """The metrics of one watch, in a registry of its own; ``kind`` is the kind of source."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        self._crawls = Counter("candor_crawls", "Crawls of a source that ended", [*_KIND, "state"], registry=own)
        self._fetches = Counter("candor_fetches", "Requests that were sent", _KIND, registry=own)
        self._pages = Counter("candor_pages", "Pages that were read", _KIND, registry=own)
        self._unchanged = Counter("candor_unchanged", "Answers that were as they had been", _KIND, registry=own)
        self._posts = Counter("candor_posts", "Posts that were read and judged", _KIND, registry=own)
        self._mentions = Counter("candor_mentions", "Mentions that were stored", [*_KIND, "what"], registry=own)
        self._alerts = Counter("candor_alerts", "Alerts that opened or ended", registry=own)
        self._messages = Counter("candor_messages_sent", "Messages that channels took", registry=own)
        self._sources = Gauge("candor_sources", "Sources that are watched", _KIND, registry=own)
        self._running = Gauge("candor_sources_running", "Sources that are crawled now", _KIND, registry=own)
        self._lag = Gauge("candor_lag_seconds", "How long the most overdue source waits", _KIND, registry=own)
        self._spool = Gauge("candor_spool_bytes", "What waits on this disk for Elasticsearch", registry=own)
        self._healthy = Gauge("candor_healthy", "1 where /healthz would answer 200", registry=own)

    def crawled(self, source: Source, run: Run | None) -> None:
        """Count a crawl that ended; without a ``run`` it could not be done."""
        kind = source.kind
        self._crawls.labels(kind, run.state if run else "not done").inc()
        if run is None:
            return
        self._fetches.labels(kind).inc(run.requests)
        self._pages.labels(kind).inc(run.pages)
        self._unchanged.labels(kind).inc(run.unchanged)
        self._posts.labels(kind).inc(run.posts)
        self._mentions.labels(kind, "new").inc(run.mentions_new)
        self._mentions.labels(kind, "updated").inc(run.mentions_updated)

    def told(self, told: Told) -> None:
        """Count what a pass of alerts did."""
        self._alerts.inc(told.changed)
        self._messages.inc(told.sent)

    def beat(
        self, current: plan.Plan, sources: Mapping[str, Source], *, store: str, healthy: bool, now: datetime
    ) -> None:
        """Set how things stand ``now``."""
        kinds = sorted({source.kind for source in sources.values()})
        for kind in kinds:
            slots = [slot for slot in current.slots.values() if sources[slot.source].kind == kind]
            late = [(now - plan.fires_at(current, slot)).total_seconds() for slot in slots if not slot.running_since]
            self._sources.labels(kind).set(len(slots))
            self._running.labels(kind).set(sum(slot.running_since is not None for slot in slots))
            self._lag.labels(kind).set(max(0.0, *late) if late else 0.0)
        self._spool.set(spool_bytes(store, os.environ))
        self._healthy.set(healthy)

    def serve(self, at: str) -> Any:
        """Answer ``/metrics`` at a port of 127.0.0.1, or at ``HOST:PORT``; return the server, to shut it down.

        Raises ``UsageError`` where it cannot be had.
        """
        host, port = listening_place(at)
        try:
            server, _ = start_http_server(port, addr=host, registry=self.registry)
        except OSError as error:
            why = error.strerror or error
            raise UsageError(f"--metrics {at}: cannot listen there ({why}); give a free port, or HOST:PORT") from None
        return server


def listening_place(at: str) -> tuple[str, int]:
    """Return the host and the port of ``9464``, ``0.0.0.0:9464`` or ``[::1]:9464``. Raises ``UsageError``."""
    host, _, port = at.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port[:6]) <= LAST_PORT):
        raise UsageError(f"--metrics {at}: {port!r} is no port; write a number up to {LAST_PORT}, or HOST:PORT")
    return host.strip("[]") or HERE, int(port)


def spool_bytes(store: str, environ: Mapping[str, str]) -> int:
    """Return how many bytes wait on this machine for the server at ``store``, whichever process holds them."""
    if not store.startswith(("http://", "https://")):
        return 0
    folder = server_folder(spool_root(environ), read_address(store).shown)
    total = 0
    for path in folder.glob("*/*.jsonl"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            # The server has it by now.
            continue
    return total
