"""One pass of alerts in a process of its own that is killed in front of its n-th step (a write, or a message sent)."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.alert.channels.configured import Channel, channels_of
from analysis.alert.outbox import Outcome, Outgoing
from analysis.alert.rules import RULES
from analysis.alert.watchlist import Watchlist
from analysis.flow import watch
from analysis.model import Severity
from analysis.settings.tables import AlertOptions, ChannelSection, RuleSection
from analysis.store.embedded.store import EmbeddedStore
from tests.support import seeded

QUICK = AlertOptions(
    rules={rule.id: RuleSection(enabled=False) for rule in RULES if rule.id not in ("severe_complaint",)}
)
WATCHED = Watchlist(brands=seeded.BRANDS, options=QUICK)


def danger(folder: Path, at: datetime) -> None:
    """Make a store in which two complaints tell of danger, one of them copied three times."""
    common: dict[str, Any] = {
        "brand": seeded.BRANDS[0],
        "label": "negative",
        "intents": ("complaint",),
        "severity": Severity(level="safety", weight=1.0),
        "at": at - timedelta(hours=2),
    }
    words = "The lid pops open while pouring and I burned my wrist"
    mentions = [
        seeded.make(
            n, source=seeded.SOURCES[n], author=f"a{n}", text=f"Tessaro: {words}", quote=words, story="one", **common
        )
        for n in range(3)
    ]
    fire = "The base caught fire overnight"
    mentions.append(seeded.make(9, source=seeded.SOURCES[0], author="b", text=f"Tessaro: {fire}", quote=fire, **common))
    with EmbeddedStore(folder, write=True) as store:
        store.write(mentions)


def webhook(port: int, secret_file: Path) -> list[Channel]:
    """Return a signed webhook on loopback."""
    secret_file.write_text("whsec_c2VjcmV0")
    return channels_of([ChannelSection(url=f"http://127.0.0.1:{port}/hook", id="hook", secret_file=str(secret_file))])


class Steps:
    """Counts steps and kills the process in front of the n-th."""

    def __init__(self, kill_at: int) -> None:
        self.left = kill_at

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingRecords:
    """The real records, with a step in front of each write."""

    def __init__(self, records: Any, steps: Steps) -> None:
        self._records, self._steps = records, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def put(self, kind: str, key: str, body: Mapping[str, Any], *, if_version: int | None = None) -> int | None:
        self._steps.step()
        version: int | None = self._records.put(kind, key, body, if_version=if_version)
        return version


class DyingStore:
    """The real store, with those records."""

    def __init__(self, store: EmbeddedStore, steps: Steps) -> None:
        self._store, self.records = store, DyingRecords(store.records, steps)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class DyingSender:
    """The real channel, with a step in front of each message."""

    def __init__(self, sender: Any, steps: Steps) -> None:
        self._sender, self._steps, self.mark = sender, steps, sender.mark

    def send(self, message: Outgoing) -> Outcome:
        self._steps.step()
        outcome: Outcome = self._sender.send(message)
        return outcome


def dying_pass(folder: str, secret_file: str, port: int, now: datetime, kill_at: int) -> None:
    """Make a pass as of ``now``; die in front of step ``kill_at`` (0: never)."""
    steps = Steps(kill_at)
    channels = [
        Channel(
            id=one.id, service=one.service, route=one.route, limits=one.limits, sender=DyingSender(one.sender, steps)
        )
        for one in webhook(port, Path(secret_file))
    ]
    with EmbeddedStore(Path(folder), write=False) as store:
        watch(DyingStore(store, steps), WATCHED, channels, now=now)
