"""What exists is documented: every command, every key of the configuration, every field."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from analysis.model.reference import fields_page
from analysis.settings import sources
from analysis.settings import tables as sections
from candor.cli import app
from crawler.configuration import OPTIONS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURATION = "".join(
    (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("configuration.md", "alerts.md")
)
INSIDE = {"brands", "sources", "topics", "crawl", "report", "privacy", "enrich", "channels"}
"""Tables, which have no row of their own."""


def command_names() -> list[str]:
    names = [str(item.name) for item in app.registered_commands]
    for group in app.registered_groups:
        assert group.typer_instance is not None
        names += [f"{group.name} {item.name}" for item in group.typer_instance.registered_commands]
    return names


def setting_names() -> list[str]:
    values = [*vars(sections).values(), *vars(sources).values(), *OPTIONS.values()]
    models = [value for value in values if isinstance(value, type) and issubclass(value, BaseModel)]
    return sorted({info.alias or name for model in models for name, info in model.model_fields.items()} - INSIDE)


@pytest.mark.parametrize("name", command_names())
def test_every_command_is_in_the_readme(name: str) -> None:
    assert f"candor {name}" in README


def test_every_command_of_the_readme_is_there() -> None:
    assert stale_commands(README) == set()
    assert stale_commands(README + "| `candor store mend`, `candor run FILE` | what was once |\n") == {"store mend"}


def stale_commands(page: str) -> set[str]:
    """The commands that the table names, without what they are given, and that are not there."""
    rows = re.findall(r"^\| (`candor [^|]*) \|", page, re.MULTILINE)
    told = {words for cell in rows for words in re.findall(r"`candor ([a-z -]+[a-z])", cell)}
    return told - {*command_names(), *(str(group.name) for group in app.registered_groups)}


def test_every_row_of_the_configuration_is_a_setting() -> None:
    assert stale_settings(CONFIGURATION) == set()
    row = "| `per_host` |"
    assert stale_settings(CONFIGURATION.replace(row, "| `per_site` |")) == {"per_site"}


def stale_settings(pages: str) -> set[str]:
    """The keys that a table with the columns key, default and meaning explains, and that no table takes."""
    tables = re.findall(r"^\| key \| default \| meaning \|\n((?:\|.*\n)+)", pages, re.MULTILINE)
    cells = [cell for table in tables for cell in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)]
    return {key for cell in cells for key in re.findall(r"`(\w+)`", cell)} - {*setting_names(), *INSIDE, "kind"}


@pytest.mark.parametrize("name", setting_names())
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in CONFIGURATION or f"{name} = " in CONFIGURATION


def test_the_page_of_fields_is_written_from_the_model() -> None:
    assert (ROOT / "docs" / "fields.md").read_text(encoding="utf-8") == fields_page(), "run `make docs`"


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
