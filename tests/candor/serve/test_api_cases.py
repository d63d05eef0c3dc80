"""``/api/v1`` against its own description: schemathesis makes requests of it, good and bad, and checks each answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from analysis.alert.remembered import ALERTS
from analysis.ledger import corrections
from analysis.ledger.entries import Stamp
from analysis.store.embedded.store import EmbeddedStore
from candor.serve.api.description import description
from candor.serve.door.rates import Rates
from tests.candor.serve.test_today import firing
from tests.support import seeded
from tests.support.serving import Serving, serving

CASES = 8
"""Of each operation, good and bad: some seconds in all."""
LIMIT_S = 120
"""What hangs fails; what is slow on a busy machine does not."""
UNTOLD = ("q", "since", "until", "days", "after")
"""What no schema tells in full: a grammar, the calendar, fields that exclude each other, a place in a list."""
_MADE = [one.ok() for one in schemathesis.openapi.from_dict(description()).get_all_operations() if isinstance(one, Ok)]
OPERATIONS = {one.label: one for one in _MADE}
ONE = seeded.mentions()[-1]
IDS = {"GET /mentions/{id}": ONE.id, "GET /alerts/{id}": "one"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The page over a store that has something to answer everywhere, for programs that ask as often as they like."""
    folder = tmp_path_factory.mktemp("cases")
    with EmbeddedStore(folder / "store", write=True) as store:
        seeded.fill(store, with_fixes=True)
        ALERTS.put(store.records, firing("one", evidence=(ONE.id,), quotes=()))
        stamp = Stamp(at=seeded.END, who="bob")
        corrections.correct(store.records, ONE, what="severity", to="money", reason="it cost", stamp=stamp)
        store.refresh()
        with serving(store, folder, rates=Rates(lambda: 1000 * time.monotonic())) as served:
            yield served


def repeated(test: Any) -> None:
    """Run a property with the same few cases each time."""
    quiet = settings(
        max_examples=CASES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    seed(7)(quiet(test))()


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_the_description_allows_is_answered_as_it_says(page: Serving, label: str) -> None:
    operation, robot = OPERATIONS[label], page.program("viewer")
    seen: set[int] = set()
    fields = [one.name for one in operation.query]
    # All of sixty filters at once leave nothing over; some leave something.
    some = st.sets(st.sampled_from(fields), max_size=2) if fields else st.just(set())

    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE), kept=some)
    def asked(case: Any, kept: set[str]) -> None:
        case.query = {name: value for name, value in case.query.items() if name in kept}
        if label in IDS and not seen:
            case.path_parameters = {"id": IDS[label]}
        answer = case.call_and_validate(
            base_url=f"{page.url}/api/v1",
            headers=robot.headers,
            excluded_checks=[positive_data_acceptance],
            timeout=LIMIT_S,
        )
        assert answer.status_code != 400 or answer.json()["place"] in UNTOLD, answer.json()
        seen.add(answer.status_code)

    repeated(asked)
    assert 200 in seen


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_the_description_does_not_allow_is_refused_as_it_says(page: Serving, label: str) -> None:
    operation, robot = OPERATIONS[label], page.program("viewer")
    # In an address null is an empty text, and that asks a list for nothing.
    lists = "q" in {one.name for one in operation.query}

    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def asked(case: Any) -> None:
        excluded = [negative_data_rejection] if lists else []
        case.call_and_validate(
            base_url=f"{page.url}/api/v1", headers=robot.headers, excluded_checks=excluded, timeout=LIMIT_S
        )

    repeated(asked)
