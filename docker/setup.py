"""The setup step of docker-compose.yml: accounts, templates, roles, the writer's key, the boards. Safe to repeat.

Runs as the server's own administrator and ends; what runs on afterwards has a key that can write mentions, no more.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from analysis.model.errors import CandorError
from analysis.store.elastic.server.address import read_address, secrets_from
from analysis.store.elastic.server.client import Connection

SECRETS = Path(os.environ.get("CANDOR_SECRETS", "/run/secrets"))
STORE = os.environ["CANDOR_STORE"]
KEY = SECRETS / "candor" / "writer.key"
TEAM = "team"
PROGRAM = str(Path(sys.executable).with_name("candor"))


def main() -> int:
    """Do each step; return the exit status of the first that fails."""
    try:
        accounts(Connection(read_address(STORE), secrets_from(os.environ)))
    except CandorError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    if status := candor("store", "setup", "--roles", "--wait", "120"):
        return status
    if not KEY.exists() and (status := write_key()):
        return status
    if status := candor("kibana", "setup", "--wait", "600"):
        return status
    print(f"setup is done: log into Kibana as {TEAM}; its password: docker compose run --rm password", file=sys.stderr)
    return 0


def accounts(connection: Connection) -> None:
    """Give Kibana's own account its password, and make the account that people log in with."""
    own = {"password": _secret("kibana/password")}
    connection.ask("POST", "/_security/user/kibana_system/_password", own)
    # An editor of Kibana may change boards; nothing here may change or delete a mention.
    team = {
        "password": _secret("elastic/team-password"),
        "roles": ["editor", "candor-reader"],
        "full_name": "Brand team",
    }
    connection.ask("PUT", f"/_security/user/{TEAM}", team)
    connection.close()


def write_key() -> int:
    """Make the crawler's key and keep it where only the crawler looks."""
    done = subprocess.run(  # noqa: S603
        [PROGRAM, "store", "setup", "--key", "writer"], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode or not done.stdout.strip():
        return done.returncode or 1
    aside = KEY.with_name(".writer.key.new")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(done.stdout.strip())
    aside.rename(KEY)
    return 0


def candor(*words: str) -> int:
    """Run a command of ours; its messages go where ours go."""
    return subprocess.run([PROGRAM, *words], check=False).returncode  # noqa: S603


def _secret(name: str) -> str:
    return (SECRETS / name).read_text(encoding="ascii").strip()


if __name__ == "__main__":
    sys.exit(main())
