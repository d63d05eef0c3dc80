"""``candor``, and ``python -m candor``: the first lines that run, before anything heavy is loaded."""

from __future__ import annotations

import signal
import threading


def main() -> None:
    """Load the command line and run it. Ctrl-C ends it without a traceback while it still loads, too."""
    loading = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT)
    if loading and before is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from candor.cli import main as run

    if loading:
        signal.signal(signal.SIGINT, before)
    run()


if __name__ == "__main__":
    main()
