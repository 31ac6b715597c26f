"""A portal whose learners have accounts, with an access code of its own on a second one."""

import base64
import json
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request

from portal import EXAMPLES, HERE, Portal

DEFINITION = """
apiVersion: training.educates.dev/v1beta1
kind: TrainingPortal
metadata: {name: labs}
spec:
  portal:
    title: Harbour School
    password: "@CODE@"
    registration: {type: one-step}
    catalog: {visibility: "@VISIBILITY@"}
    launches: {allowedOrigins: ["@SITE@"], perAddressPerMinute: 0, perVisitorPerMinute: 0}
    signIn: {failuresPerAccount: 3, failuresPerAddress: 0, longestWait: 4s}
    sessions: {maximum: 20}
    credentials:
      admin: {username: harbour-master, password: lighthouse-secret}
      robot: {username: crane, password: crane-secret}
    clients:
      robot: {id: crane-client, secret: crane-client-secret}
    workshop: {defaults: {capacity: 10, reserved: 0, expires: 60m, overdue: 1m}}
  workshops:
  - {name: shell-lighthouse}
  - {name: brief, expires: 30s, overtime: 5m, deadline: 10m}
"""


class AccountsPortal(Portal):
    def __init__(self, code="", visibility="private"):
        self.code, self.visibility = code, visibility
        super().__init__()

    def _definitions(self):
        target = self.folder / "portal"
        shutil.copytree(EXAMPLES / "portal", target)
        shutil.copytree(HERE / "workshops" / "brief", target / "brief")
        text = DEFINITION.replace("@SITE@", self.site).replace("@CODE@", self.code)
        (target / "portal.yaml").write_text(text.replace("@VISIBILITY@", self.visibility))

    def wait_until_ready(self, seconds=120):
        self._wait_for("/readyz", seconds)

    def link(self, user, workshop):
        """Asks for a session as another system does; the link that it hands to a learner."""
        form = urllib.parse.urlencode({"grant_type": "client_credentials"}).encode()
        client = base64.b64encode(b"crane-client:crane-client-secret").decode()
        token = self._ask("/oauth2/token/", {"Authorization": "Basic " + client}, form)["access_token"]
        path = f"/workshops/environment/{workshop}/request/?user={user}&timeout=120&index_url={self.quoted_index}"
        return self.url + self._ask(path, {"Authorization": "Bearer " + token}, b"{}")["url"]

    def _ask(self, path, headers, body):
        host = urllib.parse.urlsplit(self.url).netloc
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}", data=body, headers=headers | {"Host": host})
        while True:
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                # A workshop that is just being made ready says when to ask again.
                if error.code != 503:
                    raise
                time.sleep(int(error.headers["Retry-After"]))
