"""The page beside a crawl: it shows what another process writes, many readers at once, and slow ones hold nobody up."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from pathlib import Path

from analysis.store.embedded.store import EmbeddedStore
from tests.support import seeded
from tests.support.serving import serving


def test_many_readers_see_what_a_writer_brings_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with (
        seeded.seeded_store(folder) as writer,
        EmbeddedStore(folder) as reader,
        serving(reader, tmp_path) as served,
    ):
        ann = served.visitor()
        before = ann.get("/mentions").total
        statuses: list[int] = []
        paths = ("/mentions", "/", "/mentions?q=battery&sort=harm", "/alerts", "/mentions?sort=unsure")
        threads = [
            threading.Thread(target=lambda path=path: statuses.append(ann.get(path).status))
            for path in paths
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        for part in range(5):
            writer.write(
                [
                    seeded.make(
                        10_000 + 10 * part + n,
                        brand=seeded.BRANDS[0],
                        at=seeded.END - timedelta(hours=n),
                        source=seeded.SOURCES[0],
                        author="",
                        text="Tessaro battery again",
                        label="negative",
                    )
                    for n in range(10)
                ]
            )
        for thread in threads:
            thread.join()
        assert statuses == [200] * 50
        deadline = time.monotonic() + 60
        while ann.get("/mentions").total != before + 50:
            assert time.monotonic() < deadline
            time.sleep(0.3)


def test_whoever_sends_half_a_form_holds_nobody_up(tmp_path: Path) -> None:
    with seeded.seeded_store(tmp_path / "store") as store, serving(store, tmp_path) as served:
        ann = served.visitor()
        slow = []
        for _ in range(60):
            client = socket.create_connection(("127.0.0.1", served.port), timeout=60)
            head = f"POST /logout HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nCookie: {ann.cookie}\r\n"
            kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ncsrf="
            client.sendall((head + kind).encode())
            slow.append(client)
        assert ann.get("/mentions").status == 200
        for client in slow:
            client.close()
        assert ann.get("/mentions").status == 200
