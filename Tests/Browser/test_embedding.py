"""The lab inside a page of another site: two sites over https through the front door, and on plain http on this machine."""

import contextlib
import http.server
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

import pytest
from conftest import Visitors
from lab import Terminals
from playwright.sync_api import expect
from portal import Portal, free_port

PAGE = """<!doctype html><html lang="en"><title>School</title><h1>Lesson</h1>
<iframe title="Lab" width="1000" height="700" allow="fullscreen *; clipboard-read *; clipboard-write *" src="{src}"></iframe>"""


def certificate(folder, name):
    """A certificate of our own for every host of the test."""
    subprocess.run([
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
        "-addext", "subjectAltName=DNS:lectern.localhost,DNS:*.lectern.localhost,DNS:school.localhost,DNS:other.localhost",
        "-keyout", folder / "key.pem", "-out", folder / "certificate.pem",
    ], check=True, capture_output=True)


class School:
    """Another site: any host that leads to this machine, one page with the lab in a frame."""

    def __init__(self, scheme, folder):
        self.src = ""
        school = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = PAGE.format(src=school.src).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.scheme = scheme
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, host):
        return f"{self.scheme}://{host}.localhost:{self.port}/"

    def show(self, portal, workshop="servers"):
        back = urllib.parse.quote(self.url("school"), safe="")
        self.src = f"{portal.url}/workshops/environment/{workshop}/create/?index_url={back}"


@contextlib.contextmanager
def framed_portal(scheme_wanted):
    import pathlib
    keys = pathlib.Path(tempfile.mkdtemp(prefix="lb-keys-"))
    certificate(keys, "first")
    school = School(scheme_wanted, keys)

    class FramedPortal(Portal):
        scheme = scheme_wanted
        ancestors = (school.url("school").rstrip("/"),)

        def options(self):
            if self.scheme == "http":
                return []
            return ["--tls-certificate", keys / "certificate.pem", "--tls-key", keys / "key.pem"]

        def _definitions(self):
            super()._definitions()
            definition = self.folder / "portal" / "portal.yaml"
            text = definition.read_text().replace(
                "      allowedOrigins:\n", f'      allowedOrigins:\n        - "{school.url("school").rstrip("/")}"\n')
            definition.write_text(text)

    portal = FramedPortal()
    portal.keys = keys
    portal.school = school
    try:
        portal.wait_until_ready()
        school.show(portal)
        yield portal
    finally:
        portal.stop()
        school.server.shutdown()
        shutil.rmtree(keys, ignore_errors=True)


@pytest.fixture(scope="module", params=["https", "http"])
def framed(request):
    with framed_portal(request.param) as portal:
        yield portal


@pytest.fixture(scope="module")
def strict_chromium(playwright_of_chromium):
    """Keeps no cookie for a frame of another site that is not kept apart for it."""
    import os
    arguments = ["--test-third-party-cookie-phaseout"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    browser = playwright_of_chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
    yield browser
    browser.close()


@pytest.fixture
def pupils(strict_chromium):
    visitors = Visitors(strict_chromium)
    visitors.options = {"ignore_https_errors": True}
    yield visitors
    visitors.close()
    assert not visitors.complaints, "\n".join(visitors.complaints)


def open_lesson(pupils, framed, host="school"):
    page = pupils.page(ignore_https_errors=True, permissions=["clipboard-read", "clipboard-write"])
    page.goto(framed.school.url(host))
    return page, page.frame_locator("iframe[title=Lab]")


def room_of(page):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for frame in page.frames:
            if "/dashboard/" in frame.url:
                return frame
        page.wait_for_timeout(50)
    raise AssertionError([frame.url for frame in page.frames])


def wait_for(page, text, seconds=20):
    deadline = time.monotonic() + seconds
    while text not in page.terminals.text(1):
        assert time.monotonic() < deadline, page.terminals.text(1)
        page.wait_for_timeout(20)


def test_a_lab_works_in_another_sites_page(pupils, framed):
    page, lab = open_lesson(pupils, framed)
    room = room_of(page)
    session = re.search(r"//([^.]+)\.", room.url)[1]
    wait_for(page, "$ ")
    lab.get_by_role("button", name="Run").click()
    wait_for(page, "listening on 3000")
    # A server of the learner's, in a frame of the frame.
    lab.get_by_role("tab", name="App").click()
    expect(lab.frame_locator("iframe[title=App]").get_by_text('"method": "GET"')).to_be_visible()
    lab.get_by_role("tab", name="Terminal", exact=True).click()
    # Who loads the page anew is the same learner in the same lab.
    page.reload()
    assert re.search(r"//([^.]+)\.", room_of(page).url)[1] == session
    cookies = [cookie for cookie in page.context.cookies() if cookie["name"].startswith("__Host-lectern")]
    assert {"__Host-lectern", "__Host-lectern-login", "__Host-lectern-app"} <= {cookie["name"] for cookie in cookies}
    assert all(cookie["sameSite"] == "None" and cookie["secure"] for cookie in cookies)


def test_copying_and_the_whole_screen(pupils, framed):
    page, lab = open_lesson(pupils, framed)
    room = room_of(page)
    lab.get_by_role("button", name="Copy").click()
    expect(lab.get_by_text("Copied")).to_be_visible()
    if framed.scheme == "https":
        assert page.evaluate("navigator.clipboard.readText()").strip() == "python3 server.py 3000"
    button = lab.get_by_role("button", name="Full screen")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert room.evaluate("document.fullscreenElement === document.documentElement")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_the_end_takes_the_whole_page_back(pupils, framed):
    page, lab = open_lesson(pupils, framed)
    room_of(page)
    lab.get_by_role("link", name="End", exact=True).click()
    lab.get_by_role("button", name="End the session").click()
    page.wait_for_url(framed.school.url("school") + "?notification=session-deleted")


def test_where_a_frame_may_not_leave_a_link_does(pupils, framed):
    pupils.expected += ("Unsafe attempt to initiate navigation",)
    page, lab = open_lesson(pupils, framed)
    room = room_of(page)
    # Nobody has clicked, as when a lab ends by itself.
    room.evaluate("fetch('/session/end', { method: 'POST', redirect: 'manual', headers: {"
                  "'Lectern-Form-Token': document.getElementById('room').dataset.formToken } })")
    lab.get_by_role("dialog", name="This session has ended").get_by_role("link", name="Go back").click()
    page.wait_for_url(framed.school.url("school") + "?notification=session-*")


def test_other_sites_are_refused(pupils, framed):
    pupils.expected += ("Framing ", "Refused to frame")
    heard = []
    page = pupils.page(ignore_https_errors=True)
    page.on("console", lambda message: heard.append(message.text))
    page.goto(framed.school.url("other"))
    deadline = time.monotonic() + 20
    while not any("frame-ancestors" in text for text in heard):
        assert time.monotonic() < deadline, [frame.url for frame in page.frames]
        page.wait_for_timeout(50)
    expect(page.frame_locator("iframe[title=Lab]").locator("main")).to_have_count(0)


def test_plain_http_is_shown_the_way_and_a_renewed_certificate_is_taken(framed):
    if framed.scheme != "https":
        pytest.skip("the front door speaks plain http here")
    port = int(framed.url.split(":")[2])
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(f"GET /x?y HTTP/1.1\r\nHost: lectern.localhost:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read().decode()
    assert answer.startswith("HTTP/1.1 308") and f"Location: {framed.url}/x?y" in answer

    def shown():
        return ssl.get_server_certificate(("127.0.0.1", port), timeout=5)

    before = shown()
    certificate(framed.keys, "second")
    framed.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while shown() == before:
        assert time.monotonic() < deadline, framed.log.read_text()
        time.sleep(0.05)
    kept = shown()
    (framed.keys / "certificate.pem").write_text("no certificate")
    framed.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while "keeps its certificate" not in framed.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert shown() == kept
