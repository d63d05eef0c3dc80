"""The way to a Ray cluster: one that runs already, or one that is started on this machine for as long as it is used."""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any
from urllib.parse import urlsplit

from analysis.model.errors import CandorError, UsageError

ADDRESS_VARIABLE = "RAY_ADDRESS"
NAMESPACE = "candor-"
_REACHED_WITHIN_S = 10.0
_LEFT_WITHIN_S, _GONE_WITHIN_S = 60.0, 5.0
_OBJECTS_BYTES = 80 * 2**20
"""Of a cluster started here: what the actors hand over is small."""
# Ray tells its makers how it is used unless it is told not to, warns of accelerators, which nobody here uses, and lets
# everything else on the machine go before its workers (nice 15), while a crawl has time-outs to keep.
_OWN_WAYS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
}


def address_of(on: str) -> str:
    """Return the address of the cluster that ``--on`` means; empty for one that is to be started on this machine.

    ``on`` is ``ray`` (the one that ``RAY_ADDRESS`` names, if it does) or an address: ``ray://head:10001``,
    ``head:6379``. Raises ``UsageError`` for anything else.
    """
    if on == "ray":
        return os.environ.get(ADDRESS_VARIABLE, "")
    parts = urlsplit(on if "://" in on else f"//{on}")
    if parts.scheme not in ("", "ray") or ":" not in parts.netloc:
        raise UsageError(f"--on: {on!r} is no cluster; write ray, or its address: ray://head:10001")
    return on


def reach(ray: Any) -> Callable[[], bool]:
    """Return what tells whether the head of the cluster that ``ray`` is connected to answers, within ten seconds.

    Ray itself waits a minute for a head that is gone, and then ends the process that asks; one that hangs while it
    ends, with its port still open, it awaits without end.
    """
    answered = threading.Event()
    asking: threading.Thread | None = None

    def ask() -> None:
        with suppress(Exception):
            ray.nodes()
            answered.set()

    def is_there() -> bool:
        nonlocal asking
        if asking is None or not asking.is_alive():
            answered.clear()
            asking = threading.Thread(target=ask, daemon=True)
            asking.start()
        asking.join(_REACHED_WITHIN_S)
        return answered.is_set()

    return is_there


def namespace_of(store: str) -> str:
    """Return the namespace of the actors that write to ``store``: two crawls of one store would share its hosts."""
    return NAMESPACE + hashlib.sha256(store.encode()).hexdigest()[:12]


@contextmanager
def connected(address: str, *, namespace: str) -> Iterator[Any]:
    """Be connected to the cluster at ``address`` (empty: one started here), and give the module of Ray.

    Raises ``UsageError`` where Ray is not installed, ``CandorError`` where the cluster cannot be reached.
    """
    for name, value in _OWN_WAYS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise UsageError("--on: Ray is not installed; pip install 'candor[cluster]'") from None
    own: dict[str, Any] = {} if address else {"include_dashboard": False, "object_store_memory": _OBJECTS_BYTES}
    try:
        ray.init(address or "local", namespace=namespace, log_to_driver=False, logging_level=logging.ERROR, **own)
    except Exception as error:  # noqa: BLE001 - Ray raises bare ones too: where a node takes more than 30 s to start
        _leave(ray)
        where = address or "this machine"
        words = str(error).strip().splitlines()
        raise CandorError(
            f"{where}: no Ray cluster can be used there ({words[0][:300] if words else type(error).__name__}); "
            "start one with `ray start --head`, or correct --on or RAY_ADDRESS"
        ) from None
    is_there = reach(ray)
    try:
        # Ray's own notes (a worker died) go to standard output, which is for data.
        with redirect_stdout(sys.stderr):
            yield ray
    finally:
        _leave(ray, _LEFT_WITHIN_S if is_there() else _GONE_WITHIN_S)


def _leave(ray: Any, seconds: float = _GONE_WITHIN_S) -> None:
    """Let go of the cluster. Where it is gone, Ray waits for it, also when the interpreter ends: that is cut short."""
    leaving = threading.Thread(target=ray.shutdown, daemon=True)
    leaving.start()
    leaving.join(seconds)
    if leaving.is_alive():
        atexit.register(_end)


def _end() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
