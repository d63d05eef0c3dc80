"""How a cluster does: its nodes, and what each crawl actor has in hand. Asked of Ray and of the actors themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crawler.cluster.connection import NAMESPACE, connected, namespace_of

PATIENCE_S = 10.0
"""So long an actor may take to answer: one that is just being started says nothing yet."""


def rows(address: str, *, store: str) -> Iterator[dict[str, Any]]:
    """Yield a row for each node of the cluster at ``address``, then one for each of its crawl actors.

    ``what`` is ``node`` or ``actor``. ``ours`` tells whether an actor writes to ``store``; the ``state`` of one that
    does not answer within ten seconds is ``starting``, or ``lost`` where Ray says so.
    """
    with connected(address, namespace=namespace_of(store)) as ray:
        yield from map(_node, ray.nodes())
        named = [(one["namespace"], one["name"]) for one in ray.util.list_named_actors(all_namespaces=True)]
        for namespace, name in sorted(named):
            if namespace.startswith(NAMESPACE):
                yield _actor(ray, namespace, name) | {"ours": namespace == namespace_of(store)}


def _node(node: dict[str, Any]) -> dict[str, Any]:
    resources = node.get("Resources", {})
    return {
        "what": "node",
        "node": node["NodeID"],
        "address": node["NodeManagerAddress"],
        "alive": node["Alive"],
        "cpus": resources.get("CPU", 0.0),
        "memory_bytes": int(resources.get("memory", 0)),
    }


def _actor(ray: Any, namespace: str, name: str) -> dict[str, Any]:
    row: dict[str, Any] = {"what": "actor", "actor": name, "state": "crawling"}
    try:
        asked = ray.get_actor(name, namespace=namespace).status.remote()
        words: dict[str, Any] = ray.get(asked, timeout=PATIENCE_S)
    except ray.exceptions.GetTimeoutError:
        return row | {"state": "starting"}
    except (ray.exceptions.RayActorError, ValueError):
        return row | {"state": "lost"}
    return row | words | {"state": "crawling" if words["in_hand"] else "idle"}
