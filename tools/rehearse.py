"""``make rehearse``: build the image and play docker-compose.yml's start on loopback, without a container engine.

Real: the Dockerfile's build, each service's command in the built image as its user, Elasticsearch with security on.
Played: Kibana (a stand-in that checks what it is sent), the network and the limits that an engine would set.
Needs buildah and mmdebstrap (Debian packages) and root.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from candor.sample.config import config_text  # noqa: E402
from candor.sample.own_files import own_files  # noqa: E402
from candor.sample.server import serve  # noqa: E402
from tests.support.elastic.kibana_stand_in import StandIn, basic, standing_in  # noqa: E402
from tests.support.elastic.server import PASSWORD, Server, prepare  # noqa: E402

BUILD = ROOT / ".build" / "rehearse"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PACKAGES = "ca-certificates,libsqlite3-0,libffi8,libssl3,libbz2-1.0,liblzma5,zlib1g,libncursesw6,libreadline8,libuuid1"
BUILDAH = ["buildah", "--root", f"{BUILD}/images", "--runroot", f"{BUILD}/run"]
USER = 1000
FEWEST = 500
FEWEST_RUNS = 4
STATE = "/var/lib/candor"
SHARES = {
    "elastic-secrets": "/run/secrets/elastic",
    "kibana-secrets": "/run/secrets/kibana",
    "candor-secrets": "/run/secrets/candor",
}


def main() -> int:
    """Play everything in order; the first thing that is not as it should be ends it with its reason."""
    for program in ("buildah", "mmdebstrap"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is missing: apt-get install buildah mmdebstrap")
    BUILD.mkdir(parents=True, exist_ok=True)
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    step("docker-compose.yml and Dockerfile are read", check_files(compose))
    image = _from_line()
    step(f"a base stands in for {image}", make_base(image))
    step("the image is built", build())
    server = prepare("8.19", name="rehearsal", secure=True, heap="1g", thrifty=False, disk=True)
    with tempfile.TemporaryDirectory(prefix="candor-rehearsal-") as folder:
        try:
            Play(compose, server, Path(folder)).run()
        finally:
            server.stop()
    print("rehearsed: the start, the sample, and a restart of each")
    return 0


def step(words: str, began: float) -> None:
    """Say that a step is done and how long it took."""
    print(f"  ok  {words} ({time.monotonic() - began:.0f} s)", flush=True)


def expect(holds: bool, words: str) -> None:
    """End the rehearsal where something does not hold."""
    if not holds:
        raise SystemExit(f"FAILED: {words}")


def check_files(compose: dict[str, Any]) -> float:
    """Hold the compose file against what the docs promise; lint the Dockerfile where hadolint is at hand."""
    began = time.monotonic()
    services = compose["services"]
    versions = {
        service["image"].partition(":")[2] for name, service in services.items() if name in {"elasticsearch", "kibana"}
    }
    expect(len(versions) == 1, f"Elasticsearch and Kibana are of one version, not {versions}")
    for name, service in services.items():
        ours = service["image"].startswith("candor:")
        expect(service.get("cap_drop") == ["ALL"], f"{name} drops every capability")
        expect("mem_limit" in service, f"{name} has a limit on memory")
        expect(not ours or service["read_only"] is True, f"{name} has a read-only root")
        expect(not ours or service["user"] == f"{USER}:{USER}", f"{name} does not run as root")
        for key, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|KEY|SECRET", key) and not key.endswith("_FILE")
            expect(not secret, f"{name}: {key} holds a secret in the file ({value!r})")
        for used in service.get("volumes", ()):
            source = used.partition(":")[0]
            expect(source.startswith("./") or source in compose["volumes"], f"{name}: volume {source} is declared")
        for needed, how in service.get("depends_on", {}).items():
            expect(needed in services, f"{name} waits for {needed}, which exists")
            expect(how["condition"] != "service_started", f"{name} waits until {needed} is well, not only started")
        for port in service.get("ports", ()):
            expect(port.startswith("127.0.0.1:"), f"{name} publishes {port} on loopback only")
        if "CANDOR_ELASTIC_API_KEY_FILE" in service.get("environment", {}):
            check_writer(name, service, compose["volumes"])
    check_health(services["candor"])
    hadolint = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint:
        subprocess.run([hadolint, str(ROOT / "Dockerfile")], check=True)  # noqa: S603
    else:
        print("  --  hadolint is not at hand; the Dockerfile was not linted", flush=True)
    return began


def check_writer(name: str, service: dict[str, Any], volumes: dict[str, Any]) -> None:
    """What waits for Elasticsearch lies on a named volume that may be written to."""
    spool = service["environment"].get("CANDOR_SPOOL", "")
    kept = []
    for used in service["volumes"]:
        source, target, *mode = used.split(":")
        if source in volumes and mode != ["ro"]:
            kept.append(target)
    expect(
        any(spool.startswith(f"{target}/") for target in kept), f"{name} keeps its spool ({spool}) on a named volume"
    )


def check_health(service: dict[str, Any]) -> None:
    """The crawler's health is what the crawler itself says, of the configuration that it runs with."""
    asked = service.get("healthcheck", {}).get("test", [])
    expect(asked[:2] == ["CMD", "candor"], f"candor's health check asks candor, not {asked}")
    expect(asked[2:4] == ["watch", "--check"] or asked[2:3] == ["doctor"], f"candor's health check is {asked}")
    script = (ROOT / "docker" / service["entrypoint"][0].rpartition("/")[2]).read_text("utf-8")
    config = asked[asked.index("--config") + 1] if "--config" in asked else ""
    expect(f"candor watch --config {config} " in script, f"candor's health check reads {config}, as the crawler does")
    state = service.get("environment", {}).get("CANDOR_STATE", "")
    expect(state.startswith("/var/lib/candor/"), "candor's state lies on its volume, wherever its configuration does")


def make_base(image: str) -> float:
    """Make an image of the name that the Dockerfile starts from: Debian's packages and this machine's Python."""
    began = time.monotonic()
    have = subprocess.run([*BUILDAH, "images", "-q", image], capture_output=True, check=False)  # noqa: S603
    if have.returncode == 0 and have.stdout.strip():
        return began
    packed = BUILD / "debian.tar"
    if not packed.exists():
        quiet("mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(packed))
    python = BUILD / "python"
    shutil.rmtree(python, ignore_errors=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = Path(sysconfig.get_path("stdlib"))
    leave = shutil.ignore_patterns("test", "site-packages", "dist-packages", "__pycache__")
    shutil.copytree(library, python / "lib" / version, ignore=leave, symlinks=True)
    (python / "lib" / version / "site-packages").mkdir()
    for shared in library.parent.glob("libpython3*.so*"):
        shutil.copy2(shared, python / "lib" / shared.name, follow_symlinks=False)
    (python / "bin").mkdir()
    shutil.copy2(Path(sys.base_prefix) / "bin" / version, python / "bin" / version)
    for name in ("python3", "python"):
        (python / "bin" / name).symlink_to(version)
    container = quiet(*BUILDAH, "from", "scratch")
    quiet(*BUILDAH, "add", "-q", container, str(packed), "/")
    quiet(*BUILDAH, "add", "-q", container, str(python), "/usr/local")
    quiet(*BUILDAH, "run", "--isolation", "chroot", container, "--", "sh", "-c", "ldconfig && python3 -c 'import ssl'")
    quiet(*BUILDAH, "commit", "-q", "--rm", container, image)
    return began


def build() -> float:
    """Build every stage of the Dockerfile."""
    began = time.monotonic()
    # A machine behind a company's proxy has certificates and a pip configuration of its own: the build needs them too.
    trust = ["-v", f"{CERTIFICATES}:{CERTIFICATES}:ro"] if CERTIFICATES.exists() else []
    for own in (Path("/etc/pip.conf"), Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf"):
        if own.exists():
            trust += ["-v", f"{own}:/etc/pip.conf:ro"]
            break
    options = ["--format", "docker", "--layers", "--isolation", "chroot", "--network", "host", "--pull-never"]
    quiet(*BUILDAH, "bud", *options, *trust, "-t", "candor:rehearsal", str(ROOT))
    return began


class Play:
    """The services in their order. ``volumes`` are folders that stand for the named volumes."""

    def __init__(self, compose: dict[str, Any], server: Server, folder: Path) -> None:
        self.compose = compose
        self.server = server
        self.folder = folder
        self.kibana: StandIn | None = None
        self.said: list[str] = []
        folder.chmod(0o755)

    def run(self) -> None:
        """Start, fill, look, and do each once more."""
        began = time.monotonic()
        self.service("secrets")
        step("secrets made every password and key", began)
        began = time.monotonic()
        self.server.start(wait_s=240)
        # Elastic's image does this with ELASTIC_PASSWORD_FILE.
        self.ask(
            "elastic",
            PASSWORD,
            "POST",
            "/_security/user/elastic/_password",
            {"password": self.secret("elastic/password")},
        )
        step("Elasticsearch runs with security on", began)
        with standing_in(authorization=basic("elastic", self.secret("elastic/password"))) as self.kibana:
            self.twice()
        self.nothing_leaked()

    def twice(self) -> None:
        """Run setup and sample, then each again after a restart of the server: nothing may change."""
        began = time.monotonic()
        self.service("setup")
        expect(bool(self.kibana and self.kibana.default_view), "the boards are in Kibana")
        step("setup installed templates, roles, the writer's key and the boards", began)
        began = time.monotonic()
        with ports_free():
            self.service("sample")
        first = self.count()
        expect(first >= FEWEST, f"the sample gave {first} mentions, at least {FEWEST} were expected")
        step(f"the image crawled the sample as uid {USER}: {first} mentions", began)
        self.rights()
        began = time.monotonic()
        self.watch()
        expect(self.count() == first, f"the scheduled crawl adds nothing: {first} before, {self.count()} after")
        step("the crawler read sources on schedule, told that it is well, and ended when it was asked to", began)
        began = time.monotonic()
        self.server.stop()
        kept = self.secret("elastic/password")
        self.service("secrets")
        expect(self.secret("elastic/password") == kept, "a second start keeps the passwords")
        self.server.secure = False  # its own wait would use the first password; setup waits by itself
        with contextlib.suppress(RuntimeError):
            self.server.start(wait_s=25)
        self.wait()
        self.service("setup")
        with ports_free():
            self.service("sample")
        expect(self.count() == first, f"a second crawl adds nothing: {first} before, {self.count()} after")
        step("after a restart of each: the same passwords, nothing doubled", began)

    def service(self, name: str) -> None:
        """Run a service's command in the built image, as its user, with its volumes."""
        service = self.compose["services"][name]
        with self.container(service) as run:
            done = subprocess.run(  # noqa: S603
                [*run, *service["entrypoint"], *service["command"]], capture_output=True, text=True, check=False
            )
        self.said.append(done.stdout + done.stderr)
        expect(done.returncode == 0, f"{name} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")

    @contextlib.contextmanager
    def container(self, service: dict[str, Any]) -> Iterator[list[str]]:
        """Give the command line that runs something as a service would; its container goes afterwards."""
        container = quiet(*BUILDAH, "from", "--pull-never", "candor:rehearsal")
        # An engine lets a named volume win over the one that the image declares; buildah would hide it.
        quiet(*BUILDAH, "config", "--volume", f"{STATE}-", container)
        places = {"CANDOR_STORE": self.server.url, "CANDOR_KIBANA_URL": self.kibana.url if self.kibana else ""}
        told = {**service.get("environment", {}), **places}
        options = [f"--env={key}={value}" for key, value in told.items()]
        for used in service["volumes"]:
            source, target, *mode = used.split(":")
            options.append(f"--volume={self.volume(source)}:{target}:{mode[0] if mode else 'rw'}")
        try:
            yield [*BUILDAH, "run", "--isolation", "chroot", "--user", service["user"], *options, container, "--"]
        finally:
            quiet(*BUILDAH, "rm", container)

    def watch(self) -> None:
        """Run the crawler until it has read some sources again and its health check is content; then end it."""
        service = self.compose["services"]["candor"]
        config = self.volume("./config") / "candor.toml"
        # Everything was crawled a minute ago: nothing would be due within the hour.
        config.write_text(re.sub(r'^every = ".*"$', 'every = "20s"', config_text(), flags=re.MULTILINE), "utf-8")
        config.chmod(0o644)
        for name, content in own_files(datetime.now(UTC).date()).items():
            (config.parent / name).write_bytes(content)
            (config.parent / name).chmod(0o644)
        before, until = self.runs(), time.monotonic() + 300
        log = self.folder / "watch.log"
        with ports_free(), serve(), self.container(service) as run, log.open("wb") as said:
            running = subprocess.Popen([*run, *service["entrypoint"]], stdout=said, stderr=said)  # noqa: S603
            try:
                while self.runs() < before + FEWEST_RUNS and time.monotonic() < until and running.poll() is None:
                    time.sleep(2)
                words = self.health(service) + log.read_text("utf-8", errors="replace")[-2000:]
                expect(self.runs() >= before + FEWEST_RUNS, f"sources are crawled on schedule:\n{words}")
            finally:
                self.stop_watch(running)
        self.said.append(log.read_text("utf-8", errors="replace"))
        expect(running.returncode == 0, f"the crawler ends in order, not with {running.returncode}:\n{self.said[-1]}")

    def health(self, service: dict[str, Any]) -> str:
        """Ask a running service's health check, which must be content."""
        with self.container(service) as run:
            command = [*run, *service["healthcheck"]["test"][1:]]
            asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        expect(asked.returncode == 0, f"the health check says that all is well:\n{asked.stdout}{asked.stderr}")
        return asked.stdout + asked.stderr

    def stop_watch(self, running: subprocess.Popen[bytes]) -> None:
        """Ask the crawler itself to end: it told its process id."""
        told = self.volume("candor-state") / ".candor" / "watch.json"
        pid = json.loads(told.read_text("utf-8"))["pid"] if told.exists() else 0
        line = Path(f"/proc/{pid}/cmdline")
        if pid and line.exists() and b"watch" in line.read_bytes():
            os.kill(pid, signal.SIGTERM)
        else:
            running.terminate()
        running.wait(120)

    def runs(self) -> int:
        """Return how many crawls of a source the store tells of."""
        password = self.secret("elastic/password")
        self.ask("elastic", password, "POST", "/candor-records-v1-source_run/_refresh")
        return int(self.ask("elastic", password, "GET", "/candor-records-v1-source_run/_count")[1].get("count", 0))

    def volume(self, name: str) -> Path:
        """Return the folder of a named volume; a new one belongs to our user, as the image's own folder does."""
        path = self.folder / name
        if not path.exists():
            path.mkdir(mode=0o700)
            os.chown(path, USER, USER)
        return path

    def secret(self, name: str) -> str:
        """Return a secret that the services made; it must be for its owner's eyes only."""
        owner, _, rest = name.partition("/")
        path = self.folder / f"{owner}-secrets" / rest
        expect(path.stat().st_mode & 0o777 == 0o400 and path.stat().st_uid == USER, f"{name} is its owner's alone")
        return path.read_text().strip()

    def rights(self) -> None:
        """The team reads and cannot write; the crawler's key cannot remove an index."""
        team = self.secret("elastic/team-password")
        expect(self.ask("team", team, "GET", "/mentions/_count")[0] == 200, "the team reads mentions")
        expect(self.ask("team", team, "PUT", "/mentions-v1-2026/_doc/x", {})[0] == 403, "the team cannot write")
        key = {"Authorization": f"ApiKey {self.secret('candor/writer.key')}"}
        status, _ = self.send("DELETE", "/mentions-v1-2026", None, key)
        expect(status == 403, f"the crawler's key cannot remove an index (the server said {status})")
        step("the team reads only; the crawler's key removes no index", time.monotonic())

    def count(self) -> int:
        """Return how many mentions there are."""
        password = self.secret("elastic/password")
        self.ask("elastic", password, "POST", "/mentions/_refresh")
        return int(self.ask("elastic", password, "GET", "/mentions/_count")[1]["count"])

    def wait(self) -> None:
        """Wait until the restarted server answers."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                path = "/_cluster/health?wait_for_status=yellow&timeout=5s"
                if self.ask("elastic", self.secret("elastic/password"), "GET", path)[0] == 200:
                    return
            time.sleep(1)
        raise SystemExit("FAILED: Elasticsearch did not come back")

    def ask(self, user: str, password: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and answer for a request as a user."""
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        return self.send(method, path, body, {"Authorization": f"Basic {token}"})

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        """Return status and answer."""
        raw = json.dumps(body).encode() if body is not None else None
        headers = {**headers, "Content-Type": "application/json"}
        request = urllib.request.Request(self.server.url + path, data=raw, method=method, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, {}

    def nothing_leaked(self) -> None:
        """No secret stands in anything that a service said."""
        whole = "\n".join(self.said)
        for path in self.folder.glob("*-secrets/*"):
            expect(path.read_text().strip() not in whole, f"{path.name} stands in a service's output")
        step("no secret stands in what the services said", time.monotonic())


@contextlib.contextmanager
def ports_free() -> Iterator[None]:
    """The sample web has fixed ports: one rehearsal on a machine at a time."""
    with (Path(tempfile.gettempdir()) / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def quiet(*command: str) -> str:
    """Run a command and return what it wrote; show everything where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"FAILED: {' '.join(command)[:200]}\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout.strip()


def _from_line() -> str:
    names = set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE))
    expect(len(names) == 1, f"every stage starts from one image, not {names}")
    return f"docker.io/library/{names.pop()}"


if __name__ == "__main__":
    sys.exit(main())
