"""Brand ids that are stored and tracked no more."""

from __future__ import annotations

from pathlib import Path

from analysis.measure.untracked import untracked
from analysis.model import Brand
from analysis.store.embedded.store import EmbeddedStore
from tests.support.mentions import make_mention


def brand(name: str, id_: str) -> Brand:
    return Brand(id=id_, name=name, role="own", query=name)


def test_ids_that_no_brand_has_are_told_with_the_brand_that_they_may_have_become(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path / "store", write=True) as store:
        ids = ["tessaro"] * 4 + ["kettlo"] * 2 + ["steamly"]
        store.write([make_mention(n, brand=name) for n, name in enumerate(ids)])
        store.refresh()
        tracked = [brand("Tessaro GmbH", "tessaro-gmbh"), brand("Kettlo", "kettlo")]
        first, second = untracked(store, tracked)
        assert (first.brand, first.count, first.heir) == ("tessaro", 4, "Tessaro GmbH")
        assert (second.brand, second.count, second.heir) == ("steamly", 1, "")
        assert first.words.startswith("4 mentions of brand id tessaro are stored and no longer tracked")
        assert "give the brand that it is now the line id" in second.words
        assert untracked(store, [*tracked, brand("T", "tessaro"), brand("S", "steamly")]) == ()
