"""A real Elasticsearch for the tests: the user's own, or Elastic's minimal server, started here and stopped by its pid.

The minimal server is Elastic's own build for integration tests; Maven fetches it into its cache. It lacks the module
with the language analyzers, so a small plugin that is compiled here adds them (see ``plugin/``). Each version is
unpacked once for all nodes; a node has its settings and data in a folder of its own, in memory where there is room.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / ".build" / "elasticsearch"
PLUGIN = Path(__file__).parent / "plugin" / "LanguageAnalysisPlugin.java"
LINES = {"8.19": "8.19.3", "9": "9.3.2"}
OLDEST_JAVA = {"8.19": 17, "9": 21}
USER = "candor-es"
MEMORY = Path("/dev/shm")
ELSEWHERE = Path("/var/tmp/candor-elasticsearch")
ROOM_BYTES = 2 * 2**30
PASSWORD = "candor-test-password"


class MissingError(Exception):
    """What the machine lacks to run a server, in words for the skip."""


@dataclass(slots=True)
class Server:
    """A running node. ``stop`` ends it; ``kill`` is kill -9; ``start`` runs it again on the same data and port.

    ``program`` is the unpacked version, ``home`` the node's own folder.
    """

    line: str
    program: Path
    home: Path
    java: Path
    port: int
    secure: bool = False
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return int((self.home / "server.pid").read_text())

    def start(self, *, wait_s: float = 120) -> None:
        """Start the node and wait until its cluster answers."""
        pid = self.home / "server.pid"
        pid.unlink(missing_ok=True)
        environment = _environment(self.home, self.java) | {"ES_JAVA_OPTS": " ".join(self.options)}
        command = [str(self.program / "bin" / "elasticsearch"), "-p", str(pid)]
        with (self.home / "start.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*_as_user(), *command], env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=self.home
            )
        self._wait(wait_s)

    def kill(self) -> None:
        """End the node as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        self._gone()

    def stop(self) -> None:
        """End the node in order."""
        if self.process is None or self.process.poll() is not None:
            return
        try:
            os.kill(self.pid, signal.SIGTERM)
        except (FileNotFoundError, ProcessLookupError):
            self.process.terminate()
        self._gone()

    def remove(self) -> None:
        """End the node and remove its folder."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _gone(self) -> None:
        assert self.process is not None
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.process = None

    def _wait(self, wait_s: float) -> None:
        until = time.monotonic() + wait_s
        # The server writes its own roles soon after the start, and refuses everybody while that index is made.
        path = "/_cluster/health/.security-7?wait_for_status=yellow&timeout=1s" if self.secure else "/_cluster/health"
        request = urllib.request.Request(f"{self.url}{path}", headers=_basic() if self.secure else {})
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(request, timeout=2) as answer:
                    if json.load(answer)["status"] in ("green", "yellow"):
                        return
            except (OSError, urllib.error.URLError, ValueError):
                time.sleep(0.5)
        log = (self.home / "start.log").read_text(errors="replace")[-3000:]
        raise RuntimeError(f"Elasticsearch {self.line} did not start:\n{log}")


def prepare(
    line: str, *, name: str, secure: bool = False, heap: str = "512m", thrifty: bool = True, disk: bool = False
) -> Server:
    """Unpack and configure a node of a server line; it is not started yet. Raises ``MissingError`` in words.

    ``thrifty`` starts it sooner and lets it work slower; ``disk`` keeps its data on the disk, whatever the room.
    """
    java = _java(OLDEST_JAVA[line])
    program = _program(LINES[line], java)
    # A folder of its own for each process that runs tests.
    place = (
        _build()
        if disk or not _room_in_memory()
        else MEMORY / f"candor-{os.getuid()}-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}"
    )
    home = place / f"{name}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{LINES[line]}"
    shutil.rmtree(home, ignore_errors=True)
    for folder in ("config", "data", "logs", "home", "tmp"):
        (home / folder).mkdir(parents=True)
    shutil.copytree(program / "config", home / "config", dirs_exist_ok=True)
    port = _free_port()
    (home / "config" / "elasticsearch.yml").write_text(_settings(home, port, secure=secure))
    _owned(home)
    if secure:
        _set_password(program, home, java)
    options = (f"-Xms{heap}", f"-Xmx{heap}", *(("-XX:TieredStopAtLevel=1",) if thrifty else ()))
    return Server(line=line, program=program, home=home, java=java, port=port, secure=secure, options=options)


def _build() -> Path:
    """Return where versions are unpacked: in the checkout, unless only root can enter it and we are root.

    Elasticsearch does not run as root, and its own user has to reach its files.
    """
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o005 == 0o005 for folder in ROOT.parents if folder.exists()):
        return BUILD
    return ELSEWHERE


def _room_in_memory() -> bool:
    return MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES


def _environment(home: Path, java: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(home / "config"),
        "HOME": str(home / "home"),
        "ES_TMPDIR": str(home / "tmp"),
    }


def _program(version: str, java: Path) -> Path:
    """Return the folder of an unpacked version with the test plugin in it; nobody writes to it once it is made."""
    mark = hashlib.sha256(f"{java} {PLUGIN.read_text('utf-8')}".encode()).hexdigest()[:8]
    build = _build()
    made = build / f"program-{version}-{mark}"
    build.mkdir(parents=True, exist_ok=True)
    with (build / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "ready").exists():
            shutil.rmtree(made, ignore_errors=True)
            with zipfile.ZipFile(_distribution(version)) as packed:
                _extract(packed, made)
            _add_plugin(made, java, version)
            (made / "ready").touch()
    return made


def _settings(home: Path, port: int, *, secure: bool) -> str:
    values: dict[str, object] = {
        "cluster.name": "candor-test",
        "discovery.type": "single-node",
        "http.port": port,
        "transport.port": "9400-9599",
        "network.host": "_local_",
        "path.data": str(home / "data"),
        "path.logs": str(home / "logs"),
        "node.portsfile": "true",
        "node.store.allow_mmap": "false",
        "node.processors": 2,
        "cluster.routing.allocation.disk.watermark.low": "1b",
        "cluster.routing.allocation.disk.watermark.high": "1b",
        "cluster.routing.allocation.disk.watermark.flood_stage": "1b",
        "indices.breaker.total.use_real_memory": "false",
        "xpack.security.enabled": str(secure).lower(),
    }
    if secure:
        # The test client speaks plain HTTP on loopback; TLS is proven against a server of its own.
        values["xpack.security.http.ssl.enabled"] = "false"
        values["xpack.security.transport.ssl.enabled"] = "false"
        values["xpack.security.authc.api_key.enabled"] = "true"
    return "".join(f"{key}: {value}\n" for key, value in values.items())


def _set_password(program: Path, home: Path, java: Path) -> None:
    command = [*_as_user(), str(program / "bin" / "elasticsearch-keystore"), "add", "-f", "-x", "bootstrap.password"]
    subprocess.run(command, env=_environment(home, java), input=PASSWORD.encode(), check=True, capture_output=True)


def _basic() -> dict[str, str]:
    from base64 import b64encode

    return {"Authorization": "Basic " + b64encode(f"elastic:{PASSWORD}".encode()).decode()}


def _distribution(version: str) -> Path:
    group = "org/elasticsearch/distribution/integ-test-zip/elasticsearch"
    packed = Path.home() / ".m2" / "repository" / group / version / f"elasticsearch-{version}.zip"
    if not packed.exists():
        if not shutil.which("mvn"):
            raise MissingError("Maven (mvn) is missing: it fetches the minimal Elasticsearch server")
        artifact = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{version}:zip"
        command = ["mvn", "-q", "-B", "dependency:get", "-Dtransitive=false", f"-Dartifact={artifact}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingError(f"Maven could not fetch Elasticsearch {version}: {done.stdout[-300:]}")
    return packed


def _extract(packed: zipfile.ZipFile, home: Path) -> None:
    for item in packed.infolist():
        inside = item.filename.partition("/")[2]
        if not inside or item.is_dir():
            continue
        target = home / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(packed.read(item))
        mode = item.external_attr >> 16
        if mode & 0o111:
            target.chmod(0o755)
    (home / "plugins").mkdir(exist_ok=True)


def _add_plugin(home: Path, java: Path, version: str) -> None:
    target = home / "plugins" / "candor-test-analysis"
    classes = home / "classes"
    classes.mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    release = "17" if version.startswith("8.") else "21"
    compiler = [str(java / "bin" / "javac"), "-nowarn", "--release", release, "-cp", f"{home}/lib/*"]
    done = subprocess.run([*compiler, "-d", str(classes), str(PLUGIN)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the test plugin does not compile for Elasticsearch {version}:\n{done.stdout}{done.stderr}")
    with zipfile.ZipFile(target / "candor-test-analysis.jar", "w") as jar:
        for path in sorted(classes.rglob("*.class")):
            jar.write(path, path.relative_to(classes))
    lines = {
        "description": "Language analyzers for the tests",
        "version": "1",
        "name": "candor-test-analysis",
        "classname": "org.candor.test.LanguageAnalysisPlugin",
        "java.version": release,
        "elasticsearch.version": version,
    }
    (target / "plugin-descriptor.properties").write_text("".join(f"{key}={value}\n" for key, value in lines.items()))


def _java(oldest: int) -> Path:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += sorted(Path("/usr/lib/jvm").glob("*")) if Path("/usr/lib/jvm").is_dir() else []
    for home in homes:
        if not (home / "bin" / "javac").exists():
            continue
        said = subprocess.run([home / "bin" / "javac", "-version"], capture_output=True, text=True, check=False)
        number = re.search(r"javac (\d+)", said.stdout + said.stderr)
        if number and int(number.group(1)) >= oldest:
            return home
    raise MissingError(f"a JDK {oldest} or newer is missing: it runs the minimal Elasticsearch server")


def _as_user() -> list[str]:
    """Elasticsearch refuses to run as root: then it gets a user of its own."""
    if os.geteuid() != 0:
        return []
    entry = _user()
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]


def _user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        if lacking := [name for name in ("useradd", "setpriv") if not shutil.which(name)]:
            raise MissingError(f"{' and '.join(lacking)} missing: Elasticsearch does not run as root") from None
        subprocess.run(["useradd", "--system", "--no-create-home", USER], check=True, capture_output=True)
        return pwd.getpwnam(USER)


def _owned(folder: Path) -> None:
    if os.geteuid() != 0:
        return
    entry = _user()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
