"""Ctrl-C while Candor still loads: no traceback, of it or of what it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
"""Whoever runs the tests in the background of a script has Ctrl-C ignored in all that is started."""
READY = "import sys; print('loading', flush=True); import time; time.sleep(60)"


def interrupted(folder: Path, module: str, line: str) -> subprocess.CompletedProcess[str]:
    """Run ``line`` where ``module`` takes a minute to load, and press Ctrl-C in the middle of it."""
    slow = folder.joinpath(*module.split(".")).with_suffix(".py")
    slow.parent.mkdir(parents=True, exist_ok=True)
    slow.write_text(READY)
    before = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", str(Path.cwd()))])
    started = subprocess.Popen(
        [sys.executable, "-c", HEARS + line],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": before}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert started.stdout is not None
    try:
        assert started.stdout.readline() == "loading\n"
        os.killpg(started.pid, signal.SIGINT)
        out, err = started.communicate(timeout=30)
    finally:
        started.kill()
    return subprocess.CompletedProcess([line], started.returncode, out, err)


def test_ctrl_c_while_the_command_line_loads_ends_it_without_a_word(tmp_path: Path) -> None:
    done = interrupted(tmp_path, "typer", "from candor.__main__ import main; main()")
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_ctrl_c_while_workers_load_is_for_who_started_them(tmp_path: Path) -> None:
    line = (
        "import os, time\n"
        "from multiprocessing import forkserver\n"
        "from crawler.workers.pool import start_importing\n"
        "start_importing(['slow_to_load'])\n"
        "try:\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    pid = forkserver._forkserver._forkserver_pid\n"
        "    time.sleep(1)\n    print(os.waitpid(pid, os.WNOHANG))\n    os.kill(pid, 15)\n"
    )
    done = interrupted(tmp_path, "slow_to_load", line)
    assert (done.stdout, done.stderr) == ("(0, 0)\n", "")
