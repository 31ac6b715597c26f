"""The program against its own OpenAPI document: no failure of its own, and no answer that the document does not name."""

import pathlib
import subprocess

import pytest

from portal import Portal


HERE = pathlib.Path(__file__).parent


def schemathesis(portal, config, *options):
    done = subprocess.run(
        [
            "schemathesis", "--config-file", HERE / config, "run", portal.url + "/openapi.json",
            "--continue-on-failure", "--seed", "7", "--request-timeout", "10", *options,
        ],
        # It leaves notes where it runs.
        cwd=portal.folder, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, report(done)
    return done.stdout


def report(done):
    """What it said, without the long values."""
    return "\n".join(line[:400] for line in (done.stdout + done.stderr).splitlines())[-20_000:]


def with_token(portal):
    return "--header", f"Authorization: Bearer {portal.token()}"


@pytest.mark.parametrize("paths", ["^/workshops", "^/(oauth2|[.]well-known)"])
def test_values_that_nobody_chose_are_answered_as_documented(portal, paths):
    schemathesis(
        portal, "random.toml", *with_token(portal), "--include-path-regex", paths, "--phases", "examples,coverage,fuzzing",
        "--max-examples", "60")


def test_calls_that_follow_the_links_of_the_document_find_what_they_are_about(portal):
    said = schemathesis(
        portal, "sessions.toml", *with_token(portal), "--include-path-regex", "^/workshops", "--phases", "coverage,stateful",
        "--max-examples", "40")
    assert "Stateful" in said


def test_a_public_catalogue_is_answered_as_documented_without_a_token():
    portal = Portal(visibility="public")
    try:
        schemathesis(
            portal, "random.toml", "--include-path-regex", "^/workshops/catalog", "--phases", "coverage,fuzzing",
            "--max-examples", "20")
    finally:
        portal.close()


def test_nothing_went_wrong_inside(portal):
    """Last, over all that the others have sent."""
    log = portal.log.read_text()
    assert "failed" not in log and portal.process.poll() is None, log[-5_000:]
