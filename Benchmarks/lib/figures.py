"""The figures, one function each. Goals are for two cores with the load generator on them."""
import base64
import glob
import http.client
import os
import re
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time

import crowd
import terminal_protocol
from rig import (CONNECTIONS, HERE, Portal, accepts, compile_floor, free_port, private_dirty_kib, quantile, resident_kib,
                 wait_until, wrk)

rows = []


def row(figure, value, floor, ratio, goal, holds):
    rows.append((figure, value, floor, ratio, goal, "yes" if holds else "NO"))
    print(f"  {figure}: {value} (floor {floor}, ratio {ratio}, goal {goal}) {'' if holds else '<-- missed'}", flush=True)


class HTTPFloor:
    def __init__(self, folder, size):
        self.port = free_port()
        self.process = subprocess.Popen(
            [compile_floor("http-floor", folder, "-lmicrohttpd"), str(self.port), str(size)],
            stdout=subprocess.DEVNULL)
        wait_until(lambda: accepts(self.port), 5, "the HTTP floor")

    def stop(self):
        self.process.kill()
        self.process.wait()


class NginxFloor:
    """nginx with the settings of the front door, before the HTTP floor."""

    def __init__(self, folder, upstream):
        self.port = free_port()
        self.folder = os.path.join(folder, "nginx-floor")
        os.mkdir(self.folder)
        with open(os.path.join(self.folder, "nginx.conf"), "w") as file:
            file.write(f"""daemon off; worker_processes auto; pid {self.folder}/pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000; tcp_nodelay on; proxy_http_version 1.1;
client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f;
uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
upstream floor {{ server 127.0.0.1:{upstream}; keepalive 64; }}
server {{ listen 127.0.0.1:{self.port}; location / {{ proxy_pass http://floor; proxy_set_header Connection "";
proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; }} }} }}""")
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([nginx, "-p", self.folder, "-c", os.path.join(self.folder, "nginx.conf"),
                                         "-e", "stderr"], stderr=subprocess.DEVNULL)
        wait_until(lambda: accepts(self.port), 5, "the nginx floor")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def pages(program, folder):
    portal = Portal(program)
    try:
        cookie = portal.sign_in()
        status, _, body = portal.get("/workshops/catalog/", cookie=cookie)
        assert status == 200, status
        floor = HTTPFloor(folder, len(body))
        door = NginxFloor(folder, floor.port)
        try:
            headers = (f"Host: {portal.host}", f"Cookie: {cookie}", "Accept: text/html")
            bare = wrk(f"http://127.0.0.1:{floor.port}/")[0]
            rate, _, p99, bad = wrk(f"http://127.0.0.1:{portal.portal_port}/workshops/catalog/", headers=headers)
            row("catalogue page, signed in, 32 connections, at the portal", f"{rate:,.0f}/s", f"{bare:,.0f}/s",
                f"{rate / bare:.2f}", "0.40", bad == 0 and rate / bare >= 0.40)
            through_floor = wrk(f"http://127.0.0.1:{door.port}/")[0]
            rate, _, p99, bad = wrk(f"http://127.0.0.1:{portal.port}/workshops/catalog/", headers=headers)
            row("the same through nginx", f"{rate:,.0f}/s", f"{through_floor:,.0f}/s",
                f"{rate / through_floor:.2f}", "0.70", bad == 0 and rate / through_floor >= 0.70)
        finally:
            door.stop()
            floor.stop()
    finally:
        portal.stop()


def launches(program, folder):
    bare = float(subprocess.run(
        [compile_floor("sqlite-floor", folder, "-lsqlite3"), os.path.join(folder, "floor.db"), "3"],
        capture_output=True, text=True, check=True).stdout)
    portal = Portal(program)
    try:
        url = f"http://127.0.0.1:{portal.portal_port}{portal.create_path()}"
        headers = (f"Host: {portal.host}", "Accept: text/html", "User-Agent: Mozilla/5.0 (bench)")
        rate, p50, p99, bad = wrk(url, headers=headers)
        row("anonymous launches, durable, --runtime none, 32 connections", f"{rate:,.0f}/s", f"{bare:,.0f} commits/s",
            f"{rate / bare:.2f}", "3,000/s", bad == 0 and rate >= 3000)
        row("the same, p99", f"{p99:.1f} ms", "", "", "10 ms", bad == 0 and p99 <= 10)
    finally:
        portal.stop()


def timed_launches(portal, connection, count):
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        status, headers, _ = portal.get(portal.create_path(), connection=connection)
        times.append((time.perf_counter() - begin) * 1000)
        assert status == 302 and "notification" not in headers["Location"], headers["Location"]
    return times


def warmed(portal, connection):
    """Connections, caches and the processor's clock come up by one visitor who launches the same session again."""
    cookie = portal.sign_in()
    for _ in range(300):
        portal.get(portal.create_path("two"), cookie=cookie, connection=connection)


def decisions(program, folder):
    """One launch after another: what a launch costs beside so many live sessions."""
    medians, few = {}, []
    for _ in range(8):  # each launch adds a session, so a few of them in each of some portals
        portal = Portal(program, workshops=("one", "two"))
        try:
            connection = http.client.HTTPConnection("127.0.0.1", portal.portal_port)
            warmed(portal, connection)
            timed_launches(portal, connection, 9)
            few += timed_launches(portal, connection, 20)
        finally:
            portal.stop()
    medians[10] = statistics.median(few)
    portal = Portal(program, workshops=("one", "two"))
    try:
        connection = http.client.HTTPConnection("127.0.0.1", portal.portal_port)
        warmed(portal, connection)
        for level in (1_000, 10_000):
            portal.fill(level)
            warmed(portal, connection)
            medians[level] = statistics.median(timed_launches(portal, connection, 160))
    finally:
        portal.stop()
    spread = max(medians.values()) / min(medians.values()) - 1
    row("launch beside 10 / 1,000 / 10,000 live sessions", " / ".join(f"{v:.2f}" for v in medians.values()) + " ms",
        f"{min(medians.values()):.2f} ms", f"{1 + spread:.2f}", "within 20 %", spread <= 0.20)


def sandbox_floor_ms(folder):
    """bwrap around a small static program, from its start to its first HTTP answer."""
    program = compile_floor("sandbox-floor", folder, "-static")
    times = []
    for number in range(20):
        shared = os.path.join(folder, f"floor-{number}")
        os.mkdir(shared)
        path = os.path.join(shared, "s")
        begin = time.perf_counter()
        process = subprocess.Popen(
            ["bwrap", "--unshare-all", "--cap-drop", "ALL", "--die-with-parent", "--ro-bind", "/usr", "/usr",
             "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--symlink", "usr/bin", "/bin",
             "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", shared, "/run",
             "--ro-bind", program, "/floor", "/floor", "/run/s"])
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(path)
                    probe.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    if probe.recv(100):
                        break
            except OSError:
                time.sleep(0.0005)
        times.append((time.perf_counter() - begin) * 1000)
        process.kill()
        process.wait()
    return statistics.median(times)


def clicks(program, folder):
    floor = sandbox_floor_ms(folder)
    portal = Portal(program, runtime="local", workshops=("one",), capacity=200, reserved=40)
    try:
        wait_until(lambda: ready_sessions(portal) >= 40, 60, "40 reserved sessions")
        time.sleep(1)
        times, requests = [], set()
        for _ in range(30):
            seconds, count, _, _ = portal.click()
            times.append(seconds * 1000)
            requests.add(count)
            time.sleep(0.2)  # one visitor at a time; the refill runs beside
        p50, p99 = statistics.median(times), quantile(times, 0.99)
        row("click to a dashboard that answers, reserved, p50", f"{p50:.1f} ms", "", "", "20 ms", p50 <= 20)
        row("the same, p99", f"{p99:.1f} ms", "", "", "60 ms", p99 <= 60)
        row("browser requests from click to dashboard", f"{max(requests)}", "", "", "3", max(requests) <= 3)
        agents(portal)
    finally:
        portal.stop()
    portal = Portal(program, runtime="local", workshops=("one",), capacity=200, reserved=0)
    try:
        # Until the workshop's content is in place a launch is answered 503.
        wait_until(lambda: portal.get(portal.create_path())[0] == 302, 30, "the workshop")
        times = []
        for _ in range(40):
            times.append(portal.click()[0] * 1000)
            time.sleep(0.1)
        p50, p99 = statistics.median(times), quantile(times, 0.99)
        row("the same with nothing reserved, p50", f"{p50:.1f} ms", f"{floor:.1f} ms", f"{p50 / floor:.1f}", "60 ms",
            p50 <= 60)
        row("the same with nothing reserved, p99", f"{p99:.1f} ms", f"{floor:.1f} ms", f"{p99 / floor:.1f}", "200 ms",
            p99 <= 200)
        keystrokes(portal, folder)
    finally:
        portal.stop()


def ready_sessions(portal):
    return len(glob.glob(os.path.join(portal.folder, "run", "sessions", "*", "agent.sock")))


def agent_processes(portal):
    """The agents of this portal: `lectern session` processes whose sandbox mounts this portal's folder."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if len(words) < 2 or words[1] != b"session" or not words[0].endswith(b"lectern"):
                continue
            with open(f"/proc/{entry}/mountinfo") as file:
                if portal.folder in file.read():
                    found.append(int(entry))
        except OSError:
            continue
    return found


def agents(portal):
    os.sync()  # pages of a program that was just built count as dirty until they are on disk
    found = agent_processes(portal)[:50]
    mean = statistics.mean(private_dirty_kib(pid) for pid in found) / 1024
    row(f"agent memory, private dirty, idle, mean of {len(found)}", f"{mean:.2f} MB", "1 MB", f"{mean:.1f}", "4 MB",
        mean <= 4)


class Terminal:
    """A viewer of the first terminal, speaking RFC 6455 by hand so that it adds little of its own."""

    def __init__(self, portal, host, cookie):
        self.socket = socket.create_connection(("127.0.0.1", portal.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET /terminal/session/1/socket?columns=80&rows=24 HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n"
            "\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(4096)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert b" 101 " in head.split(b"\r\n")[0], head

    def send(self, payload, opcode):
        mask = os.urandom(4)
        head = bytes([0x80 | opcode])
        head += bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0xFE]) + struct.pack(">H", len(payload))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def receive(self):
        while True:
            if len(self.buffer) >= 2:
                length, start = self.buffer[1] & 127, 2
                if length == 126 and len(self.buffer) >= 4:
                    length, start = struct.unpack(">H", self.buffer[2:4])[0], 4
                elif length == 127 and len(self.buffer) >= 10:
                    length, start = struct.unpack(">Q", self.buffer[2:10])[0], 10
                elif length >= 126:
                    length = None
                if length is not None and len(self.buffer) >= start + length:
                    opcode, payload = self.buffer[0] & 15, self.buffer[start:start + length]
                    self.buffer = self.buffer[start + length:]
                    return opcode, payload
            part = self.socket.recv(65536)
            if not part:
                raise RuntimeError("the terminal closed")
            self.buffer += part


def keystroke_floor_ms(portal, folder):
    """A program that gives each message back, in the place of a session behind the same nginx."""
    name = "keystroke-floor"
    place = os.path.join(portal.folder, "run", "sessions", name)
    os.mkdir(place)
    path = os.path.join(place, "agent.sock")
    floor = subprocess.Popen([compile_floor("websocket-floor", folder), path])
    try:
        wait_until(lambda: os.path.exists(path), 5, "the WebSocket floor")
        os.chmod(path, 0o666)
        host = f"{name}.{portal.host}"
        terminal = Terminal(portal, host, "none=none")
        times = []
        for number in range(300):
            begin = time.perf_counter()
            terminal_protocol.type(terminal, b"x")
            terminal.receive()
            times.append((time.perf_counter() - begin) * 1000)
            time.sleep(0.003)
        return statistics.median(times)
    finally:
        floor.kill()
        floor.wait()


def keystrokes(portal, folder):
    floor = keystroke_floor_ms(portal, folder)
    _, _, host, cookie = portal.click()
    terminal = Terminal(portal, host, cookie)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:  # the prompt
        try:
            terminal.socket.settimeout(0.5)
            terminal_protocol.output(terminal)
        except TimeoutError:
            break
    terminal.socket.settimeout(5)
    times = []
    for number in range(300):
        begin = time.perf_counter()
        terminal_protocol.type(terminal, b"x" if number % 2 == 0 else b"\x7f")
        while not terminal_protocol.output(terminal):
            pass
        times.append((time.perf_counter() - begin) * 1000)
        time.sleep(0.003)
    p50 = statistics.median(times)
    row("keystroke to echo in the terminal, through nginx, p50", f"{p50:.2f} ms", f"{floor:.2f} ms",
        f"{p50 / floor:.1f}", "1 ms", p50 <= 1)


def long_page(number, size=50_000):
    """Markdown of that many bytes with something of everything that pages have."""
    part = """## Part {n}

Some *words* about `commands` in **session** {{{{< param session_name >}}}}, with [a link](p00.md) and more words after it.

- one thing
- another thing, with `code`{{{{< copy >}}}}

{{{{< note >}}}}
Take note of {{{{< param workshop_title >}}}}.
{{{{< /note >}}}}

| a | b |
|---|---|
| 1 | 2 |

```execute
echo {n} in the first terminal
```

<details><summary>More</summary>

Press <kbd>Enter</kbd>.

</details>

"""
    text = f"---\ntitle: Page {number}\n---\n\n"
    n = 0
    while len(text) < size:
        text += part.format(n=n)
        n += 1
    return text


def instructions(program, folder):
    pages = {f"p{number:02}.md": long_page(number) for number in range(20)} | {"plain.txt": "x" * 90_000}
    portal = Portal(program, runtime="local", workshops=("one",), capacity=10, pages=pages)
    try:
        wait_until(lambda: portal.get(portal.create_path())[0] == 302, 30, "the workshop")
        _, _, host, cookie = portal.click()
        connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)

        def asked(path, status=200, tag=None):
            headers = {"Host": host, "Cookie": cookie, "Accept": "text/html"} | ({"If-None-Match": tag} if tag else {})
            begin = time.perf_counter()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            seconds = time.perf_counter() - begin
            assert answer.status == status, (path, answer.status, body[:200])
            return seconds * 1000, answer.headers["ETag"]

        plain = "/workshop/content/plain.txt"
        floor = statistics.median(asked(plain)[0] for _ in range(200))
        time.sleep(0.2)  # files that have just been written are looked at again
        first = quantile([asked(f"/workshop/content/p{number:02}/?fragment")[0] for number in range(20)], 0.9)
        row("a page of 50 KB of Markdown, first render, p90 of 20", f"{first:.1f} ms", f"{floor:.2f} ms (a file)",
            f"{first / floor:.1f}", "10 ms", first <= 10)
        tag = asked("/workshop/content/p00/?fragment")[1]
        again = statistics.median(asked("/workshop/content/p00/?fragment")[0] for _ in range(200))
        row("the same once more, p50", f"{again:.2f} ms", f"{floor:.2f} ms (a file)", f"{again / floor:.1f}", "1 ms",
            again <= 1)
        known = statistics.median(asked("/workshop/content/p00/?fragment", 304, tag)[0] for _ in range(200))
        row("the same where the browser has it, p50", f"{known:.2f} ms", "", "", "1 ms", known <= 1)
        os.sync()  # pages of a program that was just built count as dirty until they are on disk
        used = max(private_dirty_kib(pid) for pid in agent_processes(portal)) / 1024
        row("agent memory, private dirty, after a million bytes of pages", f"{used:.2f} MB", "", "", "12 MB", used <= 12)
    finally:
        portal.stop()


def memory(program, folder):
    portal = Portal(program, workshops=("one",))
    try:
        connection = http.client.HTTPConnection("127.0.0.1", portal.portal_port)
        idle = resident_kib(portal.process.pid) / 1024
        for _ in range(2_000):
            assert portal.get(portal.create_path(), connection=connection)[0] == 302
        time.sleep(1)
        used = resident_kib(portal.process.pid) / 1024
        row("portal memory, 2,000 sessions, --runtime none", f"{used:.1f} MB", f"{idle:.1f} MB idle",
            f"{used / idle:.2f}", "60 MB", used <= 60)
    finally:
        portal.stop()


def crash(program, folder):
    """kill -9 under load; every launch that was answered must be there afterwards, once, within capacity."""
    portal = Portal(program, workshops=("one",), capacity=50_000)
    try:
        answered, stop = [], threading.Event()

        def visitor():
            while not stop.is_set():
                try:
                    status, headers, _ = portal.get(portal.create_path(), port=portal.portal_port)
                    if status == 302:
                        answered.append(re.search(r"bench-w01-s\d+", headers["Location"]).group())
                except OSError:
                    time.sleep(0.002)

        threads = [threading.Thread(target=visitor) for _ in range(8)]
        for thread in threads:
            thread.start()
        outages = []
        for _ in range(5):
            time.sleep(0.7)
            portal.kill()
            begin = time.perf_counter()
            portal.start()
            outages.append(time.perf_counter() - begin)
        stop.set()
        for thread in threads:
            thread.join()
        database = sorted(glob.glob(os.path.join(portal.folder, "data", "*.sqlite*")) +
                          glob.glob(os.path.join(portal.folder, "data", "*.db")))[0]
        import sqlite3
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reader:
            names = [name for (name,) in reader.execute("SELECT name FROM sessions")]
        lost = len(set(answered) - set(names))
        doubled = len(answered) - len(set(answered)) + len(names) - len(set(names))
        worst = max(outages)
        row("kill -9 under load to serving again, worst of 5", f"{worst * 1000:.0f} ms", "", "", "1 s",
            worst <= 1 and lost == 0 and doubled == 0)
        row(f"sessions lost / doubled of {len(answered)} answered", f"{lost} / {doubled}", "", "", "0 / 0",
            lost == 0 and doubled == 0)
    finally:
        portal.stop()


def programs(program, folder):
    """The REST API, as a company's own web site calls it."""
    portal = Portal(program)
    try:
        token = portal.token()
        headers = (f"Host: {portal.host}", f"Authorization: Bearer {token}")
        base = f"http://127.0.0.1:{portal.portal_port}"
        path = "/workshops/catalog/environments/"
        status, _, body = portal.get(path, token=token)
        assert status == 200, status
        floor = HTTPFloor(folder, len(body))
        try:
            bare = wrk(f"http://127.0.0.1:{floor.port}/")[0]
            rate, _, p99, bad = wrk(base + path, headers=headers)
            row("REST catalogue, bearer token, 32 connections", f"{rate:,.0f}/s", f"{bare:,.0f}/s", f"{rate / bare:.2f}",
                "0.40", bad == 0 and rate / bare >= 0.40)
        finally:
            floor.stop()
        live = portal.fill(1_000)
        path += "?sessions=true"
        status, _, body = portal.get(path, token=token)
        assert status == 200 and body.count(b"-s") >= 1_000, (status, len(body))
        floor = HTTPFloor(folder, len(body))
        try:
            bare = wrk(f"http://127.0.0.1:{floor.port}/")[0]
            rate, _, p99, bad = wrk(base + path, headers=headers)
            row(f"the same with sessions=true and {live:,} live sessions, p99", f"{p99:.1f} ms",
                f"{bare:,.0f}/s", f"{rate / bare:.2f}", "20 ms", bad == 0 and p99 <= 20)
        finally:
            floor.stop()
    finally:
        portal.stop()
    bare = float(subprocess.run(
        [compile_floor("sqlite-floor", folder, "-lsqlite3"), os.path.join(folder, "floor.db"), "3"],
        capture_output=True, text=True, check=True).stdout)
    portal = Portal(program)
    try:
        token = portal.token()
        path = "/workshops/environment/bench-w01/request/?index_url=https%3A%2F%2Fwww.example.com%2F"
        status, _, body = portal.get(path, token=token, method="POST")
        assert status == 200, (status, body)
        headers = (f"Host: {portal.host}", f"Authorization: Bearer {token}")
        rate, _, p99, bad = wrk(f"http://127.0.0.1:{portal.portal_port}{path}", headers=headers)
        row("session requests, durable, --runtime none, 32 connections", f"{rate:,.0f}/s", f"{bare:,.0f} commits/s",
            f"{rate / bare:.2f}", "2,500/s", bad == 0 and rate >= 2_500)
        row("the same, p99", f"{p99:.1f} ms", "", "", "10 ms", bad == 0 and p99 <= 10)
    finally:
        portal.stop()


class HangingReceiver:
    """Takes connections and requests, and never answers."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.taken = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                self.taken.append(self.listener.accept()[0])
            except OSError:
                return

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self.taken:
            peer.close()


def webhook(program, folder):
    """Launches with no webhook, with one that answers at once, and with one that hangs, in turns: one portal each time."""
    rates = {"none": [], "answers": [], "hangs": []}
    for turn in range(3):
        for kind in rates:
            receiver = None
            if kind == "answers":
                receiver = HTTPFloor(folder, 2)
            elif kind == "hangs":
                receiver = HangingReceiver()
            portal = Portal(program, webhook=f"http://127.0.0.1:{receiver.port}/events" if receiver else None)
            try:
                url = f"http://127.0.0.1:{portal.portal_port}{portal.create_path()}"
                headers = (f"Host: {portal.host}", "Accept: text/html", "User-Agent: Mozilla/5.0 (bench)")
                rate, _, _, bad = wrk(url, seconds=4, headers=headers)
                assert bad == 0, bad
                assert kind != "hangs" or receiver.taken, "the webhook was never called"
                rates[kind].append(rate)
            finally:
                portal.stop()
                if receiver:
                    receiver.stop()
    none, answers, hangs = (statistics.median(rates[kind]) for kind in rates)
    row("anonymous launches while a webhook's receiver hangs, beside one that answers", f"{hangs:,.0f}/s",
        f"{answers:,.0f}/s", f"{hangs / answers:.2f}", "0.95", hangs / answers >= 0.95)
    row("the same beside a portal that records no events", f"{hangs:,.0f}/s", f"{none:,.0f}/s", f"{hangs / none:.2f}",
        "0.95", hangs / none >= 0.95)


def admin(program, folder):
    """What staff waits for: the first of the page that Chromium shows, beside a bare page of its size."""
    python = os.path.join(os.path.dirname(HERE), ".build", "browser-venv", "bin", "python")
    portal = Portal(program)
    try:
        live = portal.fill(10_000)
        keeper = portal.credentials()["admin"]
        floor = HTTPFloor(folder, 64 * 1024)
        try:
            text = subprocess.run(
                [python, os.path.join(HERE, "lib", "first_paint.py"), f"http://{portal.host}", "/admin/",
                 f"http://127.0.0.1:{floor.port}/", "15"],
                input=f"{keeper['username']}\n{keeper['password']}\n", capture_output=True, text=True, check=True).stdout
        finally:
            floor.stop()
        own, bare = ([float(line) for line in part.split()] for part in text.split("\n\n")[:2])
        worst, least = max(own), statistics.median(bare)
        row(f"admin page with {live:,} sessions, first paint in Chromium, worst of {len(own)}", f"{worst:.0f} ms",
            f"{least:.0f} ms", f"{worst / least:.1f}", "1 s", worst <= 1000)
    finally:
        portal.stop()


def metrics(program, folder):
    portal = Portal(program)
    try:
        live = portal.fill(10_000)
        connection = http.client.HTTPConnection("127.0.0.1", portal.portal_port)
        times = []
        for _ in range(100):
            begin = time.perf_counter()
            connection.request("GET", "/metrics")
            response = connection.getresponse()
            body = response.read()
            times.append((time.perf_counter() - begin) * 1000)
            assert response.status == 200 and b"lectern_sessions{" in body
        floor = HTTPFloor(folder, len(body))
        try:
            bare = []
            other = http.client.HTTPConnection("127.0.0.1", floor.port)
            for _ in range(100):
                begin = time.perf_counter()
                other.request("GET", "/")
                other.getresponse().read()
                bare.append((time.perf_counter() - begin) * 1000)
        finally:
            floor.stop()
        p99, least = quantile(times, 0.99), statistics.median(bare)
        row(f"metrics page with {live:,} sessions, p99", f"{p99:.1f} ms", f"{least:.2f} ms", f"{p99 / least:.1f}", "20 ms",
            p99 <= 20)
    finally:
        portal.stop()


def restarts(program, folder):
    """Launches and pages at a steady rate through nginx while the portal is replaced five times."""
    portal = Portal(program, workshops=("one",), capacity=100_000)
    try:
        answered, failed, times, stop = [], [], [], threading.Event()
        lock = threading.Lock()

        def visitor(method, path):
            while not stop.is_set():
                begin = time.perf_counter()
                try:
                    status, headers, _ = portal.get(path, method=method)
                except OSError as error:
                    status, headers = repr(error), {}
                spent = time.perf_counter() - begin
                with lock:
                    times.append(spent * 1000)
                    if status not in (200, 302):
                        failed.append((method, path, status))
                    elif path == portal.create_path():
                        answered.append(re.search(r"bench-w01-s\d+", headers["Location"]).group())
                time.sleep(max(0, 0.01 - spent))

        kinds = [("GET", portal.create_path())] * 4 + [("POST", portal.create_path())] * 2
        kinds += [("GET", "/workshops/catalog/"), ("GET", "/accounts/login/")]
        threads = [threading.Thread(target=visitor, args=kind) for kind in kinds]
        for thread in threads:
            thread.start()
        for _ in range(5):
            time.sleep(0.7)
            portal.restart_in_place()
        time.sleep(0.7)
        stop.set()
        for thread in threads:
            thread.join()
        database = os.path.join(portal.folder, "data", "portal.sqlite")
        import sqlite3
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reader:
            names = {name for (name,) in reader.execute("SELECT name FROM sessions")}
        lost = len(set(answered) - names)
        doubled = len(answered) - len(set(answered))
        if failed:
            print(f"  failed: {failed[:5]}", flush=True)
        row(f"requests that failed of {len(times):,} during 5 restarts, through nginx", f"{len(failed)}", "", "", "0",
            not failed and lost == 0 and doubled == 0)
        row("the longest that a visitor waited meanwhile", f"{max(times):.0f} ms", f"{statistics.median(times):.1f} ms",
            f"{max(times) / statistics.median(times):.0f}", "1 s", max(times) <= 1_000)
    finally:
        portal.stop()


FIGURES = {"pages": pages, "launches": launches, "decisions": decisions, "clicks": clicks, "instructions": instructions,
           "memory": memory, "room": crowd.in_use, "crowd": crowd.crowd,
           "crash": crash, "programs": programs, "webhook": webhook, "metrics": metrics, "admin": admin, "restarts": restarts}


def main(program, names):
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        print(f"unknown figure {unknown[0]}; known: {', '.join(FIGURES)}")
        return 2
    for name in names or FIGURES:
        folder = tempfile.mkdtemp(prefix="lectern-floor-", dir="/tmp")
        print(name, flush=True)
        try:
            FIGURES[name](program, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print()
    head = ("figure", "measured", "floor", "ratio", "goal", "holds")
    widths = [max(len(str(line[i])) for line in rows + [head]) for i in range(6)]
    for line in [head] + rows:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(line, widths)))
    return 0
