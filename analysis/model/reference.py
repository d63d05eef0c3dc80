"""The reference page of a mention's fields, written from the model. ``make docs`` writes it."""

from __future__ import annotations

from analysis.model import FieldInfo, mention_fields

_HEAD = """\
# The fields of a mention

A mention is a post seen from one brand that it names: one document per (post, brand). Exports, the search index and the
Elasticsearch mapping all have these fields. Times are RFC 3339 in UTC. This page is written from `analysis/model/` by
`make docs`.

| field | kind | several | meaning | unit | values |
| --- | --- | --- | --- | --- | --- |
"""


def fields_page() -> str:
    """Return the page as Markdown."""
    return _HEAD + "".join(map(_row, mention_fields()))


def _row(item: FieldInfo) -> str:
    several = "yes" if item.many else ""
    return f"| `{item.path}` | {item.kind} | {several} | {item.meaning} | {item.unit} | {item.values} |\n"


if __name__ == "__main__":
    print(fields_page(), end="")
