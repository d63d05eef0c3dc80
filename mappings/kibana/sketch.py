"""The boards' layout as a drawing: ``python -m mappings.kibana.sketch > docs/kibana-boards.svg``."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

from mappings.kibana import saved_objects

UNIT_X = 7
UNIT_Y = 5
GAP = 28
TITLE = 26
COLUMNS = 3
WIDTH = 48 * UNIT_X
COLOURS = {"visualization": "#FFF6DC", "links": "#E6EEF8", "lens": "#FFFFFF", "search": "#EEF4EA"}


def sketch() -> str:
    """Return an SVG with every board's panels where the file puts them."""
    boards = [item for item in saved_objects() if item["type"] == "dashboard"]
    titles = {item["id"]: item["attributes"]["title"] for item in saved_objects() if item["type"] == "search"}
    parts: list[str] = []
    top = GAP
    for first in range(0, len(boards), COLUMNS):
        row = boards[first : first + COLUMNS]
        for at, board in enumerate(row):
            parts += _board(board, GAP + at * (WIDTH + GAP), top, titles)
        top += max(_height(board) for board in row) + TITLE + GAP
    width = GAP + COLUMNS * (WIDTH + GAP)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" width="{width}" height="{top}" '
        'font-family="sans-serif" role="img" aria-label="Layout of the Kibana boards">'
    )
    return "\n".join([head, f'<rect width="{width}" height="{top}" fill="#F5F7FA"/>', *parts, "</svg>"]) + "\n"


def _board(board: dict[str, Any], left: int, top: int, titles: dict[str, str]) -> list[str]:
    name = escape(board["attributes"]["title"])
    parts = [f'<text x="{left}" y="{top + 14}" font-size="15" font-weight="bold">{name}</text>']
    for item in json.loads(board["attributes"]["panelsJSON"]):
        parts += _panel(item, left, top + TITLE, titles)
    return parts


def _panel(item: dict[str, Any], left: int, top: int, titles: dict[str, str]) -> list[str]:
    place = item["gridData"]
    x, y = left + place["x"] * UNIT_X, top + place["y"] * UNIT_Y
    w, h = place["w"] * UNIT_X - 3, place["h"] * UNIT_Y - 3
    title, kind = _words(item, titles)
    fits = w // 6
    title = title if len(title) <= fits else title[: fits - 1] + "…"
    parts = [f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="3" fill="{COLOURS[item["type"]]}" stroke="#98A2B3"/>']
    parts.append(f'<text x="{x + 5}" y="{y + 11}" font-size="10">{escape(title)}</text>')
    if h > 30 and kind:
        parts.append(f'<text x="{x + 5}" y="{y + 23}" font-size="9" fill="#667085">{escape(kind)}</text>')
    return parts


def _words(item: dict[str, Any], titles: dict[str, str]) -> tuple[str, str]:
    shown = item["embeddableConfig"]
    if item["type"] == "lens":
        return shown["attributes"]["title"], shown["attributes"]["visualizationType"].removeprefix("lns").lower()
    if item["type"] == "search":
        return titles[shown["savedObjectId"]].removeprefix("Candor: ").capitalize(), "list"
    return ("How to read this board", "words") if item["type"] == "visualization" else ("Links to the other boards", "")


def _height(board: dict[str, Any]) -> int:
    places = [item["gridData"] for item in json.loads(board["attributes"]["panelsJSON"])]
    return max(int(place["y"] + place["h"]) for place in places) * UNIT_Y


if __name__ == "__main__":
    print(sketch(), end="")
