"""The least that each kind of user needs on the server, as roles, and keys that carry just that."""

from __future__ import annotations

from analysis.store.base import Document
from analysis.store.elastic.server.client import Connection
from analysis.store.elastic.server.names import Names

ROLES = ("writer", "reader")


def role(names: Names, which: str) -> Document:
    """Return the role: ``writer`` crawls, imports and erases but removes no index; ``reader`` looks, and no more."""
    indices = [f"{names.alias}", f"{names.prefix}mentions-v*", f"{names.records_prefix}*"]
    reading = ["read", "view_index_metadata"]
    if which == "reader":
        return {"cluster": [], "indices": [{"names": indices, "privileges": reading}]}
    # create_index alone may not put the new index of a year behind the alias.
    writing = [*reading, "write", "create_index", "maintenance", "indices:admin/aliases"]
    return {"cluster": ["monitor"], "indices": [{"names": indices, "privileges": writing}]}


def role_name(names: Names, which: str) -> str:
    """Return what a role is called on the server."""
    return names.template(which)


def make_roles(connection: Connection, names: Names) -> list[str]:
    """Make or renew the roles and return their names. Needs the privilege manage_security."""
    for which in ROLES:
        connection.ask("PUT", f"/_security/role/{role_name(names, which)}", role(names, which))
    return [role_name(names, which) for which in ROLES]


def make_key(connection: Connection, names: Names, which: str) -> str:
    """Make an API key with a role's privileges and return it: it is told this once and kept nowhere."""
    name = role_name(names, which)
    answer = connection.ask(
        "POST",
        "/_security/api_key",
        {"name": name, "role_descriptors": {name: role(names, which)}, "metadata": {"managed_by": "candor"}},
        retry=False,
    )
    return str(answer["encoded"])
