"""A Ray cluster on loopback for the tests: a head and more nodes, each a set of processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

OBJECTS_BYTES = 80 * 2**20


class RayOnLoopback:
    """``cpus`` are the logical CPUs of each node, the head's first. ``environ`` leads a command to it."""

    def __init__(self, *, cpus: Sequence[int]) -> None:
        self._cpus = cpus
        self._cluster: Any = None

    def __enter__(self) -> Self:
        os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"})
        from ray.cluster_utils import Cluster as Nodes

        self._cluster = Nodes()
        for number in self._cpus:
            self._cluster.add_node(num_cpus=number, object_store_memory=OBJECTS_BYTES, include_dashboard=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.shutdown()

    @property
    def environ(self) -> Mapping[str, str]:
        """What a command that uses the cluster needs in its environment."""
        return {"RAY_ADDRESS": self._cluster.address}
