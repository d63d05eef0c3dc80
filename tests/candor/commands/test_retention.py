"""Retention does its work after a real crawl, by hand and on schedule: logged, counted in the report, once a day."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.ledger import audit
from analysis.ledger.erasing.erasure import RETAINER
from analysis.model import mention_id
from analysis.store.base import Filter
from analysis.store.open import open_store
from tests.candor.commands.test_commands import candor, rows
from tests.support.crawl.watched_site import Site
from tests.support.mentions import make_mention

pytestmark = pytest.mark.slow

CONFIG = """
store = "store"
[[brands]]
name = "Kettle"
role = "own"
[[sources]]
id = "news"
kind = "feed"
url = "{}"
[crawl]
contact = "mailto:test@kettle.example"
allow_networks = ["127.0.0.0/8"]
delay = 0.001
workers = 1
retries = 0
[privacy]
keep = "2d"
"""


@pytest.mark.parametrize("words", [["crawl"], ["watch", "--once"]], ids=["by hand", "on schedule"])
def test_what_is_too_old_goes_after_a_crawl(tmp_path: Path, words: list[str]) -> None:
    now = datetime.now(UTC)
    old = [make_mention(n, brand="kettle", first_seen_at=now - timedelta(days=n)) for n in range(1, 6)]
    with open_store(str(tmp_path / "store"), write=True) as store:
        store.write(old)
    with Site() as site:
        site.add()
        (tmp_path / "candor.toml").write_text(CONFIG.format(site.url()))
        for _ in words:  # a second one finds that it was done today
            command = [sys.executable, "-m", "candor", *words]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr
    with open_store(str(tmp_path / "store")) as store:
        kept = {mention.id for mention in store.scan(Filter())}
        log = list(audit.entries(store.records))
    gone = {mention_id(one.url, "kettle") for one in old[1:]}
    assert not kept & gone
    assert old[0].id in kept
    assert len(kept) == 2
    assert [(one.action, one.who) for one in log] == [("erase: begun", RETAINER), ("erase: done", RETAINER)]
    assert log[1].details["count"] == 4
    (report,) = rows(candor(tmp_path, "report", "--json", "--since", "200d"))
    assert (report["hands"]["expiries"], report["hands"]["expired_mentions"]) == (1, 4)
    assert report["hands"]["erasures"] == 0
