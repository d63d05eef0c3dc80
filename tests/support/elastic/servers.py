"""The servers that tests ask: the user's own where ``CANDOR_TEST_ELASTICSEARCH`` names one, else the minimal servers.

Each line's server starts when it is first asked for and runs until the tests end. The newest has security on, and is
asked as its administrator.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from analysis.model.records.base import Records
from analysis.store.elastic.server.address import read_address, secrets_from
from analysis.store.elastic.server.client import Connection, Patience, RefusedError
from analysis.store.elastic.store import ElasticStore, open_elastic
from analysis.store.open import open_store
from tests.support.elastic.server import LINES, PASSWORD, MissingError, Server, prepare

GIVEN = os.environ.get("CANDOR_TEST_ELASTICSEARCH", "")
TESTED = ("given",) if GIVEN else tuple(LINES)
SECURE = tuple(LINES)[-1]
ADMIN = {"CANDOR_ELASTIC_USER": "elastic", "CANDOR_ELASTIC_PASSWORD": PASSWORD}
QUICK = Patience(attempts=3, base_s=0.05, cap_s=0.2)


@cache
def running(line: str) -> Server:
    """Return the minimal server of a line, started; the test is skipped, loudly, where the machine lacks something."""
    try:
        server = prepare(line, name="tests", secure=line == SECURE)
    except MissingError as error:
        pytest.skip(f"no Elasticsearch {line}: {error}; or set CANDOR_TEST_ELASTICSEARCH to a server's address")
    atexit.register(server.remove)
    server.start(wait_s=600)
    return server


def server_url(line: str) -> str:
    """Return the address of the server of a line."""
    return GIVEN.rstrip("/") if line == "given" else running(line).url


@contextmanager
def empty_store(line: str, folder: Path, *, name: str = "one", write: bool = True) -> Iterator[ElasticStore]:
    """Give a store of that name without mentions and records; its templates stay for the next test."""
    address = store_address(line, name)
    wipe(address)
    with open_elastic(address, write=write, patience=QUICK, environ=environment(folder)) as store:
        yield store


@contextmanager
def records_of(line: str, folder: Path, *, name: str) -> Iterator[Records]:
    """Give the records of an empty store: the embedded one for ``embedded``, else that of the server of a line."""
    if line == "embedded":
        with open_store(str(folder / "store"), write=True) as store:
            yield store.records
    else:
        with empty_store(line, folder, name=name) as store:
            yield store.records


def store_address(line: str, name: str) -> str:
    """Return the address of a test's store; nobody's own indices begin like that."""
    return f"{server_url(line)}?prefix=candor-test-{name}"


def environment(folder: Path, **more: str) -> Mapping[str, str]:
    """Return the environment with a spool of the test's own, and who we are to the servers started here."""
    own = {"CANDOR_SPOOL": str(folder / "spool"), "CANDOR_SPOOL_PATIENCE_S": "1"}
    return {**os.environ, **({} if GIVEN else ADMIN), **own, **more}


def connected(address: str) -> Connection:
    """Return a plain connection, to look at what the store did."""
    return Connection(read_address(address), secrets_from(os.environ if GIVEN else ADMIN), patience=QUICK)


def wipe(address: str, *, templates: bool = False) -> None:
    """Remove the indices of a test's store."""
    connection, prefix = connected(address), read_address(address).prefix
    assert prefix.startswith("candor-test-")
    found = connection.ask("GET", f"/{prefix}*/_alias", params={"expand_wildcards": "all"})
    if found:
        connection.ask("DELETE", "/" + ",".join(found))
    if templates:
        for path in ("_index_template", "_component_template"):
            with suppress(RefusedError):
                connection.ask("DELETE", f"/{path}/{prefix}candor-*")
    connection.close()
