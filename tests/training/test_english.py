"""What the English network begins as: only the file that is pinned, its embeddings little changed by 8 bits."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from analysis.enrich.models.encoder.network import WIDTH, unpacked
from training import english


def test_another_file_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.jar", "w") as archive:
        archive.writestr(english.MEMBER, b"no graph")
        archive.writestr(english.VOCABULARY, json.dumps({"model": {"vocab": {"[PAD]": 0}}}))
    with pytest.raises(ValueError, match="is not the file that is pinned"):
        english.read(tmp_path / "a.jar")


def test_embeddings_are_packed_to_within_a_step_of_their_scale() -> None:
    rows = np.random.default_rng(0).normal(size=(5, WIDTH)).astype(np.float32)
    rows[4] = 0
    steps = np.abs(rows).max(axis=1, keepdims=True) / 127
    assert (np.abs(unpacked(english.packed(rows)) - rows) <= steps).all()
