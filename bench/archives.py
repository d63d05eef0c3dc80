"""Memory of a WARC file that is read as a source: ``python -m bench.archives [--mb N --page-kb N --naming N]``.

Writes a file as CC-NEWS has them, of so many megabytes packed: articles of their own random words with a menu, a script
and a picture that do not pack, one in ``--naming`` of which names a brand. Then it is crawled (``kind =
"commoncrawl"``) as ever: unpacked, read, matched, judged, written to a store. Printed is, for each process, the most
that was resident (``VmHWM``, shared pages counted in each), and its proportional set size (shared pages counted once)
at its peak in each quarter of its life. Exit status 1 where a process reached the limit, or where a page was not read.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from bench.crawl import ROOT, _family, _processor_s, _pss_mb

GOAL_MB = 300
EVERY_S = 2.0
BRAND = "Tessaro"
CONFIG = f"""
store = "store"
[[brands]]
name = "{BRAND}"
role = "own"
[crawl]
contact = "mailto:bench@candor.example"
[[sources]]
id = "news"
kind = "commoncrawl"
path = "news.warc.gz"
max_pages = 1000000
"""
_SOUNDS = ("ka", "lo", "mi", "ren", "ta", "shi", "ver", "dol", "en", "pra", "su", "gor", "ni", "bel", "to", "as")
WORDS = tuple(a + b + c for a in _SOUNDS for b in _SOUNDS for c in ("", *_SOUNDS))


@dataclass(slots=True)
class Lived:
    """What was seen of one process: its most resident memory, its proportional set sizes and its processor time."""

    name: str
    resident_mb: float = 0.0
    sizes: list[float] = field(default_factory=list)
    processor_s: float = 0.0

    @property
    def quarters(self) -> str:
        """The peaks of the quarters of its life."""
        quarter = max(1, len(self.sizes) // 4)
        return ", ".join(f"{max(self.sizes[at : at + quarter]):.0f}" for at in range(0, len(self.sizes), quarter)[:4])


def main() -> int:
    """Write the file, crawl it, and print what each process took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mb", type=int, default=1024, help="megabytes of the file, packed")
    parser.add_argument("--page-kb", type=int, default=25, help="kilobytes of a page, packed")
    parser.add_argument("--naming", type=int, default=20, help="one page of so many names a brand")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pages = _write(folder / "news.warc.gz", given.mb * 2**20, given.page_kb * 1024, given.naming)
        (folder / "candor.toml").write_text(CONFIG)
        size = (folder / "news.warc.gz").stat().st_size
        print(f"{size / 2**20:.0f} MiB packed, {pages} pages; load {os.getloadavg()[0]:.0f}", flush=True)
        began = time.monotonic()
        lived, status = _crawled(folder)
        took = time.monotonic() - began
        found: dict[str, Any] = json.loads((folder / "outcome.json").read_text())["sources"]["news"]
    print(f"  {found['pages']} read, {found['mentions_new']} mentions in {took:.0f} s; load {os.getloadavg()[0]:.0f}")
    for each in lived:
        print(
            f"  {each.name:12} at most {each.resident_mb:4.0f} MB resident (limit {GOAL_MB}); proportional set sizes of"
            f" its quarters {each.quarters} MB; processor {each.processor_s:.0f} s"
        )
    is_whole = status == 0 and found["pages"] == pages and found["mentions_new"] == -(-pages // given.naming)
    return int(not is_whole or any(each.resident_mb >= GOAL_MB for each in lived))


def _crawled(folder: Path) -> tuple[list[Lived], int]:
    """Crawl what is configured in ``folder``; return what each process took, and the exit status."""
    words = [sys.executable, "-m", "tests.support.crawl.crawl_once"]
    words += [str(folder / "candor.toml"), str(folder / "outcome.json")]
    lived: dict[int, Lived] = {}
    with subprocess.Popen(words, cwd=ROOT) as crawling:
        while crawling.poll() is None:
            for pid in _family(crawling.pid):
                one = lived.setdefault(pid, Lived("the crawl" if pid == crawling.pid else _name(pid)))
                one.resident_mb = max(one.resident_mb, _resident_mb(pid))
                one.sizes.append(_pss_mb(pid))
                one.processor_s = max(one.processor_s, _processor_s(pid))
            time.sleep(EVERY_S)
    return list(lived.values()), crawling.returncode


def _resident_mb(pid: int) -> float:
    """Return the most that was ever resident of a process; 0 where it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _name(pid: int) -> str:
    """Return what a process of the crawl is for."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        return "a worker" if b"forkserver" in words else "beside it"
    return "gone"


def _write(path: Path, size: int, page: int, naming: int) -> int:
    """Write a file of ``size`` bytes with pages of ``page`` bytes, both packed; return how many pages those are."""
    count, written = 0, 0
    with path.open("wb") as file:
        while written < size:
            written += file.write(_record(count, page, is_naming=count % naming == 0))
            count += 1
    return count


def _record(number: int, size: int, *, is_naming: bool) -> bytes:
    chance = random.Random(number)
    title, text = " ".join(chance.choices(WORDS, k=8)), _text(chance)
    if is_naming:
        text = f"<p>The {BRAND} kettle of {title} leaks at its lid, says a reader.</p>{text}"
    menu = "".join(f'<li><a href="/{word}">{word}</a></li>' for word in chance.choices(WORDS, k=40))
    # What the words take, packed, is some 6 KB; what does not pack is half a script's state, half a picture.
    noise = b64encode(chance.randbytes(max(0, size - 6144))).decode()
    half = len(noise) // 2
    body = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="og:type" content="article"><script>window.state = "{noise[:half]}"</script></head><body>'
        f'<nav><ul>{menu}</ul></nav><article><h1>{title}</h1><img src="data:image/png;base64,{noise[half:]}">'
        f"{text}</article><footer>All rights reserved</footer></body></html>"
    ).encode()
    out = io.BytesIO()
    said = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
    writer = WARCWriter(out, gzip=False)
    payload = {"payload": io.BytesIO(body), "length": len(body)}
    url, told = f"https://news.example/{number}", {"WARC-Date": "2026-02-01T10:00:00Z"}
    writer.write_record(
        writer.create_warc_record(url, "response", **payload, http_headers=said, warc_headers_dict=told)
    )
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(out.getvalue()) + packer.flush()


def _text(chance: random.Random) -> str:
    sentences = (" ".join(chance.choices(WORDS, k=chance.randint(6, 24))).capitalize() for _ in range(60))
    return "".join(f"<p>{sentence}. {next(sentences, '')}.</p>" for sentence in sentences)


if __name__ == "__main__":
    raise SystemExit(main())
