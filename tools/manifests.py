"""The manifests of a cluster against the schemas of Kubernetes and KubeRay: ``python -m tools.manifests --crd FILE``.

The schemas of Kubernetes come with the package ``kubernetes-validate``, which is installed for this alone. The CRD is
``config/crd/bases/ray.io_rayclusters.yaml`` of KubeRay's Go module ``github.com/ray-project/kuberay/ray-operator``
(``go mod download``). Fields that a schema does not know are mistakes. Exit status 1 where any is found.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

MANIFESTS = Path(__file__).resolve().parents[1] / "deploy" / "ray"


def main() -> int:
    """Check every manifest; print each mistake, and what was checked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--crd", type=Path, required=True, help="KubeRay's ray.io_rayclusters.yaml")
    parser.add_argument("--kubernetes", default="1.37", help="the version of Kubernetes")
    given = parser.parse_args()
    versions = {
        version["name"]: version["schema"]["openAPIV3Schema"]
        for version in yaml.safe_load(given.crd.read_text())["spec"]["versions"]
    }
    mistakes = []
    for path in sorted(MANIFESTS.glob("*.yaml")):
        for manifest in filter(None, yaml.safe_load_all(path.read_text())):
            name = f"{path.name}: {manifest['kind']} {manifest['metadata']['name']}"
            group, _, version = manifest["apiVersion"].rpartition("/")
            found = (
                list(wrong(manifest, versions[version])) if group == "ray.io" else _built_in(manifest, given.kubernetes)
            )
            mistakes += [f"{name}: {words}" for words in found]
            print(f"{name}: {len(found)} mistakes")
    print("\n".join(mistakes))
    return int(bool(mistakes))


def wrong(manifest: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with ``manifest`` by a schema of a CRD, fields that it does not know among it."""
    for error in Draft202012Validator(closed(schema)).iter_errors(manifest):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"


def closed(schema: Any) -> Any:
    """Return a schema of Kubernetes that refuses fields which it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        made = {key: value for key, value in made.items() if key != "type"}
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    # What Kubernetes itself reads (metadata) is an object without properties here.
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not is_open:
        made["additionalProperties"] = False
    return made


def _built_in(manifest: dict[str, Any], version: str) -> list[str]:
    checker = import_module("kubernetes_validate")
    try:
        checker.validate(manifest, version, strict=True)
    except checker.ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message[:300]}"]
    return []


if __name__ == "__main__":
    raise SystemExit(main())
