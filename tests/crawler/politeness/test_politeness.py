"""Limits per host, robots.txt and the name we give, measured by a server that counts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import Response, TextResponse

from analysis.model.errors import ConfigError
from crawler.addon import user_agent
from crawler.kinds.sitemap import named_in
from crawler.middlewares.robots import Robots
from crawler.politeness.causes import Refused
from crawler.politeness.hosts import Hosts
from crawler.politeness.robots import LONGEST_BYTES, cut, rules_from, text_of
from tests.support.crawl.asking import Crawled, ask
from tests.support.crawl.counting_server import Answer, Asked, CountingServer

CONTACT = "mailto:web@tessaro.example"


# The limits


SLOW = [f"127.0.1.{number}" for number in (1, 2, 3)]
QUICK = [f"127.0.1.{number}" for number in (4, 5, 6)]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> tuple[CountingServer, Crawled]:
    """Two spiders at once over the same six hosts, slow ones and quick ones, and a user who set the delay to 0."""

    def site(asked: Asked) -> Answer:
        if asked.path == "/robots.txt":
            return Answer(b"User-agent: *\nAllow: /\n")
        return Answer(wait=0.3 if asked.host in SLOW else 0.0, headers={"Set-Cookie": "who=you; Path=/"})

    hosts = [*SLOW, *QUICK]
    with CountingServer(site, hosts=hosts) as server:
        urls = [[server.url(f"/{part}/{page}", host=host) for page in range(8) for host in hosts] for part in "ab"]
        options = {"per_host": 2, "delay": 0.1}
        folder = tmp_path_factory.mktemp("busy")
        crawled = ask(folder, *urls, crawl=options, settings={"DOWNLOAD_DELAY": 0})
    return server, crawled


def test_a_host_never_sees_more_at_once_than_the_limit(busy: tuple[CountingServer, Crawled]) -> None:
    server, crawled = busy
    assert set(crawled.causes().values()) == {""}
    assert [server.most_at_once[host] for host in SLOW] == [2, 2, 2]
    assert server.most_at_once["all"] >= 5, "hosts must be served side by side"


def test_two_spiders_share_a_hosts_delay_and_its_robots_file(busy: tuple[CountingServer, Crawled]) -> None:
    server, _ = busy
    for host in QUICK:
        times = server.times(host)
        assert len(times) == 17
        assert len(server.times(host, "/robots.txt")) == 1
        assert times[-1] - times[0] >= 16 * 0.1 - 0.1


def test_we_say_who_we_are_and_carry_no_cookies(busy: tuple[CountingServer, Crawled]) -> None:
    server, _ = busy
    assert {one.headers["user-agent"].partition(" ")[2] for one in server.asked} == {f"(+{CONTACT})"}
    assert {one.headers["user-agent"].partition("/")[0] for one in server.asked} == {"Candor"}
    assert not any("cookie" in one.headers for one in server.asked)


@pytest.mark.parametrize("contact", ["", "  ", "me", "two words", "a@b.example\r\nX: y", "a)b(c"])
def test_without_a_usable_contact_there_is_no_crawl(contact: str) -> None:
    with pytest.raises(ConfigError, match=r"add contact = .* to \[crawl\] in candor.toml"):
        user_agent(contact)


def test_a_crawl_without_contact_asks_nobody(tmp_path: Path) -> None:
    with CountingServer(lambda _: Answer()) as server:
        crawled = ask(tmp_path, [server.url("/")], crawl={"contact": ""})
    assert "contact is missing" in crawled.error
    assert server.asked == []


# robots.txt, RFC 9309

DISALLOW = b"User-agent: *\nDisallow: /no\n"
CLOSED = "robots.txt could not be read"
TOO_SLOW = (
    "robots.txt asks for 10 minutes between two pages (Crawl-delay), and we wait 60 seconds at most: "
    "this host is left alone for a day"
)


def hop(asked: Asked, hops: int) -> Answer:
    """Redirect from /robots.txt over /hop/1, /hop/2 ...; the last hop holds the rules."""
    done = 0 if asked.path == "/robots.txt" else int(asked.path.rpartition("/")[2])
    return Answer(DISALLOW) if done == hops else Answer(status=301, headers={"Location": f"/hop/{done + 1}"})


FILES: dict[str, Any] = {
    "127.0.2.1": lambda _: Answer(DISALLOW),
    "127.0.2.2": lambda _: Answer(status=404),
    "127.0.2.3": lambda _: Answer(DISALLOW, status=403),
    "127.0.2.4": lambda _: Answer(b"", status=503),
    "127.0.2.5": lambda _: Answer(wait=30),
    "127.0.2.6": lambda _: Answer(drop=True),
    "127.0.2.7": lambda asked: hop(asked, 5),
    "127.0.2.8": lambda asked: hop(asked, 6),
    "127.0.2.9": lambda _: Answer(b"# " + b"x" * LONGEST_BYTES + b"\n" + DISALLOW),
    "127.0.2.10": lambda _: Answer(b"User-agent: candor\nDisallow: /no\nUser-agent: *\nDisallow: /\n"),
    "127.0.2.11": lambda _: Answer(status=302, headers={"Location": "http://10.0.0.1/robots.txt"}),
    "127.0.2.12": lambda _: Answer(b"User-agent: *\nCrawl-delay: 0.5\n"),
    "127.0.2.13": lambda _: Answer(b"", status=429),
    "127.0.2.15": lambda _: Answer(b"User-agent: Candor/0.1.0 (+mailto:a@b.example)\nDisallow: /no\n\nUser-agent: *\n"),
    "127.0.2.16": lambda _: Answer(b"User-agent: can\nUser-agent: candorbot\nDisallow: /\n"),
    "127.0.2.17": lambda _: Answer(b"User-agent: *\nCrawl-delay: 600\n"),
    "127.0.2.14": lambda _: Answer(b"\xef\xbb\xbf<html>not found</html>"),
}


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> tuple[CountingServer, Crawled]:
    """One crawl over hosts whose robots.txt behave in all sorts of ways."""

    def site(asked: Asked) -> Answer:
        answer: Answer = FILES[asked.host](asked) if asked.path.startswith(("/robots", "/hop")) else Answer()
        return answer

    with CountingServer(site, hosts=list(FILES)) as server:
        urls = [server.url(path, host=host) for host in FILES for path in ("/yes", "/no", "/other")]
        crawled = ask(tmp_path_factory.mktemp("ruled"), urls, crawl={"timeout": 3.0})
    return server, crawled


@pytest.mark.parametrize(
    ("host", "read", "why"),
    [
        pytest.param("127.0.2.1", "/yes /other", "robots.txt forbids", id="2xx"),
        pytest.param("127.0.2.2", "/yes /no /other", "", id="404 allows"),
        pytest.param("127.0.2.3", "/yes /no /other", "", id="403 allows, its body is no rule"),
        pytest.param("127.0.2.4", "", f"{CLOSED} (the server failed: 503)", id="5xx closes"),
        pytest.param("127.0.2.5", "", f"{CLOSED} (timed out)", id="timeout closes"),
        pytest.param("127.0.2.6", "", f"{CLOSED} (the connection broke off)", id="reset closes"),
        pytest.param("127.0.2.7", "/yes /other", "robots.txt forbids", id="five redirects are followed"),
        pytest.param("127.0.2.8", "/yes /no /other", "", id="six are not, and allow"),
        pytest.param("127.0.2.9", "/yes /no /other", "", id="rules past 512 KiB are cut"),
        pytest.param("127.0.2.10", "/yes /other", "robots.txt forbids", id="our own group wins"),
        pytest.param("127.0.2.11", "", "private address", id="redirect to a private address closes"),
        pytest.param("127.0.2.12", "/yes /no /other", "", id="crawl-delay alone allows"),
        pytest.param("127.0.2.13", "", f"{CLOSED} (refused us: 429)", id="429 closes"),
        pytest.param("127.0.2.15", "/yes /other", "robots.txt forbids", id="our name with its version is ours"),
        pytest.param("127.0.2.16", "/yes /no /other", "", id="a part of our name is not, nor a longer one"),
        pytest.param("127.0.2.17", "", TOO_SLOW, id="a longer crawl-delay than we wait closes"),
        pytest.param("127.0.2.14", "/yes /no /other", "", id="a page instead of rules allows"),
    ],
)
def test_robots_files(ruled: tuple[CountingServer, Crawled], host: str, read: str, why: str) -> None:
    server, crawled = ruled
    asked = {path for path in server.paths(host) if not path.startswith("/hop")}
    assert asked == set(read.split())
    causes = {path: crawled.causes()[server.url(path, host=host)] for path in ("/yes", "/no", "/other")}
    assert causes == {path: "" if path in asked else why for path in causes}
    assert len(server.times(host, "/robots.txt")) == 1


def test_crawl_delay_is_kept(ruled: tuple[CountingServer, Crawled]) -> None:
    server, _ = ruled
    times = sorted(one.at for one in server.asked if one.host == "127.0.2.12" and one.path != "/robots.txt")
    assert len(times) == 3
    assert times[-1] - times[0] >= 2 * 0.5 - 0.05


def test_a_file_is_cut_at_a_whole_line() -> None:
    line = b"Disallow: /abc\n"
    body = line * (LONGEST_BYTES // len(line) + 10)
    assert len(cut(body)) <= LONGEST_BYTES
    assert cut(body).endswith(line)
    assert cut(line) == line


def test_a_file_with_bare_returns_is_cut_at_one() -> None:
    body = b"Disallow: /abc\r" * (LONGEST_BYTES // 15 + 10)
    assert cut(body).endswith(b"\r")
    assert len(cut(body)) > LONGEST_BYTES - 100


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_is_read_in_whatever_unicode(encoding: str) -> None:
    assert text_of("User-agent: *\rDisallow: /ä".encode(encoding)) == "User-agent: *\rDisallow: /ä"


@pytest.mark.parametrize(
    "body",
    [
        b"\n" * 500_000,
        b"sitemap:\n" * 50_000,
        b" " * 500_000,
        b"user-agent" + b" " * 500_000,
        b"".join(b"User-agent: a%d\n" % n for n in range(20_000)) + b"Disallow: /a*b*c\n" * 10_000,
        b"User-agent: *\n" + b"Disallow: /" + b"a*" * 200_000,
    ],
    ids=["line ends", "empty sitemaps", "blanks", "a name of blanks", "many names", "stars"],
)
def test_a_file_made_to_be_slow_is_not(body: bytes) -> None:
    began = perf_counter()
    rules = rules_from(TextResponse("http://news.example/robots.txt", body=body), 0.0)
    assert rules.parser is not None
    rules.parser.allowed("http://news.example/" + "a" * 2000, "Candor")
    named_in(text_of(body), "http://news.example/robots.txt")
    assert perf_counter() - began < 3


def robots_over(answers: list[Response | Exception], clock: list[float]) -> Robots:
    async def fetch(request: Request) -> Response:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def announce(*_: Any) -> None:
        pass

    return Robots(hosts=Hosts(delay_s=1, per_host=1), fetch=fetch, announce=announce, clock=lambda: clock[0])


def allowed(robots: Robots) -> bool:
    try:
        asyncio.run(robots.process_request(Request("http://news.example/no")))
    except Refused:
        return False
    return True


OPEN, SHUT = TextResponse("http://news.example/robots.txt", body=b""), TextResponse("http://n.example", body=DISALLOW)
BROKEN = Response("http://news.example/robots.txt", status=500)
DAY = 24 * 3600


def test_the_file_is_read_again_after_a_day() -> None:
    clock = [0.0]
    robots = robots_over([OPEN, SHUT], clock)
    assert allowed(robots)
    clock[0] = DAY - 1
    assert allowed(robots)
    clock[0] = DAY
    assert not allowed(robots)


def test_known_rules_outlive_a_file_that_cannot_be_read_and_it_is_tried_again() -> None:
    clock = [0.0]
    robots = robots_over([SHUT, BROKEN, OPEN], clock)
    assert not allowed(robots)
    clock[0] = DAY
    assert not allowed(robots)
    clock[0] = DAY + 3600
    assert allowed(robots)


def test_a_file_that_was_never_read_closes_the_host_for_an_hour() -> None:
    clock = [0.0]
    robots = robots_over([BROKEN, TimeoutError(), OPEN], clock)
    assert not allowed(robots)
    clock[0] = 3600
    assert not allowed(robots)
    clock[0] = 7200
    assert allowed(robots)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400)
    | st.lists(
        st.sampled_from([b"User-agent:", b"user agent", b"Candor", b"*", b"Disallow: /", b"Allow:", b"Sitemap:", b"\r",
                         b"\n", b" ", b"\t", b"#", b"Crawl-delay: 1e9", b"\xff\xfe", b"\x00", b"http://[", b"%", b"$"]),
        max_size=40,
    ).map(b"".join)
)  # fmt: skip
def test_any_file_is_read_without_an_error(body: bytes) -> None:
    rules = rules_from(TextResponse("http://news.example/robots.txt", body=body), 0.0)
    assert rules.parser is not None
    rules.parser.allowed("http://news.example/a?b=c", "Candor")
    hosts = Hosts(delay_s=1, per_host=1)
    hosts.slow("news.example", rules.parser.crawl_delay("Candor") or 0.0)
    assert all(isinstance(url, str) for url in named_in(text_of(body), "http://news.example/robots.txt"))


@pytest.mark.parametrize(("per_host", "rests"), [(1, True), (2, False)])
def test_a_host_with_one_request_at_a_time_rests_after_an_answer_that_came_late(per_host: int, rests: bool) -> None:
    hosts = Hosts(delay_s=0.2, per_host=per_host)
    answered: list[float] = []

    async def asked() -> float:
        async with hosts.turn("late.example"):
            # On its way for longer than the delay: a request that left at once would arrive right behind it.
            await asyncio.sleep(0.3)
            answered.append(monotonic())
        return hosts["late.example"].next_at

    assert (asyncio.run(asked()) >= answered[0] + 0.1) is rests
