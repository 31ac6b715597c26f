"""A real portal for programs: `lectern serve` on a free port, with sessions on paper."""

import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

DEFINITION = """
apiVersion: training.educates.dev/v1beta1
kind: TrainingPortal
metadata:
  name: labs
spec:
  portal:
    labels: [{name: room, value: "5"}]
    catalog: {visibility: %s}
    credentials:
      robot: {username: robot@educates, password: robots-password}
    clients:
      robot: {id: robots-client, secret: robots-secret}
  workshops:
  - name: shell
    alias: first steps
    labels: [{name: level, value: beginner}]
    capacity: 10000
    reserved: 2
    expires: 60m
  - name: git
    capacity: 10000
    reserved: 0
    expires: 10m
---
apiVersion: training.educates.dev/v1beta1
kind: Workshop
metadata: {name: shell}
spec:
  title: Shell
  description: A workshop to test with.
  duration: 90m
  request:
    parameters: [{name: COLOUR, value: green}]
---
apiVersion: training.educates.dev/v1beta1
kind: Workshop
metadata: {name: git}
spec:
  title: Git
  description: Another one.
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Portal:
    def __init__(self, definition=None, visibility="private"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="la-"))
        self.definition = self.folder / "portal.yaml"
        self.definition.write_text(definition or DEFINITION % visibility)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = self.folder / "serve.log"
        self.process = subprocess.Popen(
            [
                os.environ["LECTERN_PROGRAM"], "serve", self.definition, "--runtime", "none", "--front-door", "none",
                "--portal-listen", f"127.0.0.1:{port}", "--public-url", f"http://lectern.localhost:{port}",
                "--data", self.folder / "data", "--run", self.folder / "run",
            ],
            stdin=subprocess.DEVNULL, stdout=self.log.open("ab"), stderr=subprocess.STDOUT, start_new_session=True)
        self._wait()

    def _wait(self):
        for _ in range(300):
            try:
                with urllib.request.urlopen(self.url + "/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise AssertionError("the portal did not become ready:\n" + self.log.read_text())

    def token(self):
        form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
        client = base64.b64encode(b"robots-client:robots-secret").decode()
        request = urllib.request.Request(
            self.url + "/oauth2/token/", data=form, headers={"Authorization": "Basic " + client})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)["access_token"]

    def call(self, path, token, method="GET", body=None):
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + token})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
