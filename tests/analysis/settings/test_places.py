"""What may be written for a store and for the state folder, what it means, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.model.errors import ConfigError
from analysis.settings.places import in_the_way, store_address
from crawler.configuration import from_text


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", "/state/store"),
        ("mentions", "/home/mentions"),
        ("/srv/candor", "/srv/candor"),
        ("file:///srv/can%20dor", "/srv/can dor"),
        ("https://elastic.example:9200", "https://elastic.example:9200"),
        ("HTTP://elastic.example", "HTTP://elastic.example"),
        ("a:b", "/home/a:b"),
    ],
)
def test_a_store_is_a_folder_or_a_web_address(given: str, meant: str) -> None:
    assert store_address(given, folder=Path("/home"), state=Path("/state")) == meant


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("ftp://x", "there is no store of the kind ftp; a store is a folder"),
        ("postgresql://me:secret7@db.example/candor", "no store of the kind postgresql"),
        ("elastic.example:9200", "write http://elastic.example:9200 for a server"),
        ("https:elastic.example", "must begin with http:// or https:// and name a host"),
        ("http://elastic.example:99999", "its port must be a number from 1 to 65535"),
        ("http://[", "its host cannot be read"),
        ("file://elsewhere/srv", "names no folder of this machine"),
        ("a\\u0000b", "a sign that no path has"),
    ],
)
def test_what_can_be_no_store_is_refused_with_its_line_and_what_there_is(tmp_path: Path, given: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        from_text(f'\nstore = "{given}"\n', path=tmp_path / "candor.toml", environ={})
    assert str(caught.value).startswith(f"{tmp_path}/candor.toml:2: store: ")
    assert said in str(caught.value)
    assert "secret7" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_store_named_by_the_environment_is_refused_by_that_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^CANDOR_STORE: 'ftp://x': there is no store of the kind ftp"):
        from_text("", path=tmp_path / "candor.toml", environ={"CANDOR_STORE": "ftp://x"})


def test_a_file_in_the_place_of_the_state_folder_is_told_by_what_chose_it(tmp_path: Path) -> None:
    path, file = tmp_path / "candor.toml", tmp_path / "taken"
    file.touch()
    with pytest.raises(ConfigError, match=r"candor.toml:1: state: .*/taken is a file; the state is kept in a folder"):
        from_text('state = "taken/below"', path=path, environ={})
    with pytest.raises(ConfigError, match=r"^CANDOR_STATE: /dev/null is a file"):
        from_text("", path=path, environ={"CANDOR_STATE": "/dev/null"})
    with pytest.raises(ConfigError, match=r"state: 's3://bucket' is no folder of this machine"):
        from_text('state = "s3://bucket"', path=path, environ={})
    assert in_the_way(tmp_path / "new" / "folder") is None
