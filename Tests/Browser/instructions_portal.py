"""A portal with workshops whose pages have everything that pages may have."""

import shutil

from portal import HERE, Portal

DEFINITION = """
apiVersion: training.educates.dev/v1beta1
kind: TrainingPortal
metadata: {name: labs}
spec:
  portal:
    title: Harbour Pages
    registration: {type: anonymous}
    catalog: {visibility: public}
    launches: {allowedOrigins: ["@SITE@"], perAddressPerMinute: 0, perVisitorPerMinute: 0}
    sessions: {maximum: 60, anonymous: 5}
    workshop: {defaults: {capacity: 40, reserved: 0, expires: 60m, orphaned: 10m, overdue: 1m}}
  workshops:
  - {name: pages}
  - {name: classic}
  - {name: timed, expires: 25s, overtime: 1m, deadline: 10m}
  - {name: kiosk, expires: 8s, deadline: 8s}
"""


class InstructionsPortal(Portal):
    def _definitions(self):
        target = self.folder / "portal"
        shutil.copytree(HERE / "instructions", target)
        (target / "portal.yaml").write_text(DEFINITION.replace("@SITE@", self.site))

    def wait_until_ready(self, seconds=120):
        self._wait_for("/readyz", seconds)
