"""Who may do what, whom we trust, and what is told to those who may not: on a server with security on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from analysis.model.errors import StoreError
from analysis.store.base import Filter, Written
from analysis.store.elastic.server.address import read_address, secrets_from
from analysis.store.elastic.server.client import Connection, Patience
from analysis.store.elastic.server.names import Names
from analysis.store.elastic.server.roles import make_key, make_roles
from analysis.store.elastic.server.setup import Setup
from analysis.store.elastic.store import ElasticStore, open_elastic
from tests.support.elastic import proxy
from tests.support.elastic.server import PASSWORD, Server
from tests.support.elastic.servers import ADMIN, GIVEN, SECURE, running
from tests.support.mentions import make_mention

QUICK = Patience(attempts=2, base_s=0.05, cap_s=0.1)
pytestmark = pytest.mark.skipif(bool(GIVEN), reason="roles and keys are tried on a server that was started here only")


@pytest.fixture(scope="module")
def secure() -> Server:
    """The server with security on; what is made here has no prefix, which no other test uses."""
    return running(SECURE)


@pytest.fixture(scope="module")
def keys(secure: Server) -> dict[str, str]:
    """Set the store up as the one who may, and return a key for each role."""
    connection = Connection(read_address(secure.url), secrets_from(ADMIN), patience=QUICK)
    assert Setup(connection, Names()).install()
    assert make_roles(connection, Names()) == ["candor-writer", "candor-reader"]
    made = {which: make_key(connection, Names(), which) for which in ("writer", "reader")}
    connection.close()
    return made


def opened(url: str, folder: Path, secrets: Mapping[str, str], *, write: bool = True) -> ElasticStore:
    return open_elastic(url, write=write, patience=QUICK, environ={"CANDOR_SPOOL": str(folder / "spool"), **secrets})


def test_writer_writes_opens_a_year_erases_and_removes_no_index(
    secure: Server, keys: dict[str, str], tmp_path: Path
) -> None:
    with opened(secure.url, tmp_path, {"CANDOR_ELASTIC_API_KEY": keys["writer"]}) as store:
        mentions = [make_mention(n, published_at=dt.datetime(2024 + n, 3, 1, tzinfo=dt.UTC)) for n in range(3)]
        assert store.write(mentions) == Written(created=3)
        assert store.get([mentions[1].id]) == {mentions[1].id: mentions[1]}
        # Of no kind that a report reads: it may see for a moment what was just deleted.
        assert store.records.put("trial", "a", {"n": 1}, if_version=0) == 1
        assert [record.key for record in store.records.all("trial")] == ["a"]
        assert store.records.kinds() == ["trial"]
        assert store.records.delete("trial", "a")
        assert store.erase([mentions[0].id]) == 1
        store.refresh()
        assert [mention.id for mention in store.scan(Filter())] == sorted(m.id for m in mentions[1:])
        assert store.setup.check() == [] or all("template" in drift.words for drift in store.setup.check())
        with pytest.raises(StoreError, match=r"not allowed: indices:admin/delete on mentions-v1-2025.*delete_index"):
            store.setup.connection.ask("DELETE", "/mentions-v1-2025")


def test_reader_reads_and_is_told_what_a_write_would_need(secure: Server, keys: dict[str, str], tmp_path: Path) -> None:
    secrets = {"CANDOR_ELASTIC_API_KEY": keys["reader"]}
    with opened(secure.url, tmp_path, {"CANDOR_ELASTIC_API_KEY": keys["writer"]}) as store:
        store.write([make_mention(7)])
        store.refresh()
    with opened(secure.url, tmp_path, secrets, write=False) as store:
        store.refresh()
        assert store.count(Filter()) > 0
        assert make_mention(7).id in store.get([make_mention(7).id])
        assert len(list(store.scan(Filter()))) == store.count(Filter())
        with pytest.raises(StoreError, match=r"not allowed: indices:data/write.* it needs the index privilege"):
            store.records.put("fix", "b", {})
    with opened(secure.url, tmp_path, secrets) as store, pytest.raises(StoreError, match="needs the index privilege"):
        store.write([make_mention(8)])
    # What was not allowed is not lost either: one who may write brings it in.
    with opened(secure.url, tmp_path, {"CANDOR_ELASTIC_API_KEY": keys["writer"]}) as store:
        assert make_mention(8).id in store.get([make_mention(8).id])


@pytest.mark.parametrize("words", ["report", "fix list", "search Tessaro", "sources", "response", "alerts"])
def test_a_reader_looks_at_everything(secure: Server, keys: dict[str, str], tmp_path: Path, words: str) -> None:
    with opened(secure.url, tmp_path, {"CANDOR_ELASTIC_API_KEY": keys["writer"]}) as store:
        store.write([make_mention(9)])
        store.refresh()
    (tmp_path / "candor.toml").write_text(
        '[[brands]]\nname = "Tessaro"\nrole = "own"\n[crawl]\ncontact = "mailto:a@kettle.example"\n'
    )
    given = {"CANDOR_SPOOL": str(tmp_path / "spool"), "CANDOR_ELASTIC_API_KEY": keys["reader"]}
    done = subprocess.run(
        [sys.executable, "-m", "candor", *words.split(), "--store", secure.url],
        cwd=tmp_path,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "secrets",
    [{}, {"CANDOR_ELASTIC_API_KEY": "bm9ib2R5OnNlY3JldC13b3Jk"}, {**ADMIN, "CANDOR_ELASTIC_PASSWORD": "secret-word"}],
    ids=["nobody", "wrong key", "wrong password"],
)
def test_a_wrong_key_is_refused_in_words_without_the_secret(
    secure: Server, tmp_path: Path, secrets: dict[str, str]
) -> None:
    with pytest.raises(StoreError, match="does not accept who we say we are; check CANDOR_ELASTIC_API_KEY") as caught:
        opened(secure.url, tmp_path, secrets)
    assert "secret-word" not in str(caught.value)
    assert "bm9ib2R5" not in str(caught.value)


def test_secrets_come_from_files_too_and_never_from_the_address(secure: Server, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    told = secrets_from({"CANDOR_ELASTIC_USER": "elastic", "CANDOR_ELASTIC_PASSWORD_FILE": str(path)})
    assert told.password == PASSWORD
    assert PASSWORD not in repr(told)
    with pytest.raises(StoreError, match="cannot be read"):
        secrets_from({"CANDOR_ELASTIC_API_KEY_FILE": str(tmp_path / "none")})
    with pytest.raises(StoreError, match="no user or password in the address") as caught:
        read_address("https://elastic:secret-word@host:9200")
    assert "secret-word" not in str(caught.value)


# Certificates


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path, str]:
    """Return a server's TLS context for 127.0.0.1, its certificate's file and fingerprint."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, private = folder / "ca.pem", folder / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, private)
    return context, path, hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


def test_only_a_trusted_certificate_is_talked_to(
    secure: Server, keys: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    context, ca_file, fingerprint = certificate(tmp_path)
    key = {"CANDOR_ELASTIC_API_KEY": keys["writer"]}
    with proxy.gateway(secure.url, tls=context) as between:
        for wrong in ({}, {"CANDOR_ELASTIC_FINGERPRINT": "0" * 64}):
            with pytest.raises(StoreError, match="certificate is not trusted; name its authority in CANDOR_ELASTIC_CA"):
                opened(between.url, tmp_path, {**key, **wrong})
        assert not any(request.headers for request in between.seen)
        for right in ({"CANDOR_ELASTIC_CA_FILE": str(ca_file)}, {"CANDOR_ELASTIC_FINGERPRINT": fingerprint}):
            with opened(between.url, tmp_path, {**key, **right}, write=False) as store:
                assert store.count(Filter()) >= 0
        assert "not verified" not in caplog.text
        with opened(between.url, tmp_path, {**key, "CANDOR_ELASTIC_INSECURE": "1"}, write=False):
            assert "certificates are not verified" in caplog.text
    with pytest.raises(StoreError, match="there is no file"):
        secrets_from({"CANDOR_ELASTIC_CA_FILE": str(tmp_path / "none.pem")})


# Other servers

OTHERS = {
    "OpenSearch": (
        {"version": {"distribution": "opensearch", "number": "2.11.0"}},
        {},
        "this is not Elasticsearch",
    ),
    "too old": (
        {"version": {"number": "7.17.9"}},
        {"X-Elastic-Product": "Elasticsearch"},
        "Elasticsearch 7.17.9 is not supported; Candor needs 8.14 or newer",
    ),
    "too new": (
        {"version": {"number": "10.0.0"}},
        {"X-Elastic-Product": "Elasticsearch"},
        "up to 9.x",
    ),
    "something else": ({"hello": "world"}, {}, "this is not Elasticsearch"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_server_is_refused_in_words(tmp_path: Path, name: str) -> None:
    body, headers, words = OTHERS[name]
    answer = proxy.Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    with (
        proxy.gateway(fault=lambda request, onward: answer) as other,
        pytest.raises(StoreError, match=words),
    ):
        opened(other.url, tmp_path, {})


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://host:9200?index=a", "no option of an address"),
        ("http://host:9200?prefix=A_B", "must be lower-case"),
        ("http://host:port", "port is no number"),
        ("http://:9200", "names no host"),
    ],
)
def test_an_address_that_cannot_be_is_refused(address: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        read_address(address)
    assert read_address("HTTPS://Host/elastic/?prefix=team").shown == "https://host:9200/elastic?prefix=team"
