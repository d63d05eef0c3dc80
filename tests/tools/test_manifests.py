"""What a schema of Kubernetes does not name is a mistake, and what it leaves open is none."""

from __future__ import annotations

from typing import Any

from tools.manifests import wrong

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "metadata": {"type": "object"},
        "spec": {
            "type": "object",
            "required": ["replicas"],
            "properties": {
                "replicas": {"type": "integer"},
                "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
    },
}


def test_fields_that_are_not_named_and_values_of_another_kind_are_told() -> None:
    good = {"metadata": {"name": "a"}, "spec": {"replicas": 1, "port": "web", "labels": {"any": "x"}}}
    assert list(wrong(good, SCHEMA)) == []
    (lacking, unknown) = sorted(wrong({"spec": {"replica": 1}}, SCHEMA))
    assert "'replicas' is a required property" in lacking
    assert "'replica' was unexpected" in unknown
    (kind,) = wrong({"spec": {"replicas": 1, "labels": {"any": 2}}}, SCHEMA)
    assert kind.startswith("spec.labels.any: 2 is not of type 'string'")
