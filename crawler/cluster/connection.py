"""The way to a Ray cluster: one that runs already, or one that is started on this machine for as long as it is used."""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from analysis.model.errors import CandorError, UsageError

ADDRESS_VARIABLE = "RAY_ADDRESS"
NAMESPACE = "candor-"
STARTS = 4
"""So often a cluster on this machine is started. Ray's own process gives up, with a crash, where one of its helpers has
not opened its port within 15 seconds, and no setting changes that; the next try finds its files in memory."""
_REACHED_WITHIN_S = 10.0
_LEFT_WITHIN_S, _GONE_WITHIN_S = 60.0, 5.0
_OBJECTS_BYTES = 80 * 2**20
"""Of a cluster started here: what the actors hand over is small."""
# Ray tells its makers how it is used unless it is told not to, warns of accelerators, which nobody here uses, lets
# everything else on the machine go before its workers (nice 15), while a crawl has time-outs to keep, and starts a
# cluster where it is asked something after it was left.
OWN_WAYS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",
}
# Of a cluster that is started here: no worker is started that nobody asked for, nobody reads what Ray measures of it,
# and who is slow to start on a busy machine is waited for; Ray would begin another in its place, again and again.
LOCAL_WAYS = {
    "RAY_enable_metrics_collection": "0",
    "REPORTER_UPDATE_INTERVAL_MS": "60000",
    "RAY_enable_worker_prestart": "0",
    "RAY_prestart_worker_first_driver": "0",
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "300",
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


class Head:
    """The head of the cluster that ``ray`` is connected to, seen from here.

    Ray itself waits a minute for a head that is gone, and then ends the process that asks; one that hangs while it
    ends, with its port still open, it awaits without end.
    """

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._answered = threading.Event()
        self._asking: threading.Thread | None = None

    def is_there(self) -> bool:
        """Return whether it answers within ten seconds."""
        return self._asked() and self._answered.is_set()

    def hangs(self) -> bool:
        """Return whether whoever asks it learns nothing within ten seconds, not even that we have left it."""
        return not self._asked()

    def _asked(self) -> bool:
        if self._asking is None or not self._asking.is_alive():
            self._answered.clear()
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()
        self._asking.join(_REACHED_WITHIN_S)
        return not self._asking.is_alive()

    def _ask(self) -> None:
        with suppress(Exception):
            self._ray.nodes()
            self._answered.set()


def namespace_of(store: str) -> str:
    """Return the namespace of the actors that write to ``store``: two crawls of one store would share its hosts."""
    return NAMESPACE + hashlib.sha256(store.encode()).hexdigest()[:12]


@contextmanager
def connected(address: str, *, namespace: str, said: Callable[[str], None] | None = None) -> Iterator[Any]:
    """Be connected to the cluster at ``address`` (empty: one started here), and give the module of Ray.

    ``said`` is told where a start takes long. Raises ``UsageError`` where Ray is not installed, ``CandorError`` where
    the cluster cannot be reached or started.
    """
    for name, value in (OWN_WAYS if address else OWN_WAYS | LOCAL_WAYS).items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError:
        raise UsageError("--on: Ray is not installed; pip install 'candor[cluster]'") from None
    if address:
        _reach(ray, address, namespace)
    else:
        _start(ray, namespace, said or (lambda words: print(words, file=sys.stderr, flush=True)))
    head = Head(ray)
    try:
        # Ray's own notes (a worker died) go to standard output, which is for data.
        with redirect_stdout(sys.stderr):
            yield ray
    finally:
        _leave(ray, head)


def _reach(ray: Any, address: str, namespace: str) -> None:
    try:
        ray.init(address, namespace=namespace, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        _leave(ray, None)
        if not _is_of_ray(ray, error):
            raise
        raise CandorError(
            f"{address}: no Ray cluster can be used there ({_words(error)}); start one with `ray start --head`, or "
            "correct --on or RAY_ADDRESS"
        ) from None


def _start(ray: Any, namespace: str, said: Callable[[str], None]) -> None:
    """Start a cluster here, again where a busy machine is too slow for Ray; what a failed start left is ended."""
    for number in range(1, STARTS + 1):
        before = set(_children())
        try:
            ray.init(
                "local",
                namespace=namespace,
                log_to_driver=False,
                logging_level=logging.ERROR,
                include_dashboard=False,
                object_store_memory=_OBJECTS_BYTES,
            )
        except Exception as error:
            _leave(ray, None)
            end_all(set(_children()) - before)
            if not _is_of_ray(ray, error):
                raise
            busy = f"the load is {os.getloadavg()[0]:.0f} on {os.cpu_count()} CPUs"
            if number == STARTS:
                raise CandorError(
                    f"this machine: Ray did not start in {STARTS} tries ({_words(error)}; {busy}); where other work "
                    "keeps it busy, try again later or leave out --on; `ray start --head` says whether Ray can start "
                    "at all, and RAY_ADDRESS names a cluster that runs"
                ) from None
            said(f"Ray has not started yet on this machine ({busy}); try {number + 1} of {STARTS}")
        else:
            return


def _is_of_ray(ray: Any, error: Exception) -> bool:
    """Return whether ``error`` is what ``ray.init`` raises where a cluster does not start or cannot be reached.

    Of its own or of the network (no answer, other versions, a wrong address); a node that takes more than 30 s to start
    and a head that is only half there are bare ``Exception``s, the only kind that its documentation names.
    """
    return type(error) is Exception or isinstance(error, (OSError, RuntimeError, ValueError, ray.exceptions.RayError))


def _children(pid: int | str = "self") -> Iterator[int]:
    """Yield the processes that ``pid`` started and that are there still; none where the system does not tell."""
    for place in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            yield from map(int, place.read_text().split())


def _descent(pid: int) -> Iterator[int]:
    yield pid
    for child in _children(pid):
        yield from _descent(child)


def end_all(pids: Iterable[int]) -> None:
    """End processes that we started and all that they started.

    Ray sees to it that a node's helpers end with it, but they first finish their own start, which keeps a busy machine
    as busy as it was.
    """
    for pid in [one for started in pids for one in _descent(started)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _words(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return words[0][:300] if words else type(error).__name__


def _leave(ray: Any, head: Head | None) -> None:
    """Let go of the cluster. Where it is gone, Ray waits for it, also when the interpreter ends: that is cut short.

    It may go while we leave: SIGTERM to a whole process group ends a cluster of our own as well. So its ``head`` is
    looked at again and again; None where we never reached it.
    """
    leaving = threading.Thread(target=ray.shutdown, daemon=True)
    leaving.start()
    leaving.join(_GONE_WITHIN_S)
    end = time.monotonic() + _LEFT_WITHIN_S
    while leaving.is_alive() and head is not None and time.monotonic() < end and not head.hangs():
        leaving.join(_GONE_WITHIN_S)
    if leaving.is_alive():
        atexit.register(_end)


def _end() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
