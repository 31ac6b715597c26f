"""The walk through Documentation/rest-api.md, as a newcomer would type it."""

import json
import os
import pathlib
import re
import subprocess

from portal import Portal

PAGE = pathlib.Path(__file__).parent.parent.parent / "Documentation" / "rest-api.md"


def commands():
    return re.findall(r"^```bash\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_walk_leads_to_a_lab_and_out_again(tmp_path):
    blocks = commands()
    assert len(blocks) > 8
    definition = blocks[0].split("<<'YAML'\n")[1].split("YAML\n")[0]
    portal = Portal(definition)
    try:
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "lectern").symlink_to(pathlib.Path(os.environ["LECTERN_PROGRAM"]).resolve())
        environment = dict(
            os.environ, PORTAL=portal.url, DATA=str(portal.folder / "data"),
            PATH=f"{tmp_path}/bin:{os.environ['PATH']}")
        script = "set -euo pipefail\n" + "".join(f"echo '== {number}'\n{block}" for number, block in enumerate(blocks))
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        said = [part.split("\n", 1)[1] for part in done.stdout.split("== ")[1:]]
        workshop = json.loads(said[3])
        assert workshop == {"workshop": "first-steps", "title": "First steps", "free": 5}
        offer = json.loads((tmp_path / "offer.json").read_text())
        assert offer["user"] == "learner-4711" and offer["workshop"] == "first-steps"
        assert said[5].strip() == "302"
        assert "lectern-login" in (tmp_path / "browser.txt").read_text()
        assert said[6].strip().startswith("labs-w01-s")
        # The list, the countdown, whether there was more time, and the end.
        assert offer["name"] in said[7]
        last = said[7].strip().splitlines()[-3:]
        assert 3500 < int(last[0]) <= 3600 and last[1] == "false" and last[2].startswith('"20')
        assert json.loads(said[8])["field"] == "timeout"
    finally:
        portal.close()
