"""Many labs at once on this machine, and what one takes while somebody works in it."""
import os
import statistics
import subprocess
import time

import figures
import terminal_protocol
from rig import HERE, Portal, private_dirty_kib, wait_until, wrk

LABS = 200


def catalogue_p99(portal, cookie):
    """The median of five runs: one alone says little about a tail."""
    url = f"http://127.0.0.1:{portal.portal_port}/workshops/catalog/"
    headers = (f"Host: {portal.host}", f"Cookie: {cookie}", "Accept: text/html")
    return statistics.median(wrk(url, seconds=3, headers=headers)[2] for _ in range(5))


def says(terminal, keys, wanted, seconds):
    """Milliseconds from typing to the answer in the terminal."""
    begin = time.perf_counter()
    terminal.socket.settimeout(seconds)
    terminal_protocol.type(terminal, keys)
    seen = b""
    while wanted not in seen:
        seen += terminal_protocol.output(terminal)
    return (time.perf_counter() - begin) * 1000


def crowd(program, folder):
    portal = Portal(program, runtime="local", workshops=("one",), capacity=LABS + 10)
    try:
        wait_until(lambda: portal.get(portal.create_path())[0] == 302, 30, "the workshop")
        cookie = portal.sign_in()
        alone = catalogue_p99(portal, cookie)
        terminals = []
        for _ in range(LABS):
            _, _, host, entered = portal.click()
            terminals.append(figures.Terminal(portal, host, entered))
        # The prompts, and what came with them.
        for number, terminal in enumerate(terminals):
            says(terminal, b"echo $((40 + 2))-%d\r" % number, b"42-%d" % number, 20)
        beside = catalogue_p99(portal, cookie)
        figures.row(f"catalogue at the portal beside {LABS} labs with an idle shell, p99", f"{beside:.1f} ms",
                    f"{alone:.1f} ms", f"{beside / alone:.2f}", "within 20 %", beside <= 1.2 * alone)
        times = [says(terminal, b"echo $((50 + 3))-%d\r" % number, b"53-%d" % number, 20)
                 for number, terminal in enumerate(terminals)]
        figures.row(f"all {LABS} answer to a command; the slowest", f"{max(times):.0f} ms",
                    f"{statistics.median(times):.1f} ms", f"{max(times) / statistics.median(times):.0f}", "all",
                    len(times) == LABS)
    finally:
        portal.stop()


WORKSHOP = """\
  session:
    applications:
      editor:
        enabled: true
      terminal:
        enabled: true
        layout: split
"""


def in_use(program, folder):
    python = os.path.join(os.path.dirname(HERE), ".build", "browser-venv", "bin", "python")
    portal = Portal(program, runtime="local", workshops=("one",), capacity=5,
                    pages={"01.md": figures.long_page(1)}, more=WORKSHOP, files={"notes.txt": "line\n" * 500})
    try:
        wait_until(lambda: portal.get(portal.create_path())[0] == 302, 30, "the workshop")
        before = set(figures.agent_processes(portal))
        browser = subprocess.Popen(
            [python, os.path.join(HERE, "lib", "room_in_use.py"), f"http://{portal.host}{portal.create_path()}", "notes.txt"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert browser.stdout.readline().strip(), "the lab did not open"
            os.sync()  # pages of a program that was just built count as dirty until they are on disk
            agents = set(figures.agent_processes(portal)) - before
            used = max(private_dirty_kib(pid) for pid in agents) / 1024
            figures.row("agent memory, private dirty, with instructions, two terminals and an editor open",
                        f"{used:.2f} MB", "", "", "12 MB", used <= 12)
        finally:
            browser.stdin.close()
            browser.wait(20)
    finally:
        portal.stop()
