"""The Elasticsearch store beside a bare ``parallel_bulk`` of the same documents, and every question that a report asks.

``python -m bench.elastic [--mentions N] [--url URL] [--heap 1g]`` starts Elastic's minimal server (or asks the one
named), prints each figure beside its limit and exits 1 where one is missed. Everything it made is removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from elasticsearch import Elasticsearch
from elasticsearch.helpers import parallel_bulk

from analysis.store.elastic.encoding import encode
from analysis.store.elastic.store import ElasticStore, open_elastic
from analysis.store.embedded.store import EmbeddedStore
from bench.crawl import _processor_s
from bench.store import Line, ask, questions
from tests.support.elastic.server import LINES, prepare
from tests.support.mentions import generate

BATCH = 5_000
ROUNDS = 12
SHARE = 0.8
MEMORY_MIB = 400.0
PREFIX = "candor-test-bench"


@contextmanager
def server(url: str, heap: str) -> Iterator[tuple[str, int]]:
    """Give the address of a server, and its process where it is one of ours, else 0."""
    if url:
        yield url, 0
        return
    node = prepare(list(LINES)[-1], name="bench", heap=heap, thrifty=False, disk=True)
    try:
        node.start(wait_s=600)
        yield node.url, node.pid
    finally:
        node.remove()


def side_by_side(url: str, store: ElasticStore, count: int) -> Iterator[Line]:
    """Write the same documents through the store and by a bare ``parallel_bulk``, in turns: both see one load."""
    client = Elasticsearch(url, request_timeout=120)
    bare = store.names.mentions(99, "bare")
    store.setup.create(bare, hidden=True)
    spent = {"store": 0.0, "bare": 0.0}
    mentions = generate(count, seed=21)
    done = turn = 0
    while some := list(islice(mentions, max(BATCH, count // ROUNDS))):
        # As a plain program has them: made ready outside the time that is taken.
        actions = [
            {"_index": bare, "_id": source.id, "_source": json.loads(source.body)} for source in map(encode, some)
        ]
        turn += 1
        for name in ("store", "bare") if turn % 2 else ("bare", "store"):
            started = time.perf_counter()
            if name == "bare":
                assert all(ok for ok, _ in parallel_bulk(client, actions, thread_count=2))
            else:
                for at in range(0, len(some), BATCH):
                    store.write(some[at : at + BATCH])
            spent[name] += time.perf_counter() - started
        done += len(some)
    client.indices.delete(index=bare)
    client.close()
    yield Line("a bare parallel_bulk (2 threads)", done / spent["bare"], "/s")
    yield Line("Candor, spooled, 5,000 a write", done / spent["store"], "/s")
    yield Line("share of the bare rate", spent["bare"] / spent["store"], "", SHARE, more=True)


def fill(store: ElasticStore, count: int, pid: int) -> Iterator[Line]:
    """Write ``count`` mentions, and tell how much memory that took: the same however many they are.

    Told too is what one mention takes: processor time of the server (process ``pid``) with its start, and bytes.
    """
    spent, own, done, early = 0.0, 0.0, 0, 0.0
    mentions = generate(count)
    while some := list(islice(mentions, BATCH)):
        started, used = time.perf_counter(), time.process_time()
        store.write(some)
        spent += time.perf_counter() - started
        own += time.process_time() - used
        done += len(some)
        early = early or (peak_mib() if done >= count / 4 else 0.0)
        print(f"\r{done:,} mentions ", end="", file=sys.stderr, flush=True)
    store.refresh()
    yield Line(f"indexing {count:,}", count / spent, "/s")
    yield Line("processor time of a mention, client", own / count * 1e6, "us")
    if pid:
        yield Line("processor time of a mention, server", _processor_s(pid) / count * 1e6, "us")
    yield Line("bytes of a mention, one copy", _stored(store) / count, "B")
    yield Line("most memory after the first quarter", early, "MiB")
    yield Line("most memory after all", peak_mib(), "MiB", MEMORY_MIB)


def _stored(store: ElasticStore) -> int:
    """Return the bytes of all indices on the server's disk, without replicas."""
    names = ",".join(store.setup.indices())
    store.setup.connection.ask("POST", f"/{names}/_flush")
    stats = store.setup.connection.ask("GET", f"/{names}/_stats/store")
    return int(stats["_all"]["primaries"]["store"]["size_in_bytes"])


def fill_embedded(folder: Path, count: int) -> None:
    """Write the same mentions to an embedded store."""
    mentions = generate(count)
    with EmbeddedStore(folder, write=True) as embedded:
        while some := list(islice(mentions, BATCH)):
            embedded.write(some)


def same_answers(store: ElasticStore, folder: Path) -> Iterator[Line]:
    """Compare each question's answer with the embedded store's: counts of hits, counts of buckets."""
    with EmbeddedStore(folder) as embedded:
        different = 0
        for name, question in questions().items():
            if name in {"stories and authors per brand", "percentiles of likes"}:
                continue  # approximate in both engines, each in its way; the contract test holds their tolerance
            answers = [repr(_bare(question(one))) for one in (store, embedded)]
            if answers[0] != answers[1]:
                different += 1
                print(f"\r{name}: the stores differ", file=sys.stderr)
        yield Line("questions with another answer than embedded", different, "", 0.0)


def _bare(answer: object) -> object:
    if isinstance(answer, dict):
        return {key: _bare(value) for key, value in sorted(answer.items()) if not key.endswith("_as_string")}
    if isinstance(answer, list):
        return [_bare(one) for one in answer] if answer and isinstance(answer[0], dict) else len(answer)
    return round(answer, 6) if isinstance(answer, float) else answer


def measure(url: str, pid: int, folder: Path, count: int) -> Iterator[Line]:
    """Yield every line of the table."""
    environ = {"CANDOR_SPOOL": str(folder / "spool")}
    with open_elastic(f"{url}?prefix={PREFIX}", write=True, environ=environ) as store:
        try:
            yield from fill(store, count, pid)
            # Else the server answers a repeated question out of its memory.
            yield from ask(store, before=lambda: store.setup.connection.ask("POST", "/_cache/clear?request=true"))
            fill_embedded(folder / "embedded", count)
            yield from same_answers(store, folder / "embedded")
        finally:
            remove(store)
    with open_elastic(f"{url}?prefix={PREFIX}", write=True, environ=environ) as store:
        try:
            yield from side_by_side(url, store, min(count, 120_000))
        finally:
            remove(store)


def peak_mib() -> float:
    """Return the most memory that this process ever had: the store's, as long as no embedded one was opened."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def remove(store: ElasticStore) -> None:
    """Remove the bench's indices."""
    if found := store.setup.indices():
        store.setup.connection.ask("DELETE", "/" + ",".join(found))


def main() -> int:
    """Print the table; return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=1_000_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--heap", default="1g")
    options = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as folder, server(options.url, options.heap) as (url, pid):
        for line in measure(url, pid, Path(folder), options.mentions):
            lines.append(line)
            limit = "" if line.limit is None else f"{'>=' if line.more else '<='} {line.limit:,.1f}"
            print(f"\r{line.name:<44}{line.figure:>12,.2f} {line.unit:<6}{limit:>10}  {'' if line.held else 'MISSED'}")
    return 0 if all(line.held for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
