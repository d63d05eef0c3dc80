"""Pages drawn in a real browser that reaches nothing by itself: whatever a page asks for is asked by the crawl.

The browser gets the page as it was fetched, runs its scripts, and hands every request of theirs to us, so that
robots.txt, delays, the check of addresses and the limit of bytes hold for them as for any other. What is not handed to
us ends at a proxy that does not exist.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from analysis.model.errors import CandorError, ReadError

if TYPE_CHECKING:
    from playwright.async_api import Route

log = logging.getLogger(__name__)
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge")
VARIABLE = "CANDOR_BROWSER"
AT_ONCE = 2
"""Pages drawn at once: each costs the browser some 100 MB."""
ASKED = frozenset({"script", "xhr", "fetch"})
MOST_NAVIGATIONS = 3
CLOSING_S = 10.0
MOST_SCRIPTS = 32 * 1024 * 1024
"""Bytes of scripts that are kept for the next pages of a crawl."""
NOWHERE = "http://127.0.0.1:9"
_ARGUMENTS = (
    # Loopback is else reached around a proxy.
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--dns-prefetch-disable",
    "--disable-dev-shm-usage",
)


class BrowserError(CandorError):
    """Pages cannot be drawn: no browser, no library, or it does not start. Raised where a source has ``render``."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was answered to a page's request. ``url`` is where it came from in the end, ``allow_origin`` what the server
    says of who else may read it."""

    url: str
    status: int
    content_type: str
    body: bytes
    allow_origin: str = ""


Fetch = Callable[[str], Awaitable["Fetched | None"]]
"""Asks for an address as politely as all others are; None where there is no answer."""


def checked_browser() -> str:
    """Return the path of the browser. Raises ``BrowserError`` that says what is to be installed."""
    if find_spec("playwright") is None:
        raise BrowserError("render = true needs a library that is not installed: pip install 'candor[browser]'")
    return found_browser("render = true")


def found_browser(what: str) -> str:
    """Return the path of the system's browser, which ``what`` needs. Raises ``BrowserError`` with the cure."""
    named = os.environ.get(VARIABLE, "")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        why = f"{VARIABLE} names {named!r}, which is no program" if named else "no Chromium is installed"
        raise BrowserError(
            f"{what} needs a browser, and {why}; install it (Debian: apt install chromium), or name one in {VARIABLE}"
        )
    return found


class Browser:
    """One browser for a crawl, started with the first page. Each page is drawn in a context that forgets everything."""

    def __init__(self, *, user_agent: str, limit_s: float, most_bytes: int) -> None:
        self._user_agent = user_agent
        self._limit_s = limit_s
        self._most_bytes = most_bytes
        self._room = asyncio.Semaphore(AT_ONCE)
        self._starting = asyncio.Lock()
        self._scripts = Scripts()
        self._driver: Any = None
        self._browser: Any = None

    async def draw(self, page: Fetched, fetch: Fetch) -> Fetched:
        """Return ``page`` as its scripts leave it: when they have been quiet for a while, or time is up.

        Raises ``ReadError`` where it cannot be drawn, and ``BrowserError`` where no page can.
        """
        from playwright.async_api import Error

        async with self._room:
            browser = await self._started()
            try:
                context = await browser.new_context(
                    user_agent=self._user_agent, service_workers="block", accept_downloads=False
                )
            except Error as error:
                raise BrowserError(f"the browser has ended ({_first_line(error)})") from None
            drawing = _Drawing(page, fetch, self._scripts, limit_s=self._limit_s, most_bytes=self._most_bytes)
            try:
                return await drawing.on(context)
            except TimeoutError:
                raise ReadError(f"{page.url}: took too long to draw") from None
            except Error as error:
                raise ReadError(f"{page.url}: could not be drawn ({_first_line(error)})") from None
            finally:
                with suppress(Error, TimeoutError):
                    await asyncio.wait_for(context.close(), CLOSING_S)

    async def close(self) -> None:
        """End the browser."""
        browser, driver = self._browser, self._driver
        self._browser = self._driver = None
        if browser is not None:
            with suppress(Exception):
                await browser.close()
        if driver is not None:
            with suppress(Exception):
                await driver.stop()

    async def _started(self) -> Any:
        async with self._starting:
            if self._browser is not None and not self._browser.is_connected():
                await self.close()
            if self._browser is None:
                self._browser = await self._launched()
            return self._browser

    async def _launched(self) -> Any:
        path = checked_browser()
        from playwright.async_api import Error, async_playwright

        self._driver = await async_playwright().start()
        try:
            return await self._driver.chromium.launch(
                executable_path=path,
                # The administrator's own browser has no sandbox to put pages into.
                chromium_sandbox=os.geteuid() != 0,
                proxy={"server": NOWHERE},
                args=list(_ARGUMENTS),
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except Error as error:
            await self.close()
            raise BrowserError(
                f"{path} does not start ({_first_line(error)}); try it by hand: {path} --headless --dump-dom data:,"
            ) from None


class Scripts:
    """Scripts that pages of a crawl share: asked for once, as a browser with a cache would."""

    def __init__(self) -> None:
        self._known: dict[str, Fetched] = {}
        self._left = MOST_SCRIPTS

    def get(self, url: str) -> Fetched | None:
        """Return the script at ``url`` where it is known."""
        return self._known.get(url)

    def add(self, url: str, script: Fetched) -> None:
        """Remember a script, while there is room."""
        if script.status == 200 and len(script.body) <= self._left and url not in self._known:
            self._left -= len(script.body)
            self._known[url] = script


class _Drawing:
    """One page in the browser, and what it asks for."""

    def __init__(self, page: Fetched, fetch: Fetch, scripts: Scripts, *, limit_s: float, most_bytes: int) -> None:
        self._fetch = fetch
        self._scripts = scripts
        self._limit_s = limit_s
        self._left = most_bytes
        self._most_bytes = most_bytes
        self._shown = page
        # What is known already is not asked for again.
        self._known = {_bare(page.url): page}
        self._navigations = 0

    async def on(self, context: Any) -> Fetched:
        """Draw the page in ``context`` and return what it shows."""
        from playwright.async_api import TimeoutError as OutOfTime

        await context.route("**/*", self._answer)
        await context.route_web_socket("**/*", lambda socket: socket.close())
        window = await context.new_page()
        ends = asyncio.get_running_loop().time() + self._limit_s
        # Out of time: what is drawn by then is taken.
        with suppress(OutOfTime):
            await window.goto(self._shown.url, wait_until="domcontentloaded", timeout=1000 * self._limit_s)
            left = ends - asyncio.get_running_loop().time()
            await window.wait_for_load_state("networkidle", timeout=max(1.0, 1000 * left))
        content = (await asyncio.wait_for(window.content(), self._limit_s)).encode(errors="replace")
        return Fetched(self._shown.url, 200, "text/html; charset=utf-8", content[: self._most_bytes + 1])

    async def _answer(self, route: Route) -> None:
        from playwright.async_api import Error

        with suppress(Error):
            await self._answered(route)

    async def _answered(self, route: Route) -> None:
        request = route.request
        kind = request.resource_type
        if kind == "stylesheet":
            # Programs wait for their styles; nobody looks at the page.
            await route.fulfill(status=200, content_type="text/css", body="")
        elif request.method != "GET" or not request.url.startswith(("http://", "https://")):
            await route.abort()
        elif kind == "document" and request.frame.parent_frame is None:
            await self._navigate(route)
        elif kind in ASKED:
            known = self._scripts.get(request.url) if kind == "script" else None
            answer = known or await self._asked(request.url)
            if kind == "script" and answer is not None:
                self._scripts.add(request.url, answer)
            await _fulfil(route, answer)
        else:
            await route.abort()

    async def _navigate(self, route: Route) -> None:
        """Answer with a page that the window goes to: the first one, and where a script leads."""
        self._navigations += 1
        if self._navigations > MOST_NAVIGATIONS:
            await route.abort()
            return
        answer = await self._asked(route.request.url)
        if answer is not None and _bare(answer.url) != _bare(route.request.url):
            # It was redirected: scripts must find themselves at the address that the page is at.
            self._known[_bare(answer.url)] = answer
            to = answer.url.replace('"', "%22").replace("<", "%3C")
            self._navigations -= 1
            moved = f'<meta http-equiv="refresh" content="0;url={to}">'
            await route.fulfill(status=200, content_type="text/html", body=moved)
            return
        if answer is not None:
            self._shown = answer
        await _fulfil(route, answer)

    async def _asked(self, url: str) -> Fetched | None:
        known = self._known.get(_bare(url))
        if known is not None:
            return known
        if self._left <= 0:
            return None
        answer = await self._fetch(url)
        self._left -= len(answer.body) if answer else 0
        return answer if self._left >= 0 else None


async def _fulfil(route: Route, answer: Fetched | None) -> None:
    if answer is None:
        await route.abort()
        return
    # Without this header Playwright would add one that lets every site read it.
    headers = {"content-type": answer.content_type, "access-control-allow-origin": answer.allow_origin or "null"}
    await route.fulfill(status=answer.status, headers=headers, body=answer.body)


def _bare(url: str) -> str:
    return url.partition("#")[0]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
