"""A Ray cluster on loopback for the tests: a head and more nodes, each a set of processes of this machine."""

from __future__ import annotations

import os
import signal
import socket
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from crawler.cluster.connection import LOCAL_WAYS, OWN_WAYS, end_all

_STARTS = 6
OBJECTS_BYTES = 80 * 2**20
_PORTS = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port", "runtime_env_agent_port")


class RayOnLoopback:
    """``cpus`` are the logical CPUs of each node, the head's first. ``environ`` leads a command to it.

    With ``client`` the head lets in who is on no machine of the cluster, at ``outside``.
    """

    def __init__(self, *, cpus: Sequence[int], client: bool = False) -> None:
        self._cpus = cpus
        self._port = _free_ports(1)[0] if client else None
        self._cluster: Any = None

    def __enter__(self) -> Self:
        os.environ.update({**OWN_WAYS, **LOCAL_WAYS})
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self) -> None:
        """Start the head and the other nodes."""
        from ray.cluster_utils import Cluster as Nodes

        self._cluster = Nodes()
        for number in self._cpus:
            self.add(number)

    def add(self, cpus: int) -> None:
        """Start one more node, the head where there is none; again where a busy machine is too slow for Ray."""
        for left in reversed(range(_STARTS)):
            # With ports of their own a node waits for one helper only, not for all; it gives up after 15 s.
            ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
            if self._cluster.head_node is None and self._port:
                ports["ray_client_server_port"] = self._port
            before = set(children(os.getpid()))
            head, nodes = self._cluster.head_node, set(self._cluster.worker_nodes)
            try:
                with warnings.catch_warnings():
                    # Ray leaves the logs of its client's server open, and they are closed when it forgets them.
                    warnings.simplefilter("ignore", ResourceWarning)
                    self._cluster.add_node(
                        num_cpus=cpus, object_store_memory=OBJECTS_BYTES, include_dashboard=False, **ports
                    )
            except Exception:
                if not left:
                    raise
                self._cluster.head_node, self._cluster.worker_nodes = head, nodes
                end_all(set(children(os.getpid())) - before)
            else:
                return

    def end(self) -> None:
        """End every node, also where some of its processes were killed."""
        for node in [*self._cluster.worker_nodes, *([self._cluster.head_node] if self._cluster.head_node else [])]:
            with suppress(Exception):
                node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)
        self._cluster.worker_nodes.clear()
        self._cluster.head_node = None
        with suppress(Exception):
            self._cluster.shutdown()

    def kill_node(self, number: int) -> int:
        """Kill -9 the processes of a node, 0 for the head, and forget it; return how many processes that were."""
        node = self._cluster.head_node if not number else self._nodes()[number - 1]
        pids = list(_pids(node))
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for some in node.all_processes.values():
            for info in some:
                # Else they stay as zombies, which Ray takes for alive.
                info.process.wait()
        if number:
            self._cluster.worker_nodes.remove(node)
        return len(pids)

    @property
    def count(self) -> int:
        """How many nodes there are beside the head."""
        return len(self._cluster.worker_nodes)

    def actors(self, name: str) -> list[int]:
        """Return the processes of all actors of that class, on any node."""
        raylets = {pid for node in [self._cluster.head_node, *self._nodes()] if node for pid in _pids(node)}
        return sorted(pid for raylet in raylets for pid in children(raylet) if _command(pid).startswith(f"ray::{name}"))

    @property
    def outside(self) -> str:
        """The address for whoever is on no machine of the cluster."""
        return f"ray://127.0.0.1:{self._port}"

    def _nodes(self) -> list[Any]:
        return sorted(self._cluster.worker_nodes, key=lambda node: str(node.unique_id))

    @property
    def environ(self) -> Mapping[str, str]:
        """What a command that uses the cluster needs in its environment."""
        return {"RAY_ADDRESS": self._cluster.address}


def children(pid: int) -> list[int]:
    """Return the processes that ``pid`` started and that run."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # What stands behind the name: the state, then the parent.
            if int(place.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(place.parent.name))
    return sorted(found)


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def _pids(node: Any) -> Iterator[int]:
    return (info.process.pid for some in node.all_processes.values() for info in some)


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""
