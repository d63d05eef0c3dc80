"""A cluster of one's own on a busy machine, and one that goes while we leave it; Ray itself is played."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import RayError

from analysis.model.errors import CandorError
from crawler.cluster import connection
from crawler.cluster.connection import STARTS, Head, connected


def runs(pid: int) -> bool:
    """Return whether the process is there, and neither ended nor killed by a signal that has yet to reach it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    words = dict(line.split(":", 1) for line in lines)
    waiting = int(words["SigPnd"], 16) | int(words["ShdPnd"], 16)
    return "Z" not in words["State"].split()[0] and not waiting >> (signal.SIGKILL - 1) & 1


class Played:
    """A module of Ray: of its starts the first ``late`` fail and leave a process with a helper behind.

    ``gone`` holds its answers.
    """

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self, *, late: int = 0, error: Exception | None = None) -> None:
        self.late, self.starts = late, 0
        self.error = error or Exception("The current node timed out during startup.\nMore.")
        self.left: list[subprocess.Popen[bytes]] = []
        self.helpers: list[int] = []
        self.gone = threading.Event()
        self.waits = threading.Event()
        self.ended = threading.Event()

    def init(self, address: str, **given: Any) -> None:
        self.starts += 1
        if self.starts <= self.late:
            words = (
                "import subprocess; one = subprocess.Popen(['sleep', '600']); print(one.pid, flush=True); one.wait()"
            )
            self.left.append(subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE))
            assert self.left[-1].stdout is not None
            self.helpers.append(int(self.left[-1].stdout.readline()))
            raise self.error

    def survivors(self) -> int:
        """End what failed starts left behind; return how many processes of these were there still."""
        pids = [each.pid for each in self.left if each.poll() is None] + [pid for pid in self.helpers if runs(pid)]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for each in self.left:
            each.communicate()
        return len(pids)

    def nodes(self) -> list[Any]:
        if self.gone.is_set():
            self.waits.wait()
        return []

    def shutdown(self) -> None:
        if self.gone.is_set():
            self.waits.wait()
        self.ended.set()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Seconds become hundredths, and what would end the interpreter is only noted."""
    noted: list[object] = []
    monkeypatch.setattr(connection, "_REACHED_WITHIN_S", 0.2)
    monkeypatch.setattr(connection, "_GONE_WITHIN_S", 0.1)
    monkeypatch.setattr(connection, "atexit", SimpleNamespace(register=noted.append))
    return noted


def played(monkeypatch: pytest.MonkeyPatch, ray: Played) -> Played:
    monkeypatch.setitem(sys.modules, "ray", ray)
    return ray


def test_a_machine_that_is_too_busy_for_one_start_is_given_more(
    quick: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = played(monkeypatch, Played(late=2))
    said: list[str] = []
    with connected("", namespace="candor-test", said=said.append) as module:
        assert module is ray
    assert ray.starts == 3
    assert [words.partition(" (")[0] for words in said] == ["Ray has not started yet on this machine"] * 2
    assert said[1].endswith(f"try 3 of {STARTS}")
    # What the starts that failed left behind would keep the machine as busy.
    assert ray.survivors() == 0
    assert ray.ended.is_set()
    assert quick == []


def test_where_no_start_comes_through_the_cure_is_told(quick: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    ray = played(monkeypatch, Played(late=STARTS))
    with (
        pytest.raises(CandorError, match=r"did not start in 4 tries \(The current node timed out .* try again later"),
        connected("", namespace="candor-test", said=lambda words: None),
    ):
        pass
    assert ray.starts == STARTS
    assert ray.survivors() == 0


def test_a_cluster_elsewhere_is_asked_once(quick: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    ray = played(monkeypatch, Played(late=1))
    with (
        pytest.raises(CandorError, match=r"^head:6379: no Ray cluster can be used there .* correct --on"),
        connected("head:6379", namespace="candor-test"),
    ):
        pass
    assert ray.starts == 1
    assert ray.survivors() == 2


@pytest.mark.parametrize(
    "error",
    [ConnectionError("nobody there"), RuntimeError("Version mismatch"), ValueError("no port"), RayError("auth")],
)
def test_what_ray_says_of_a_cluster_is_told_with_the_cure(
    quick: list[object], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    ray = played(monkeypatch, Played(late=1, error=error))
    with pytest.raises(CandorError, match=f"{error}.*correct --on"), connected("head:6379", namespace="candor-test"):
        pass
    assert ray.survivors() == 2


@pytest.mark.parametrize("address", ["", "head:6379"])
def test_a_mistake_of_the_programme_is_not_taken_for_a_cluster_that_is_away(
    quick: list[object], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    ray = played(monkeypatch, Played(late=1, error=TypeError("init() got an unexpected keyword argument")))
    with pytest.raises(TypeError, match="unexpected keyword"), connected(address, namespace="candor-test"):
        pass
    assert ray.starts == 1
    assert ray.survivors() == (0 if not address else 2)
    assert ray.ended.is_set()


def test_a_head_that_goes_while_we_leave_is_not_awaited(quick: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    # As after SIGTERM to a whole process group: it answered a moment ago, and never will again.
    ray = played(monkeypatch, Played())
    leaving = threading.Thread(target=_used, args=(ray,), daemon=True)
    leaving.start()
    leaving.join(30)
    assert not leaving.is_alive(), "it waits for a head that is gone"
    assert not ray.ended.is_set()
    assert len(quick) == 1
    ray.waits.set()


def _used(ray: Played) -> None:
    with connected("", namespace="candor-test"):
        assert Head(ray).is_there()
        ray.gone.set()


def test_who_has_left_already_is_not_taken_for_gone(quick: list[object]) -> None:
    def left() -> list[Any]:
        raise RuntimeError("Ray has not been started yet")

    head = Head(SimpleNamespace(nodes=left))
    assert not head.is_there()
    assert not head.hangs()
