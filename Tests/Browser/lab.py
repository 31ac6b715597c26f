"""A learner's room as a person uses it."""

import re
import time

from playwright.sync_api import expect

ROOM = re.compile(r"^http://labs-w\d+-s\d+\.lectern\.localhost:\d+/dashboard/")
CONTROLS = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>]|\r")
OUTPUT = 1


class Terminals:
    """What a page's terminals were sent, as text: xterm.js draws on a canvas, which cannot be read."""

    def __init__(self, page):
        self._bytes = {}
        page.on("websocket", self._listen)

    def _listen(self, socket):
        match = re.search(r"/terminal/session/([^/]+)/socket", socket.url)
        if match:
            socket.on("framereceived", lambda frame: self._hear(match[1], frame))

    def _hear(self, terminal, frame):
        # One byte for the kind, eight for the place in the stream, then what the shell wrote.
        if isinstance(frame, bytes) and frame[:1] == bytes([OUTPUT]):
            self._bytes.setdefault(terminal, bytearray()).extend(frame[9:])

    def text(self, number):
        raw = bytes(self._bytes.get(str(number), b"")).decode("utf-8", "replace")
        return CONTROLS.sub("", raw)

    def forget(self):
        self._bytes.clear()


class Lab:
    def __init__(self, page):
        self.page = page
        self.terminals = page.terminals

    def arrive(self):
        self.page.wait_for_url(ROOM)
        return self

    @property
    def session(self):
        return re.match(r"http://([^.]+)\.", self.page.url)[1]

    @property
    def origin(self):
        return re.match(r"(http://[^/]+)", self.page.url)[1]

    def wait_for_text(self, text, number=1, seconds=15):
        deadline = time.monotonic() + seconds
        while text not in self.terminals.text(number):
            assert time.monotonic() < deadline, f"terminal {number} never said {text!r}:\n{self.terminals.text(number)}"
            self.page.wait_for_timeout(20)
        return self

    def wait_for_prompt(self, number=1):
        return self.wait_for_text("$ ", number)

    def type(self, text, number=1):
        self.page.locator(f"[data-terminal='{number}'] textarea").focus()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def heading(self):
        return self.page.get_by_role("heading", level=1)

    def end(self):
        """Ends the session and answers the question whether that is meant."""
        self.page.get_by_role("link", name="End", exact=True).click()
        self.page.get_by_role("button", name="End the session").click()

    def wait_until_over(self):
        """The dialog that says that the session has ended."""
        dialog = self.page.get_by_role("dialog", name="This session has ended")
        expect(dialog).to_be_visible(timeout=30_000)
        return dialog
