"""The end of an actor with its node: whose raylet is killed must not go on asking hosts that others have by then."""

from __future__ import annotations

import os
import threading
import time

_EVERY_S = 0.5


def end_with_parent() -> None:
    """End this process, without further ado, soon after the one that started it.

    Ray ends an actor whose raylet is gone, but not where that stays as a zombie because nobody waits for it. Seen
    when a node of ``ray.cluster_utils`` was killed: its crawl went on asking.
    """
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY_S)
    os._exit(1)
