"""What all tests share: who runs them where there are several processes, and that a skipped test can fail the run."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

SERVED = ("tests/elastic/", "tests/analysis/store/test_contract.py", "tests/candor/serve/")
"""Where tests need Elasticsearch: those of one server line run in one process, so that each server starts once."""
LINE_OF = {
    "tests/elastic/test_faults.py": "9",
    "tests/elastic/test_ray.py": "8.19",
    "tests/elastic/test_security.py": "9",
    "tests/elastic/test_store_commands.py": "8.19",
}
"""Files that use one line throughout; elsewhere a test's parameter tells its line."""


def group_of(name: str) -> str:
    """Return the group that the test of that id belongs to: its server line, or its file."""
    file, _, test = name.partition("::")
    if not file.startswith(SERVED):
        return file
    if file in LINE_OF:
        return f"elasticsearch {LINE_OF[file]}"
    parameters = test.partition("[")[2].removesuffix("]").split("-")
    lines = [found[1] for part in parameters if (found := re.fullmatch(r"(?:elastic )?(8\.19|9|given)", part))]
    return f"elasticsearch {lines[0]}" if lines else file


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each group of tests to one process, the largest group first.

    ``xdist_group`` marks would do, but since pytest 9.2 they go unheard: xdist writes them where nobody looks.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups | None:
    """Keep the tests of a group in one process."""
    return Groups(config, log) if config.getoption("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out tests that ask the internet, unless they are wanted."""
    if not os.environ.get("CANDOR_LIVE"):
        items[:] = [item for item in items if not item.get_closest_marker("live")]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn skips into a failure where every test must run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CANDOR_NO_SKIP") and skipped and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what did not run, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    reasons = sorted({str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)})
    terminalreporter.write_sep("!", f"{len(skipped)} tests did NOT run", yellow=True)
    for reason in reasons:
        terminalreporter.write_line(f"  {reason}")
