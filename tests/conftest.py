"""What all tests share: where ``CANDOR_NO_SKIP`` is set, a test that did not run fails the run."""

from __future__ import annotations

import os

import pytest

ELASTICSEARCH = ("tests/elastic/", "tests/analysis/test_store_contract.py")
"""Where tests need the servers: in one process, so that each server starts once."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep a file's tests in one process. Marked here, because the distributor reads the marks right afterwards."""
    file = item.nodeid.partition("::")[0]
    group = "elasticsearch" if file.startswith(ELASTICSEARCH) else file
    item.add_marker(pytest.mark.xdist_group(group))


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
