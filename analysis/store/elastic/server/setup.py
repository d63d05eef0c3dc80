"""Templates and indices on the server: install them, compare them with the files, and say in words what differs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mappings
from analysis.model.errors import Cure, StoreError, with_cure
from analysis.store.base import Document
from analysis.store.elastic.encoding import NUMBERS, OTHER_YEARS
from analysis.store.elastic.server.client import Connection, RefusedError
from analysis.store.elastic.server.names import FIRST_GENERATION, Names

OURS = "candor"
_NO_SUCH_API = {400, 404, 405, 410}


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between the server and the files. ``fits`` says that writing is possible all the same."""

    fact: str
    fits: bool
    cure: Cure = "set up"

    @property
    def words(self) -> str:
        """The difference and what helps."""
        return with_cure(self.fact, self.cure)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that an installation did, or left, with what helps there."""

    fact: str
    cure: Cure | None = None

    @property
    def words(self) -> str:
        """What was done or left, and what helps."""
        return with_cure(self.fact, self.cure)


@dataclass(frozen=True, slots=True)
class Setup:
    """Installs and compares on one server."""

    connection: Connection
    names: Names

    def exists(self) -> bool:
        """Whether there is a store of ours. Raises ``StoreError`` where something else has its name."""
        live = self._indices()
        self._refuse_others(live)
        return bool(live)

    def install(self) -> list[Step]:
        """Install or renew the templates, the first index and new fields; return what was done."""
        live = self._indices()
        self._refuse_others(live)
        done = self._templates()
        if not live:
            self.create(self.names.mentions(self._newest(live), OTHER_YEARS))
            done.append(Step(f"made the alias {self.names.alias}"))
        for index, mapping in live.items():
            done += self._add_fields(index, mapping)
        return done

    def check(self) -> list[Drift]:
        """Return every difference from the files; empty where all is as it should be."""
        live = self._indices()
        self._refuse_others(live)
        if not live:
            return [Drift(f"there is no store here: no alias {self.names.alias}", fits=False)]
        return [
            *self._stale_templates(),
            *(drift for index in live for drift in self.differences(index, live[index])),
        ]

    def differences(self, index: str, mapping: Document) -> Iterator[Drift]:
        """Yield where a live mapping differs from the file; a missing field can be added, a wrong type cannot."""
        wanted = leaves(mappings.component("mention")["template"]["mappings"]["properties"])
        live = leaves(mapping.get("properties", {}))
        for path, spec in wanted.items():
            if path not in live and path.startswith(f"{NUMBERS}."):
                # Added now, it would be empty in what is there already, and that would count as nobody.
                yield Drift(f"{index}: field {path} is missing", fits=False, cure="upgrade")
                continue
            if path not in live:
                yield Drift(f"{index}: field {path} is missing", fits=True)
                continue
            kind, should = live[path].get("type", "object"), spec["type"]
            if kind != should:
                yield Drift(f"{index}: field {path} is {kind}, should be {should}", fits=False, cure="upgrade")
            elif live[path].get("analyzer", "") != spec.get("analyzer", ""):
                now, later = (field.get("analyzer", "default") for field in (live[path], spec))
                words = f"{index}: field {path} is analysed by {now}, should be {later}"
                yield Drift(words, fits=False, cure="upgrade")

    def create(self, index: str, *, hidden: bool = False) -> None:
        """Make an index of mentions, behind the alias unless ``hidden``. Harmless where it exists.

        The fields are given whole, so that an older template on the server cannot leave one out.
        """
        body = {"mappings": mappings.component("mention")["template"]["mappings"]}
        if not hidden:
            body["aliases"] = {self.names.alias: {}}
        self._make(index, body)

    def create_records(self, index: str) -> None:
        """Make an index of records. Harmless where it exists."""
        self._make(index, {})

    def _make(self, index: str, body: Document) -> None:
        try:
            self.connection.ask("PUT", f"/{index}", body)
        except RefusedError as error:
            if error.kind != "resource_already_exists_exception":
                raise

    def generation(self) -> int:
        """Return the newest generation behind the alias."""
        return self._newest(self._indices())

    def numbered(self) -> frozenset[str]:
        """Return the fields of which every index behind the alias holds numbers too."""
        live = [leaves(mapping.get("properties", {})) for mapping in self._indices().values()]
        names = [{path.partition(".")[2] for path in paths if path.startswith(f"{NUMBERS}.")} for paths in live]
        return frozenset(set.intersection(*names)) if names else frozenset()

    def indices(self) -> list[str]:
        """Return the indices behind the alias, in order."""
        return sorted(self._indices())

    def _newest(self, live: Mapping[str, Document]) -> int:
        return max([self.names.generation(index) for index in live], default=FIRST_GENERATION)

    def _indices(self) -> dict[str, Document]:
        """Return the mapping of every index behind the alias (or of the index that has the alias's name)."""
        try:
            answer = self.connection.ask("GET", f"/{self.names.alias}/_mapping")
        except RefusedError as error:
            if error.status != 404:
                raise
            return {}
        return {index: found["mappings"] for index, found in answer.items()}

    def _refuse_others(self, live: Mapping[str, Document]) -> None:
        for index, mapping in live.items():
            if self.names.generation(index) and mapping.get("_meta", {}).get("managed_by") == OURS:
                continue
            raise StoreError(
                f"{self.connection.address.shown}: the index {index!r} answers to the name {self.names.alias!r} and "
                "was not made by Candor; give the address a prefix of its own, as in ?prefix=reputation"
            )

    def _templates(self) -> list[Step]:
        if not self._stale_templates():
            return []
        done = []
        for name in mappings.COMPONENTS:
            body = mappings.component(name)
            if name == "custom" and self._get(f"/_component_template/{self.names.template(name)}") is not None:
                continue
            if name == "lifecycle" and not self._lifecycle():
                done.append(Step("left out the lifecycle policy: this server has no lifecycle management"))
                continue
            self.connection.ask("PUT", f"/_component_template/{self.names.template(name)}", _marked(body))
        for name in mappings.TEMPLATES:
            body = self.index_template(name)
            self.connection.ask("PUT", f"/_index_template/{self.names.template(name)}", body)
            done.append(Step(f"installed the index template {self.names.template(name)}"))
        return done

    def index_template(self, name: str) -> Document:
        """Return an index template as it is installed: with this store's prefix and the files' fingerprint."""
        body = _marked(mappings.template(name))
        body["index_patterns"] = [self.names.prefix + pattern for pattern in body["index_patterns"]]
        for key in ("composed_of", "ignore_missing_component_templates"):
            if key in body:
                body[key] = [self.names.prefix + part for part in body[key]]
        return body

    def _stale_templates(self) -> list[Drift]:
        drift = []
        for name in mappings.TEMPLATES:
            full = self.names.template(name)
            try:
                live = self._get(f"/_index_template/{full}")
            except RefusedError as error:
                if error.status != 403:
                    raise
                # Who may not look at templates need not care: every index is made with its fields.
                continue
            if live is None:
                drift.append(Drift(f"the index template {full} is missing", fits=False))
                continue
            mark = live["index_templates"][0]["index_template"].get("_meta", {}).get("hash", "none")
            if mark != mappings.fingerprint():
                drift.append(Drift(f"the index template {full} is of another version ({mark})", fits=True))
        return drift

    def _lifecycle(self) -> bool:
        try:
            name = mappings.component("lifecycle")["template"]["settings"]["index"]["lifecycle"]["name"]
            self.connection.ask("PUT", f"/_ilm/policy/{name}", mappings.lifecycle_policy())
        except RefusedError as error:
            if error.status not in _NO_SUCH_API:
                raise
            return False
        return True

    def _add_fields(self, index: str, mapping: Document) -> list[Step]:
        live = leaves(mapping.get("properties", {}))
        wanted = mappings.component("mention")["template"]["mappings"]["properties"]
        missing = [path for path in leaves(wanted) if path not in live]
        if not missing:
            return []
        if any(not drift.fits for drift in self.differences(index, mapping)):
            return [Step(f"left {index} as it is", cure="upgrade")]
        self.connection.ask("PUT", f"/{index}/_mapping", {"properties": wanted})
        return [Step(f"added {', '.join(missing)} to {index}")]

    def _get(self, path: str) -> Any:
        try:
            return self.connection.ask("GET", path)
        except RefusedError as error:
            if error.status != 404:
                raise
            return None


def leaves(properties: Document, prefix: str = "") -> dict[str, Document]:
    """Return the fields of a mapping by dotted path, objects opened."""
    fields: dict[str, Document] = {}
    for name, spec in properties.items():
        if "properties" in spec:
            fields |= leaves(spec["properties"], f"{prefix}{name}.")
        else:
            fields[prefix + name] = spec
    return fields


def wait_for_server(connection: Connection, *, seconds: float) -> None:
    """Return once the cluster answers and is not red. Raises ``StoreError`` when that takes too long."""
    until = time.monotonic() + seconds
    while True:
        try:
            if connection.ask("GET", "/_cluster/health")["status"] != "red":
                return
        except StoreError as error:
            if isinstance(error, RefusedError) or time.monotonic() >= until:
                raise
        if time.monotonic() >= until:
            raise StoreError(f"{connection.address.shown}: the cluster is red; see its own log for the cause")
        time.sleep(1)


def _marked(body: Document) -> Document:
    return body | {"_meta": body["_meta"] | {"hash": mappings.fingerprint()}}
