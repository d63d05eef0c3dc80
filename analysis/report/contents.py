"""The sections that are shown, in the order of ``analysis.measure.contents``, each from its file of the same name."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from analysis.measure.contents import SECTIONS
from analysis.report.shown import Shown


def modules() -> dict[str, ModuleType]:
    """Return each section's file, by name: what it says in words."""
    return {section.name: import_module(f"analysis.report.sections.{section.name}") for section in SECTIONS}


def shown() -> dict[str, Shown]:
    """Return how each section is shown, by name."""
    return {name: module.SECTION for name, module in modules().items()}
