"""A real portal for the browser: `lectern serve` on free ports, with the examples and an index page on another origin."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).parent
EXAMPLES = HERE.parent.parent / "Examples"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Portal:
    """Subclasses change what `options` and `ancestors` say."""

    scheme = "http"
    ancestors = ()

    def options(self):
        return []

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lb-"))
        self.folder.chmod(0o755)
        port, site_port = free_port(), free_port()
        self.url = f"{self.scheme}://lectern.localhost:{port}"
        self.site = f"http://localhost:{site_port}"
        self.index = self.site + "/"
        self._port = port
        self._definitions()
        self._index_page()
        self._slow_bubblewrap()
        self.log = self.folder / "serve.log"
        self._command = [
            os.environ["LECTERN_PROGRAM"], "serve", self.folder / "portal",
            "--data", self.folder / "data", "--run", self.folder / "run",
            "--listen", f"127.0.0.1:{port}",
            "--site", self.folder / "site", "--site-listen", f"127.0.0.1:{site_port}", *self.options(),
        ]
        self._environment = dict(os.environ, PATH=f"{self.folder}/bin:{os.environ['PATH']}")
        self.begin()

    def begin(self):
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
            env=self._environment, start_new_session=True)

    def kill(self):
        """As a power cut would, but for the portal alone."""
        self.process.kill()
        self.process.wait()

    def restart_front_door(self):
        """Every connection is lost; the portal starts another one by itself."""
        os.kill(int((self.folder / "run" / "nginx" / "nginx.pid").read_text()), signal.SIGTERM)

    def _definitions(self):
        target = self.folder / "portal"
        shutil.copytree(EXAMPLES / "portal", target)
        (target / "portal.yaml").unlink()
        shutil.copytree(HERE / "workshops", target, dirs_exist_ok=True)
        definition = target / "portal.yaml"
        text = definition.read_text().replace("@SITE@", self.site)
        if self.ancestors:
            text = text.replace("  portal:\n", f"  portal:\n    theme: {{frame: {{ancestors: {list(self.ancestors)}}}}}\n", 1)
        definition.write_text(text)

    def _index_page(self):
        target = self.folder / "site"
        shutil.copytree(EXAMPLES / "index-page", target)
        page = target / "index.html"
        text = page.read_text().replace("http://lectern.localhost:8080", self.url)
        page.write_text(text.replace(urllib.parse.quote("http://localhost:8081/", safe=""), self.quoted_index))

    def _slow_bubblewrap(self):
        """Stands before the real one and never starts the sandboxes of one workshop."""
        real = shutil.which("bwrap")
        script = self.folder / "bin" / "bwrap"
        script.parent.mkdir()
        script.write_text(
            "#!/bin/sh\n"
            'case " $* " in *" --hostname slow-start "*) exec sleep 600 ;; esac\n'
            f'exec {real} "$@"\n')
        script.chmod(0o755)

    @property
    def quoted_index(self):
        return urllib.parse.quote(self.index, safe="")

    def launch(self, workshop):
        return f"{self.url}/workshops/environment/{workshop}/create/?index_url={self.quoted_index}"

    def wait_until_ready(self, seconds=120):
        """Returns when the portal takes visitors and the catalogue offers every workshop."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "lectern serve ended:\n" + self.log.read_text()
            try:
                catalogue = self._get("/workshops/catalog/")
                if all(f"/workshops/environment/labs-w{number:02}/" in catalogue for number in range(1, 10)):
                    return
            except (OSError, urllib.error.HTTPError):
                pass
            time.sleep(0.05)
        raise AssertionError("lectern serve does not get ready:\n" + self.log.read_text())

    def _wait_for(self, path, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "lectern serve ended:\n" + self.log.read_text()
            try:
                return self._get(path)
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.05)
        raise AssertionError("lectern serve does not get ready:\n" + self.log.read_text())

    def _get(self, path):
        request = urllib.request.Request(
            f"{self.scheme}://127.0.0.1:{self._port}{path}", headers={"Host": urllib.parse.urlsplit(self.url).netloc})
        # The certificates of tests are their own.
        context = ssl._create_unverified_context() if self.scheme == "https" else None
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:
            return answer.read().decode()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._remove_sandboxes()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _remove_sandboxes(self):
        """Sessions outlive the portal on purpose; those of a test must not outlive the test."""
        groups = set()
        for record in (self.folder / "data" / "sessions").glob("*/sandbox.json"):
            sandbox = json.loads(record.read_text())
            groups.update(pathlib.Path(group) for group in sandbox.get("controlGroups", []))
            for part in ("first", "outer"):
                # Both are init-like for what is below them: everything in the sandbox goes with them.
                with contextlib.suppress(OSError, KeyError):
                    os.kill(sandbox[part]["pid"], signal.SIGKILL)
        for group in sorted(groups) + sorted({group.parent for group in groups}):
            self._remove_group(group)

    @staticmethod
    def _remove_group(group):
        for _ in range(50):
            try:
                group.rmdir()
                return
            except FileNotFoundError:
                return
            except OSError:
                # Its last process is still going.
                time.sleep(0.02)
