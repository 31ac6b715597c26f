"""Hosts of the learner's own servers, through nginx and the sandbox: by browser, and by whoever means harm."""

import concurrent.futures
import hashlib
import json
import re
import socket
import time

import pytest
from lab import Lab
from playwright.sync_api import expect

MANY = 1000


class Door:
    """Raw requests to one host of a lab, with the cookie that a browser got there."""

    def __init__(self, port, host, cookie=""):
        self.port = port
        self.host = host
        self.cookie = cookie

    def connect(self, timeout=20):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout)
        return connection

    def send(self, head, body=b"", timeout=20):
        """Sends bytes as they are and returns status, fields and body of the answer."""
        with self.connect(timeout) as connection:
            try:
                connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + body)
            except OSError:
                pass
            return self.receive(connection)

    @staticmethod
    def receive(connection):
        data = b""
        try:
            while piece := connection.recv(65536):
                data += piece
        except ConnectionResetError:
            pass
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1]) if " " in lines[0] else 0
        return status, [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line], body

    def get(self, path, *fields, method="GET"):
        return self.send("\n".join([
            f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Cookie: {self.cookie}", "Connection: close", *fields,
            "", ""]))

    def seen(self, path, *fields, method="GET"):
        """What the learner's server says that it was asked."""
        status, _, body = self.get(path, *fields, method=method)
        assert status == 200, body
        seen = json.loads(body)
        seen["fields"] = {name.lower(): value for name, value in seen["headers"]}
        return seen


def value(fields, name):
    return [text for key, text in fields if key.lower() == name.lower()]


@pytest.fixture(scope="module")
def room(chromium, portal):
    """A lab with a server that runs, and a door to its host."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    page = context.new_page()
    from lab import Terminals
    page.terminals = Terminals(page)
    page.goto(portal.launch("servers"))
    lab = Lab(page).arrive().wait_for_prompt()
    lab.type("python3 server.py 3000 &")
    lab.wait_for_text("listening on 3000")
    yield lab
    context.close()


def host(lab, name):
    return lab.origin.split("//")[1].join([f"{name}-", ""])


def door(lab, name="app"):
    context = lab.page.context
    visit = context.new_page()
    visit.goto(f"http://{host(lab, name)}/page")
    cookies = context.cookies(f"http://{host(lab, name)}/")
    visit.close()
    text = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies if cookie["name"] == "lectern-app")
    assert text or name == "open"
    return Door(int(host(lab, name).split(":")[1]), host(lab, name), text)


def test_a_tab_waits_for_the_server_and_then_shows_it(visitor, portal):
    visitor.goto(portal.launch("servers"))
    lab = Lab(visitor).arrive().wait_for_prompt()
    visitor.get_by_role("tab", name="App").click()
    frame = visitor.frame_locator("iframe[title=App]")
    expect(frame.get_by_role("heading", name="Nothing listens on port 3000 yet")).to_be_visible()
    visitor.get_by_role("tab", name="Terminal", exact=True).click()
    lab.type("python3 server.py 3000")
    visitor.get_by_role("tab", name="App").click()
    expect(frame.get_by_text('"method": "GET"')).to_be_visible()
    address = f"http://{host(lab, 'app')}/page"
    lab.end()
    visitor.wait_for_url(portal.index + "*")
    # The lab has gone, and with it the host: the portal knows where its owner came from.
    visitor.goto(address)
    expect(visitor).to_have_url(re.compile(re.escape(portal.index)))


def test_the_waiting_page_looks_again_without_a_script_too(visitors, portal):
    page = visitors.page()
    page.goto(portal.launch("servers"))
    lab = Lab(page).arrive().wait_for_prompt()
    plain = visitors.page(java_script_enabled=False, storage_state=page.context.storage_state())
    plain.goto(f"http://{host(lab, 'app')}/page")
    expect(plain.get_by_role("heading", name="Nothing listens on port 3000 yet")).to_be_visible()
    lab.type("python3 server.py 3000")
    expect(plain.get_by_role("heading", name="The app")).to_be_visible()


def test_strangers_stay_outside(room, visitors, portal):
    stranger = visitors.page()
    stranger.goto(f"http://{host(room, 'app')}/page")
    expect(stranger.get_by_text("The app")).to_have_count(0)
    assert not stranger.url.startswith(f"http://{host(room, 'app')}/page")
    stranger.goto(f"http://{host(room, 'open')}/page")
    expect(stranger.get_by_role("heading", name="The app")).to_be_visible()
    # Somebody with a lab of their own is a stranger in this one.
    stranger.goto(portal.launch("servers"))
    theirs = door(Lab(stranger).arrive())
    stranger.goto(f"http://{host(room, 'app')}/page")
    expect(stranger.get_by_role("heading", name="The app")).to_have_count(0)
    status, _, body = Door(theirs.port, host(room, "app"), theirs.cookie).get("/page")
    assert status in (302, 401) and b"The app" not in body


def test_the_server_sees_the_request_without_our_cookies_and_with_what_the_author_sets(room):
    app = door(room)
    secret = app.cookie
    app.cookie += "; theme=dark; lectern-session=x; lectern-login=y"
    seen = app.seen("/x%20y?a=b&c", "X-Lab: mine", "x-fruit: mine", f"Origin: http://{app.host}", "Lectern-Socket: i3",
                    "Lectern-Target: /elsewhere")
    assert seen["path"] == "/x%20y?a=b&c"
    fields = seen["fields"]
    assert fields["cookie"] == "theme=dark"
    assert fields["x-lab"] == room.session and fields["x-fruit"] == "plum"
    assert fields["host"] == "localhost:3000" and fields["origin"] == "http://localhost:3000"
    assert fields["x-forwarded-host"] == app.host and fields["x-forwarded-for"] == "127.0.0.1"
    assert secret.split("=")[1] not in json.dumps(seen)
    assert [name.lower() for name, _ in seen["headers"]].count("x-lab") == 1
    kept = door(room, "open").seen("/")["fields"]
    assert kept["host"] == host(room, "open")


def test_what_the_server_answers_is_not_allowed_everything(room):
    app = door(room)
    status, fields, _ = app.get("/")
    assert status == 200
    assert value(fields, "X-Frame-Options") == []
    assert value(fields, "Content-Security-Policy") == [f"frame-ancestors 'self' {room.origin}"]
    assert value(fields, "Set-Cookie") == [f"taste=sweet; Domain={app.host.split(':')[0]}; Path=/"]
    assert value(fields, "Access-Control-Allow-Origin") == []
    assert value(fields, "Lectern-Socket") == [] and value(fields, "Lectern-Cookie") == []
    status, fields, _ = app.get("/away")
    assert status == 302 and value(fields, "Location") == ["/page?from=away"]
    assert app.get("/missing")[0] == 404
    assert value(door(room, "open").get("/")[1], "Access-Control-Allow-Origin") == ["*"]


def test_another_path_leads_to_another_server(room):
    app = door(room)
    status, _, body = app.get("/api/v1/x")
    assert status == 503 and b"Nothing listens on port 3001 yet" in body
    room.type("python3 server.py 3001 &")
    room.wait_for_text("listening on 3001")
    assert app.seen("/api/v1/x?y=/api/v2/")["path"] == "/v1-x?y=/api/v2/"
    # The first server is asked with a field that the second does not get.
    assert "x-lab" not in app.seen("/other/../api/v2/z")["fields"] and "x-lab" in app.seen("/apis")["fields"]


def test_a_server_that_speaks_https(room):
    room.type("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab -keyout k.pem -out c.pem 2>/dev/null"
              " && cat k.pem c.pem > both.pem && python3 server.py 3443 both.pem &")
    room.wait_for_text("listening on 3443")
    assert door(room, "tls").seen("/x")["fields"]["host"] == "localhost:3443"


def test_uploads_and_downloads_larger_than_any_buffer(room):
    app = door(room)
    piece = bytes(range(256)) * 4096
    count = 64
    with app.connect(60) as connection:
        connection.sendall((
            f"PUT /upload HTTP/1.1\r\nHost: {app.host}\r\nCookie: {app.cookie}\r\nConnection: close\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode())
        digest = hashlib.sha256()
        for _ in range(count):
            connection.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
            digest.update(piece)
        connection.sendall(b"0\r\n\r\n")
        status, _, body = app.receive(connection)
    assert status == 200
    seen = json.loads(body)
    assert seen["count"] == count * len(piece) and seen["digest"] == digest.hexdigest()
    size = 100 << 20
    with app.connect(60) as connection:
        connection.sendall(
            f"GET /big?{size} HTTP/1.1\r\nHost: {app.host}\r\nCookie: {app.cookie}\r\nConnection: close\r\n\r\n".encode())
        received = 0
        while data := connection.recv(1 << 20):
            received += len(data)
    assert received > size


def test_events_arrive_as_they_are_sent(room):
    app = door(room)
    with app.connect() as connection:
        connection.sendall(
            f"GET /events HTTP/1.1\r\nHost: {app.host}\r\nCookie: {app.cookie}\r\n\r\n".encode())
        text = ""
        while "data: 0" not in text:
            text += connection.recv(4096).decode()
        assert "data: 2" not in text
        while "data: 2" not in text:
            text += connection.recv(4096).decode()


def test_web_sockets(room, visitors):
    page = room.page.context.new_page()
    page.goto(f"http://{host(room, 'app')}/page")
    answer = page.evaluate("""() => new Promise((resolve, reject) => {
        const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
        socket.onopen = () => socket.send("ahoy");
        socket.onmessage = (message) => resolve(message.data);
        socket.onerror = () => reject(new Error("refused"));
    })""")
    assert answer == "ahoy"
    page.close()
    stranger = visitors.page()
    stranger.goto(f"http://{host(room, 'open')}/page")
    refused = stranger.evaluate("""(url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve(false);
        socket.onerror = () => resolve(true);
    })""", f"ws://{host(room, 'app')}/socket")
    assert refused


def test_a_server_that_says_nothing(room):
    status, _, body = door(room).get("/close")
    assert status == 502 and b"The server gave no answer" in body and b"nginx" not in body


@pytest.mark.parametrize("head, allowed", [
    # Two ways to say where a message ends (RFC 9112, section 6.3).
    ("POST /x HTTP/1.1\nHost: @\nCookie: #\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\nGET /smuggled HTTP/1.1\n", {400}),
    ("POST /x HTTP/1.1\nHost: @\nCookie: #\nContent-Length: 5\nContent-Length: 6\n\nhello", {400}),
    ("POST /x HTTP/1.1\nHost: @\nCookie: #\nTransfer-Encoding: chunked, identity\n\n0\n\n", {400, 501}),
    ("GET /x HTTP/1.1\nHost: @\nHost: other\nCookie: #\n\n", {400}),
    ("GET /x HTTP/1.1\nHost: @\nCookie: #\nX-Folded: a\n b: c\nConnection: close\n\n", {200, 400}),
    ("GET /x y HTTP/1.1\nHost: @\nCookie: #\nConnection: close\n\n", {400}),
    ("GET /x%0d%0aX-Lab:%20mine HTTP/1.1\nHost: @\nCookie: #\nConnection: close\n\n", {200}),
    ("GET http://elsewhere.example/x HTTP/1.1\nHost: @\nCookie: #\nConnection: close\n\n", {200, 302, 400, 401, 404}),
    ("OPTIONS * HTTP/1.1\nHost: @\nCookie: #\nConnection: close\n\n", {400, 401, 404, 405}),
    ("CONNECT localhost:22 HTTP/1.1\nHost: @\nCookie: #\nConnection: close\n\n", {400, 405}),
    ("GET /../../etc/passwd HTTP/1.1\nHost: @\nCookie: #\nConnection: close\n\n", {400}),
    ("GET /.lectern/authorize HTTP/1.1\nHost: @\nCookie: #\nLectern-Target: /x\nConnection: close\n\n", {404}),
    ("GET /ingress/authorize HTTP/1.1\nHost: @\nCookie: #\nLectern-Target: /x\nConnection: close\n\n", {200}),
])
def test_requests_that_mean_harm(room, head, allowed):
    app = door(room)
    status, fields, body = app.send(head.replace("@", app.host).replace("#", app.cookie))
    assert status in allowed, body
    for name in ("Lectern-Socket", "Lectern-Target", "Lectern-Cookie"):
        assert value(fields, name) == []
    assert b"/smuggled" not in body and b"HTTP/1.1 200" not in body
    if status == 200 and b'"headers"' in body:
        assert [text for name, text in json.loads(body)["headers"] if name == "X-Lab"] == [room.session]
    # Whatever it was, the next one is served.
    assert app.seen("/after")["path"] == "/after"


def test_heads_that_are_too_large(room):
    app = door(room)
    assert app.get("/x", f"X-Large: {'a' * 15_000}")[0] == 200
    assert app.get("/x", f"X-Large: {'a' * 60_000}")[0] in (400, 431)
    assert app.get("/x", *[f"X-{number}: {'a' * 12_000}" for number in range(8)])[0] in (400, 431)
    assert app.get("/" + "x" * 12_000)[0] in (200, 414)
    assert app.seen("/after")["path"] == "/after"


def test_a_thousand_connections_leave_the_lab_usable(room):
    app = door(room)
    request = f"GET /slow?2 HTTP/1.1\r\nHost: {app.host}\r\nCookie: {app.cookie}\r\nConnection: close\r\n\r\n".encode()
    connections = []
    for _ in range(MANY):
        connection = app.connect(60)
        connection.sendall(request)
        connections.append(connection)
    began = time.monotonic()
    assert room.page.evaluate("fetch('/session/poll').then((answer) => answer.status)") == 204
    assert time.monotonic() - began < 5
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda connection: Door.receive(connection), connections))
    for connection in connections:
        connection.close()
    statuses = {status for status, _, _ in answers}
    assert statuses <= {200, 502, 503}, statuses
    # The server has a thread for each of them, and no more threads than the sandbox lets it have.
    assert sum(status == 200 for status, _, _ in answers) >= 150
    assert all(b"<center>" not in body for _, _, body in answers), "nginx's own page was shown"
    assert app.seen("/after")["path"] == "/after"


def test_connections_that_are_never_finished(room):
    app = door(room)
    left = []
    for _ in range(200):
        connection = app.connect()
        connection.sendall(
            f"POST /x HTTP/1.1\r\nHost: {app.host}\r\nCookie: {app.cookie}\r\nContent-Length: 1000000\r\n\r\nabc".encode())
        left.append(connection)
    assert app.seen("/meanwhile")["path"] == "/meanwhile"
    for connection in left:
        connection.close()
    assert app.seen("/after")["path"] == "/after"


def test_finished_pages_are_shown_on_a_host_of_their_own(visitors, portal):
    page = visitors.page()
    # Its pages may not read the lab's: the browser says so to their console.
    visitors.expected += ("Access to fetch at",)
    page.goto(portal.launch("finished-pages"))
    Lab(page).arrive()
    frame = page.frame_locator("iframe.instructions-frame")
    expect(frame.get_by_role("heading", name="A finished page")).to_be_visible()
    expect(frame.locator("#said")).to_have_text("scripts run on instructions")
    inner = next(frame for frame in page.frames if "instructions-" in frame.url)
    inner.wait_for_function("document.title !== 'Finished'")
    assert inner.title() == "kept out"


def test_the_waiting_page_looks_well(visitors, portal, screenshots):
    from axe_playwright_python.sync_playwright import Axe
    page = visitors.page()
    page.goto(portal.launch("servers"))
    lab = Lab(page).arrive()
    state = page.context.storage_state()
    for scheme, width in [("light", 1280), ("dark", 390)]:
        look = visitors.page(color_scheme=scheme, viewport={"width": width, "height": 800}, storage_state=state)
        look.goto(f"http://{host(lab, 'tls')}/")
        expect(look.get_by_role("heading", name="Nothing listens on port 3443 yet")).to_be_visible()
        look.screenshot(path=screenshots / f"server-waiting-{scheme}-{width}.png")
        found = Axe().run(look)
        assert found.violations_count == 0, found.generate_report()
