"""What is too big, too slow, too often redirected or not to be trusted ends in a cause in plain words."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.politeness.causes import Refused, cause, size
from tests.support.crawl.asking import Crawled, ask
from tests.support.crawl.counting_server import Answer, Asked, CountingServer, self_signed

MIB = 1024 * 1024
BOMB = gzip.compress(bytes(50 * MIB))
RAW = zlib.compress(bytes(50 * MIB))
PAGES = {
    "/fine": Answer(b"x" * (10 * MIB - 1)),
    "/packed": Answer(gzip.compress(b"x" * 1000), headers={"Content-Encoding": "gzip"}),
    "/big": Answer(b"x" * 50, headers={"Content-Length": str(50 * MIB)}),
    "/endless": Answer(endless=b"x" * MIB),
    "/bomb": Answer(BOMB, headers={"Content-Encoding": "gzip"}),
    "/deflated": Answer(RAW, headers={"Content-Encoding": "deflate"}),
    "/layers": Answer(gzip.compress(gzip.compress(BOMB)), headers={"Content-Encoding": "gzip, gzip, gzip"}),
    "/broken": Answer(b"this is no gzip", headers={"Content-Encoding": "gzip"}),
    "/brotli": Answer(b"this is no brotli", headers={"Content-Encoding": "br"}),
    "/trickle": Answer(endless=b"x", pause=0.2),
    "/silent": Answer(wait=60),
    "/loop": Answer(status=302, headers={"Location": "/loop"}),
    "/refresh": Answer(b'<html><meta http-equiv="refresh" content="0;url=/refresh">', wait=0.0),
    "/reload": Answer(b'<html><meta http-equiv="refresh" content="60;url=/reload"><p>News', wait=0.0),
    "/short": Answer(b"x", headers={"Content-Length": "100", "Connection": "close"}),
    "/403": Answer(status=403),
    "/404": Answer(status=404),
    "/500": Answer(status=500),
    "/418": Answer(status=418),
    "/304": Answer(status=304),
}
CAUSES = {
    "/fine": "",
    "/packed": "",
    "/big": "body over 10 MiB",
    "/endless": "body over 10 MiB",
    "/bomb": "body over 10 MiB once unpacked",
    "/deflated": "body over 10 MiB once unpacked",
    "/layers": "packed 3 times over",
    "/broken": "body cannot be unpacked",
    "/brotli": "body cannot be unpacked",
    "/trickle": "timed out",
    "/silent": "timed out",
    "/loop": "too many redirects",
    "/refresh": "too many redirects",
    "/reload": "",
    "/short": "the answer broke off",
    "/403": "refused us: 403",
    "/404": "no such page: 404",
    "/500": "the server failed: 500",
    "/418": "answered 418 (i'm a teapot)",
    "/304": "answered 304 without being asked for changes",
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[CountingServer, Crawled]:
    """One crawl over every kind of bad page, each on a host of its own so that none holds another back."""
    folder = tmp_path_factory.mktemp("refused")
    hosts = {f"127.0.4.{number}": path for number, path in enumerate(CAUSES, 1)}

    def site(asked: Asked) -> Answer:
        return Answer(status=404) if asked.path == "/robots.txt" else PAGES[asked.path]

    with CountingServer(site, hosts=list(hosts)) as server:
        urls = [server.url(path, host=host) for host, path in hosts.items()]
        gone = [server.url(host="127.0.4.250"), "http://nowhere.invalid/"]
        crawled = ask(folder, [*urls, *gone], crawl={"timeout": 4.0})
    return server, crawled


@pytest.mark.parametrize("path", CAUSES)
def test_each_bad_page_has_its_cause(refused: tuple[CountingServer, Crawled], path: str) -> None:
    _, crawled = refused
    found = {url.partition("/127.")[2].partition("/")[2]: why for url, why in crawled.causes().items()}
    assert found[path.removeprefix("/")] == CAUSES[path]


def test_a_host_that_is_not_there_is_named_as_such(refused: tuple[CountingServer, Crawled]) -> None:
    server, crawled = refused
    gone = server.url(host="127.0.4.250")
    assert crawled.causes()[gone] == "nobody listens there (connection refused)"
    assert crawled.causes()["http://nowhere.invalid/"] == "no such host name"


def test_bad_pages_are_no_errors_of_the_program(refused: tuple[CountingServer, Crawled]) -> None:
    _, crawled = refused
    assert crawled.error == ""
    assert "Traceback" not in crawled.log
    assert "log_count/ERROR" not in crawled.stats


def test_an_unknown_signer_is_not_trusted(tmp_path: Path) -> None:
    with CountingServer(lambda _: Answer(), tls=self_signed(tmp_path)) as server:
        crawled = ask(tmp_path, [server.url("/page")], crawl={"retries": 2})
        assert server.asked == []
        # The same server is read once its signer is trusted: it was the certificate, not the connection.
        trusting = ask(tmp_path, [server.url("/page")], env={"SSL_CERT_FILE": str(tmp_path / "cert.pem")})
    assert list(crawled.causes().values()) == ["certificate not trusted"]
    assert list(trusting.causes().values()) == [""]


@pytest.mark.parametrize(
    ("limit", "words"), [(10 * MIB, "10 MiB"), (500 * 1024, "500 KiB"), (700, "700 bytes"), (3 * MIB // 2, "1.5 MiB")]
)
def test_limits_are_said_as_people_say_them(limit: int, words: str) -> None:
    assert size(limit) == words


def test_a_cause_is_found_for_failures_exceptions_and_answers() -> None:
    assert cause(Response("http://a.example", status=403)) == "refused us: 403"
    assert cause(Failure(Refused("private address", kind="private"))) == "private address"  # type: ignore[no-untyped-call]
    assert cause(DownloadFailedError("x")) == "the connection broke off"
    assert cause(KeyError()) == "KeyError"
