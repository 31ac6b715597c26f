"""Starting and stopping what is measured: the portal, the floors, the load generator."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONNECTIONS = 32


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(check, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.005)
    raise RuntimeError(f"{what}: not within {seconds} s")


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


PORTAL = """\
apiVersion: training.educates.dev/v1beta1
kind: TrainingPortal
metadata:
  name: bench
spec:
  portal:
    title: Measured
    registration:
      type: anonymous
    catalog:
      visibility: private
    launches:
      perAddressPerMinute: 0
      perVisitorPerMinute: 0
  workshops:
{entries}
"""
ENTRY = """\
  - name: {name}
    capacity: {capacity}
    reserved: {reserved}
    initial: {reserved}
    expires: 60m
"""
WORKSHOP = """\
apiVersion: training.educates.dev/v1beta1
kind: Workshop
metadata:
  name: {name}
spec:
  title: The {name} workshop
  description: What one will be able to do after it, in a sentence or two of the usual length.
  difficulty: beginner
  duration: 15m
"""
PAGE = "---\ntitle: Begin\n---\nType `echo hello` and see.\n\n```execute\necho hello\n```\n"


class Portal:
    """A running `lectern serve` in a folder of its own."""

    def __init__(self, program, runtime="none", workshops=("one", "two", "three"), capacity=1_000_000, reserved=0,
                 webhook=None, pages=None, more="", files=None):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="lectern-bench-", dir="/tmp")
        os.chmod(self.folder, 0o711)  # for root's front door, whose workers are not root
        self.port = free_port()
        self.portal_port = free_port()
        self.host = f"lectern.localhost:{self.port}"
        self.runtime = runtime
        definitions = os.path.join(self.folder, "definitions")
        os.mkdir(definitions)
        entries = "".join(ENTRY.format(name=n, capacity=capacity, reserved=reserved) for n in workshops)
        with open(os.path.join(definitions, "portal.yaml"), "w") as file:
            file.write(PORTAL.format(entries=entries))
            if webhook:
                file.write(f"  analytics:\n    webhook:\n      url: {webhook}\n")
        for name in workshops:
            os.makedirs(os.path.join(definitions, name, "resources"))
            os.makedirs(os.path.join(definitions, name, "workshop", "content"))
            with open(os.path.join(definitions, name, "resources", "workshop.yaml"), "w") as file:
                file.write(WORKSHOP.format(name=name) + more)
            with open(os.path.join(definitions, name, "workshop", "content", "01.md"), "w") as file:
                file.write(PAGE)
            for page, text in (pages or {}).items():
                with open(os.path.join(definitions, name, "workshop", "content", page), "w") as file:
                    file.write(text)
            for path, text in (files or {}).items():
                with open(os.path.join(definitions, name, path), "w") as file:
                    file.write(text)
        self.process = None
        self.start()

    def start(self):
        self.log = open(os.path.join(self.folder, "log"), "a")
        self.process = subprocess.Popen(
            [self.program, "serve", os.path.join(self.folder, "definitions"),
             "--data", os.path.join(self.folder, "data"), "--run", os.path.join(self.folder, "run"), "--runtime", self.runtime,
             "--listen", f"127.0.0.1:{self.port}", "--portal-listen", f"127.0.0.1:{self.portal_port}",
             "--public-url", f"http://{self.host}"],
            stdout=self.log, stderr=self.log)
        wait_until(self.is_ready, 15, "the portal")

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError("the portal ended: " + open(os.path.join(self.folder, "log")).read()[-2000:])
        try:
            return self.get("/readyz", port=self.portal_port)[0] == 200 and accepts(self.port)
        except OSError:
            return False

    def get(self, path, cookie=None, host=None, port=None, connection=None, method="GET", token=None):
        """One request; returns status, headers, body."""
        own = connection is None
        connection = connection or http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        headers = {"Host": host or self.host, "Accept": "text/html", "User-Agent": "Mozilla/5.0 (bench)"}
        if cookie:
            headers["Cookie"] = cookie
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        if own:
            connection.close()
        return response.status, response.headers, body

    def create_path(self, workshop="one"):
        return f"/workshops/environment/{workshop}/create/?index_url=http%3A%2F%2Flocalhost%3A9%2F"

    def sign_in(self):
        """A login cookie."""
        status, headers, _ = self.get("/accounts/create/")
        assert status == 302, status
        return headers["Set-Cookie"].split(";")[0]

    def credentials(self):
        return json.loads(subprocess.run(
            [self.program, "credentials", "--data", os.path.join(self.folder, "data"), "--json"],
            capture_output=True, text=True, check=True).stdout)

    def token(self):
        """An access token of the portal's robot."""
        shown = self.credentials()["client"]
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": shown["id"], "client_secret": shown["secret"]})
        connection = http.client.HTTPConnection("127.0.0.1", self.portal_port, timeout=10)
        connection.request("POST", "/oauth2/token/", form, {
            "Host": self.host, "Content-Type": "application/x-www-form-urlencoded"})
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
        return body["access_token"]

    def sessions(self):
        """How many are live, by the portal's own metrics."""
        connection = http.client.HTTPConnection("127.0.0.1", self.portal_port, timeout=30)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return sum(int(count) for count in re.findall(r'^lectern_sessions\{.*\} (\d+)$', text, re.M))

    def fill(self, wanted):
        """Launches until so many sessions are live."""
        url = f"http://127.0.0.1:{self.portal_port}{self.create_path()}"
        while (live := self.sessions()) < wanted:
            if wanted - live > 5_000:
                wrk(url, seconds=1, headers=(f"Host: {self.host}", "Accept: text/html", "User-Agent: Mozilla/5.0 (bench)"))
                continue
            connection = http.client.HTTPConnection("127.0.0.1", self.portal_port, timeout=30)
            for _ in range(wanted - live):
                self.get(self.create_path(), connection=connection)
            connection.close()
        return self.sessions()

    def restart_in_place(self):
        """Has the next program take over, and waits until it serves."""
        log = os.path.join(self.folder, "log")

        def takeovers():
            with open(log) as file:
                return file.read().count("front door taken over")

        before = takeovers()
        self.process.send_signal(signal.SIGUSR2)
        wait_until(lambda: takeovers() > before, 15, "the restart")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.end_leftovers()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end_leftovers(self):
        """Sessions outlive a portal, the front door a killed one: the benchmark's own must not."""
        try:
            with open(os.path.join(self.folder, "run", "nginx", "nginx.pid")) as file:
                os.kill(int(file.read()), signal.SIGTERM)
        except (OSError, ValueError):
            pass
        sessions = os.path.join(self.folder, "data", "sessions")
        for root in ([sessions] if os.path.isdir(sessions) else []):
            for name in os.listdir(root):
                try:
                    with open(os.path.join(root, name, "sandbox.json")) as file:
                        state = json.load(file)
                except (OSError, ValueError):
                    continue
                try:
                    os.kill(state["first"]["pid"], signal.SIGKILL)
                except (ProcessLookupError, KeyError, TypeError):
                    pass

    def click(self, workshop="one"):
        """What a browser does from the link to the dashboard, through the front door. Returns seconds, requests made."""
        begin = time.perf_counter()
        path, host, cookies, requests = self.create_path(workshop), self.host, {}, 0
        connections = {}
        while True:
            requests += 1
            if host not in connections:
                connections[host] = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            jar = "; ".join(cookies.get(host, {}).values())
            status, headers, body = self.get(path, cookie=jar, host=host, connection=connections[host])
            for value in headers.get_all("Set-Cookie") or []:
                pair = value.split(";")[0]
                cookies.setdefault(host, {})[pair.split("=")[0]] = pair
            if status == 200 and host != self.host and path.startswith("/dashboard"):
                for connection in connections.values():
                    connection.close()
                return time.perf_counter() - begin, requests, host, "; ".join(cookies[host].values())
            if status == 200 and "refresh" in body.decode(errors="replace").lower():
                time.sleep(0.02)  # the progress page
                continue
            if status not in (301, 302, 303) or requests > 100:
                raise RuntimeError(f"{status} at {host}{path}: {body[:300]!r}")
            target = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://{host}{path}", headers["Location"]))
            host, path = target.netloc, target.path + ("?" + target.query if target.query else "")
            if host.startswith("localhost:9"):
                raise RuntimeError(f"sent back: {headers['Location']}")


def compile_floor(name, folder, *flags):
    compiler = shutil.which("clang") or shutil.which("cc") or shutil.which("gcc")
    target = os.path.join(folder, name)
    subprocess.run([compiler, "-O2", "-o", target, os.path.join(HERE, "floors", name + ".c"), *flags], check=True)
    return target


def wrk(url, seconds=6, connections=CONNECTIONS, headers=()):
    """Requests per second, p50 and p99 in milliseconds, and how many answers were neither 2xx nor 3xx."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command + [url], capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))

    def percentile(which):
        value, unit = re.search(rf"\s{which}%\s+([\d.]+)(us|ms|s)\b", text).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    count = (int(bad.group(1)) if bad else 0) + (sum(map(int, errors.groups())) if errors else 0)
    return rate, percentile(50), percentile(99), count


def quantile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def private_dirty_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"Private_Dirty:\s+(\d+)", file.read()).group(1))


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
