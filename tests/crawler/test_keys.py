"""Keys of APIs come from the environment or from files that it names, all of them or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.model.errors import ReadError
from crawler.keys import keys_of
from crawler.kinds.base import ApiOptions
from crawler.kinds.feed import KIND as FEED


class TwoKeys(ApiOptions):
    def secrets(self) -> tuple[str, ...]:
        return ("KETTLO_ID", "KETTLO_SECRET")


def test_a_key_is_a_variable_or_the_file_that_one_names(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    environ = {"KETTLO_ID": " me ", "KETTLO_SECRET_FILE": str(tmp_path / "secret")}
    assert keys_of(TwoKeys(), environ) == {"KETTLO_ID": "me", "KETTLO_SECRET": "s3cret"}
    assert keys_of(TwoKeys(), {}) == {}
    assert keys_of(FEED.options(url="https://news.example/feed"), environ) == {}


def test_what_is_missing_is_told_and_the_key_is_not(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="KETTLO_SECRET is set, and KETTLO_ID is not; set all of them or none"):
        keys_of(TwoKeys(), {"KETTLO_SECRET": "s3cret"})
    with pytest.raises(ReadError, match=r"KETTLO_ID_FILE: .*none cannot be read"):
        keys_of(TwoKeys(), {"KETTLO_ID_FILE": str(tmp_path / "none")})
    (tmp_path / "empty").touch()
    with pytest.raises(ReadError, match="empty is empty; it is to hold the key"):
        keys_of(TwoKeys(), {"KETTLO_ID_FILE": str(tmp_path / "empty")})
