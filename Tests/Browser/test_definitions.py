"""The examples are what `lectern check` wants to see."""

import os
import subprocess

import pytest
from portal import EXAMPLES, HERE


@pytest.mark.parametrize("folder", [EXAMPLES / "portal", HERE / "workshops"], ids=["examples", "tests"])
def test_check_finds_nothing_to_say_about(folder, tmp_path):
    # The tests' portal names workshops of the examples and has a mark in place of an origin.
    paths = [folder]
    if folder != EXAMPLES / "portal":
        copy = tmp_path / "portal.yaml"
        copy.write_text((folder / "portal.yaml").read_text().replace("@SITE@", "http://localhost:8081"))
        paths = [copy, *(path for path in folder.iterdir() if path.is_dir())]
        paths += [path for path in (EXAMPLES / "portal").iterdir() if path.is_dir()]
    answer = subprocess.run(
        [os.environ["LECTERN_PROGRAM"], "check", *paths], capture_output=True, text=True, timeout=30)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 errors, 0 warnings" in answer.stdout + answer.stderr, answer.stdout + answer.stderr
