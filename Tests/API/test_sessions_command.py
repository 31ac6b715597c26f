"""An operator lists, extends and ends sessions with a command, while the portal runs."""

import json
import os
import subprocess

import pytest

from portal import Portal
from test_users import learner


@pytest.fixture
def own():
    portal = Portal()
    yield portal
    portal.close()


def sessions(portal, *words):
    command = [os.environ["LECTERN_PROGRAM"], "sessions", *words, "--data", portal.folder / "data"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def listed(portal, *words):
    lines = sessions(portal, "list", "--json", *words).stdout.splitlines()
    return {line["owner"]: line for line in map(json.loads, lines) if line["owner"]}


def test_what_is_listed_can_be_extended_and_ended(own):
    learner(own, "ada")
    learner(own, "bob")
    before = listed(own)
    assert {"ada", "bob"} <= set(before) and before["ada"]["state"] == "running"
    ada, bob = before["ada"]["name"], before["bob"]["name"]
    assert "ada" in sessions(own, "list").stdout

    extended = sessions(own, "extend", ada, "--minutes", "5")
    after = listed(own)["ada"]
    assert (extended.returncode == 0) == (after["expires"] != before["ada"]["expires"]), extended.stdout

    ended = sessions(own, "terminate", ada, bob)
    assert ended.returncode == 0 and ended.stdout.count("is being ended.") == 2, ended.stdout + ended.stderr
    again = sessions(own, "terminate", ada)
    assert again.returncode == 0 and "ended before" in again.stdout
    unknown = sessions(own, "terminate", "nobody-w01-s001")
    assert unknown.returncode == 1 and "There is no nobody-w01-s001" in unknown.stdout
    assert {"ada", "bob"} <= set(listed(own, "--all"))

    own.process.kill()
    own.process.wait()
    away = sessions(own, "terminate", ada)
    assert away.returncode == 1 and "must run" in away.stderr
