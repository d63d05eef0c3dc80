"""Authors, outlets and stories, over both engines: each number opens what it counts, each order is kept."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from candor.serve.pages.who import FEWEST, ORDERS
from tests.candor.serve.test_browse import MENTIONS
from tests.candor.serve.test_today import links
from tests.support.serving import Serving


def rows(text: str, title: str) -> list[tuple[str, list[str]]]:
    """Return the rows of a table: who, and the numbers."""
    part = text.split(f"<h2>{title}</h2>")[1].split("</section>")[0]
    found = re.findall(r"<tr><td>(?:<code>|<bdi>)([^<]+).*?</td>(.*?)</tr>", part, re.DOTALL)
    return [
        (name, [re.sub(r"<[^>]+>", "", one) for one in re.findall(r'<td class="n"[^>]*>(.*?)</td>', rest)])
        for name, rest in found
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_every_number_opens_exactly_what_it_counts(both: Serving, order: str) -> None:
    ann = both.visitor()
    page = ann.get(f"/who?since=120d&order={order}&brand.id=tessaro")
    assert page.status == 200
    numbers = links(page)
    assert len(numbers) > 20
    for address, count in numbers:
        assert ann.get(address).total == count, address
    for title in ("Outlets", "Authors"):
        column = {"mentions": 0, "reach": 3, "talk": 5}.get(order)
        if column is not None:
            shown = [int(cells[column].replace(",", "")) for _, cells in rows(page.text, title)]
            assert shown == sorted(shown, reverse=True)
        else:
            assert all(int(cells[0].replace(",", "")) >= FEWEST for _, cells in rows(page.text, title))


def test_outlets_are_counted_as_they_are(both: Serving) -> None:
    page = both.visitor().get("/who?since=2025-01-01")
    wanted = Counter(one.domain for one in MENTIONS.values())
    assert {name: int(cells[0].replace(",", "")) for name, cells in rows(page.text, "Outlets")} == dict(wanted)
    stories = Counter(one.story for one in MENTIONS.values())
    spread = [count for story, count in stories.items() if count > 1]
    part = page.text.split("<h2>Stories that spread</h2>")[1]
    assert sorted(int(one) for one in re.findall(r'data-count="(\d+)"', part)) == sorted(spread)[-20:]


def test_what_is_asked_for_wrongly_is_refused(both: Serving) -> None:
    ann = both.visitor()
    assert ann.get("/who?order=fame").status == 400
    assert ann.get("/who?nofield=1").status == 400
    assert "None in this period" in ann.get("/who?q=zzzzzz").text
