"""What Candor installs in Elasticsearch, as files: component templates, index templates, the lifecycle policy.

``analysis.store.elastic.server.setup`` installs them; ``docs/elasticsearch.md`` explains them.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any

COMPONENTS = ("settings", "mention", "record", "lifecycle", "custom")
TEMPLATES = ("mentions", "records")


def component(name: str) -> dict[str, Any]:
    """Return a component template as its file has it."""
    return _read(f"components/{name}.json")


def template(name: str) -> dict[str, Any]:
    """Return an index template as its file has it."""
    return _read(f"templates/{name}.json")


def lifecycle_policy() -> dict[str, Any]:
    """Return the lifecycle policy that the component ``lifecycle`` names."""
    return _read("lifecycle-policy.json")


def fingerprint() -> str:
    """Return 16 hex digits that change when any of the files that every installation gets does."""
    whole = [component(name) for name in COMPONENTS if name != "custom"] + [template(name) for name in TEMPLATES]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]


def _read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath(path).read_text("utf-8"))
    return found
