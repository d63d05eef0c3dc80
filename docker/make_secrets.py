"""Make every password and key on the first start; leave what is there alone. Runs before anything else does.

Each file is for its owner's eyes only, in the volume of those who need it: nobody's default, nobody's ``.env``.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

ROOT = Path(os.environ.get("CANDOR_SECRETS", "/run/secrets"))
WANTED = {
    "elastic/password": 24,
    "elastic/team-password": 15,
    "kibana/password": 24,
    "kibana/encryption-key": 32,
    "candor/installation.key": 0,
}


def make(path: Path, length: int) -> bool:
    """Write a new secret unless there is one; return whether it was written. A cut write leaves nothing behind."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    text = secrets.token_urlsafe(length) if length else secrets.token_hex(32)
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    # Elasticsearch refuses a password file that anybody else may read.
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.rename(path)
    return True


if __name__ == "__main__":
    made = [name for name, length in WANTED.items() if make(ROOT / name, length)]
    print(f"made {', '.join(made)}" if made else "every password and key is there already", file=sys.stderr)
