"""Nothing but public addresses is dialled, however they are written, named or redirected to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from crawler.politeness.public import is_public, may_dial, networks
from tests.support.crawl.asking import Crawled, ask
from tests.support.crawl.counting_server import Answer, Asked, CountingServer

OPEN, SECRET = "127.0.0.1", "127.0.0.2"

CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1
203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:10::1 2001:20::1
2001:db8::1 2002:7f00:1::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1 4000::1
"""
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.0.0.1 128.0.0.1 169.253.255.255 172.15.0.1
172.32.0.1 192.0.1.1 192.167.0.1 192.169.0.1 198.17.0.1 198.20.0.1 223.255.255.255 2001:4860:4860::8888
2606:4700::1111 2a00:1450::1 2003::1
"""


@pytest.mark.parametrize("text", CLOSED.split())
def test_special_addresses_are_closed(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not may_dial(text, ())


@pytest.mark.parametrize("text", PUBLIC.split())
def test_public_addresses_are_open(text: str) -> None:
    assert may_dial(text, ())


def test_a_named_network_is_open_and_its_neighbours_are_not() -> None:
    allowed = networks(["10.1.0.0/16", "fd00::/64"])
    assert may_dial("10.1.2.3", allowed)
    assert may_dial("fd00::1", allowed)
    assert not may_dial("10.2.0.1", allowed)
    assert not may_dial("fd00:0:0:1::1", allowed)
    assert not may_dial("::ffff:10.1.2.3", allowed)


def test_what_is_no_numeric_address_is_closed() -> None:
    assert not may_dial("localhost", networks(["127.0.0.0/8"]))
    assert not may_dial("fe80::1%eth0", ())


def site(asked: Asked) -> Answer:
    """Redirect to whatever the path says; everything else is a page."""
    if asked.path == "/robots.txt":
        # No kept connection: each page is dialled anew, so each name is asked for anew.
        return Answer(status=404, headers={"Connection": "close"})
    if asked.path.startswith("/to/"):
        target = bytes.fromhex(asked.path.removeprefix("/to/")).decode()
        return Answer(status=302, headers={"Location": target})
    return Answer()


NAMES = {
    "inside.test": [SECRET],
    "outside.test": [OPEN],
    # Public when the robots file is asked for, private when the page is (DNS rebinding).
    "rebinds.test": [OPEN, SECRET],
    "both.test": [f"{SECRET} {OPEN}"],
    "mapped.test": [f"::ffff:{SECRET}"],
    "zero.test": ["0.0.0.0"],
}
SPELLINGS = ["127.0.0.2", "2130706434", "0x7f000002", "0x7f.0.0.2", "0177.0.0.2", "127.2", "017700000002"]
LITERALS = [f"[::ffff:{SECRET}]", "[::ffff:7f00:2]", "[64:ff9b::7f00:2]", "[::1]", "0.0.0.0", "0", "169.254.169.254"]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[CountingServer, Crawled]:
    """One crawl that may read 127.0.0.1 alone and is led to 127.0.0.2 in every way known."""
    with CountingServer(site, hosts=[OPEN, SECRET]) as server:
        ways = [server.url("/page", host=host) for host in [*NAMES, *SPELLINGS, *LITERALS, OPEN]]
        ways += [led(server, target) for target in ELSEWHERE]
        crawled = ask(
            tmp_path_factory.mktemp("tried"),
            ways,
            crawl={"allow_networks": [f"{OPEN}/32"], "concurrent": 4, "per_host": 1},
            # A proxy named by the environment would dial for us.
            env={"http_proxy": server.url(host=SECRET)},
            settings={"DNSCACHE_ENABLED": False},
            names={name: list(answers) for name, answers in NAMES.items()},
        )
    return server, crawled


ELSEWHERE = ["http://{secret}:{port}/page", "http://inside.test:{port}/page", "http://2130706434:{port}/page"]
ELSEWHERE += ["file:///etc/hostname", "ftp://{secret}:{port}/page", "gopher://{secret}:{port}/"]


def led(server: CountingServer, target: str) -> str:
    """Return an open address that redirects to ``target``."""
    return server.url("/to/" + target.format(secret=SECRET, port=server.port).encode().hex())


def test_the_forbidden_host_never_saw_a_connection(tried: tuple[CountingServer, Crawled]) -> None:
    server, _ = tried
    assert server.connections[SECRET] == 0
    assert server.connections[OPEN] > 0


@pytest.mark.parametrize("host", ["inside.test", "rebinds.test", "mapped.test", "zero.test", *SPELLINGS, *LITERALS])
def test_each_way_in_is_a_private_address(tried: tuple[CountingServer, Crawled], host: str) -> None:
    server, crawled = tried
    assert crawled.causes()[server.url("/page", host=host)] == "private address"


@pytest.mark.parametrize("host", [OPEN, "outside.test", "both.test"])
def test_the_allowed_address_is_read(tried: tuple[CountingServer, Crawled], host: str) -> None:
    server, crawled = tried
    assert crawled.became[server.url("/page", host=host)].status == 200


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_redirect_is_checked_like_a_request(tried: tuple[CountingServer, Crawled], target: str) -> None:
    server, crawled = tried
    web = target.startswith("http")
    expected = "private address" if web else "redirected to what is no http or https address"
    assert crawled.causes()[led(server, target)] == expected


def test_a_proxy_is_refused_because_it_would_dial_for_us(tmp_path_factory: pytest.TempPathFactory) -> None:
    with CountingServer(site, hosts=[OPEN, SECRET]) as server:
        crawled = ask(
            tmp_path_factory.mktemp("proxy"),
            [server.url("/page"), "http://8.8.8.8/page", "https://8.8.8.8/page", "data:,hello", "file:///etc/hostname"],
            crawl={"allow_networks": [f"{OPEN}/32"]},
            meta={"proxy": server.url(host=SECRET), "reads_robots_txt": True},
        )
    assert server.connections == {}
    proxy, scheme = "a proxy would hide the address that is dialled", "only http and https addresses are read"
    assert list(crawled.causes().values()).count(proxy) == 3
    assert list(crawled.causes().values()).count(scheme) == 2
