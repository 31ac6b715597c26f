"""What is stored about people can be listed, exported and erased while the portal runs, and while it does not."""

import json
import os
import subprocess
import urllib.parse

import pytest
import requests

from portal import Portal


@pytest.fixture
def own():
    portal = Portal()
    yield portal
    portal.close()


def users(portal, *words):
    command = [os.environ["LECTERN_PROGRAM"], "users", *words, "--data", portal.folder / "data"]
    return subprocess.run(command, capture_output=True, text=True, timeout=150)


def learner(portal, name):
    """A learner with a session; the browser's cookies."""
    answer = portal.call(
        f"/workshops/environment/shell/request/?user={name}&email={name}@example.com&index_url=%2F", portal.token(),
        "POST", {"parameters": [{"name": "COLOUR", "value": "red"}]})
    browser = requests.Session()
    address = urllib.parse.urlsplit(portal.url)
    browser.headers["Host"] = f"lectern.localhost:{address.port}"
    answer = browser.get(portal.url + answer["url"], allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return browser


def test_a_learner_is_exported_and_erased_while_the_portal_runs(own):
    browser = learner(own, "ada")
    learner(own, "bob")
    listed = [json.loads(line) for line in users(own, "list", "--json").stdout.splitlines()]
    assert {"ada", "bob"} <= {user["id"] for user in listed}

    export = json.loads(users(own, "export", "ada").stdout)
    assert export["details"]["email"] == "ada@example.com"
    assert [session["parameters"] for session in export["sessions"]] == [{"COLOUR": "red"}]
    assert len(export["logins"]) == 1 and "digest" not in json.dumps(export)

    refused = users(own, "erase", "ada")
    assert refused.returncode == 1 and "sessions that run" in refused.stderr
    assert browser.get(own.url + "/workshops/catalog/", allow_redirects=False, timeout=10).status_code == 200

    erased = users(own, "erase", "ada", "--end-sessions")
    assert erased.returncode == 0, erased.stderr
    # The portal keeps logins in memory, and has forgotten this one.
    assert browser.get(own.url + "/workshops/catalog/", allow_redirects=False, timeout=10).status_code == 302
    assert users(own, "export", "ada").returncode == 1
    assert json.loads(users(own, "export", "bob").stdout)["sessions"]
    sessions = own.call("/workshops/user/ada/sessions/", own.token())["sessions"]
    assert sessions == []


def test_a_portal_that_was_killed_does_not_stand_in_the_way(own):
    learner(own, "ada")
    own.process.kill()
    own.process.wait()
    assert json.loads(users(own, "export", "ada").stdout)["id"] == "ada"
    refused = users(own, "erase", "ada", "--end-sessions")
    assert refused.returncode == 1 and "while the portal runs" in refused.stderr
    assert users(own, "erase", "robot@educates").returncode == 0


def test_nobody_else_on_the_machine_may_ask(own):
    socket = own.folder / "run" / "control.sock"
    assert socket.stat().st_mode & 0o777 == 0o600
