"""``make bench``: what is fast, each figure beside its peer or its limit, measured in this run."""

from __future__ import annotations

import subprocess
import sys

PARTS = ("bench.readers", "bench.crawl", "bench.store", "bench.report", "bench.page", "bench.beside")


def main() -> int:
    """Run each bench in a process of its own; return 1 where one missed a limit."""
    failed = 0
    for part in PARTS:
        print(f"\n== {part}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", part], check=False).returncode
    print("\nThe Elasticsearch bench needs a server: python -m bench.elastic --help")
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
