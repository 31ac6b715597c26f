"""Two OAuth2 client libraries, as they are used everywhere, against the real portal: every grant, and what undoes it."""

import concurrent.futures
import hashlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import time
import urllib.parse

import oauthlib.oauth2
import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from requests_oauthlib import OAuth2Session as OAuthlibSession

from portal import DEFINITION, Portal

CLIENT = ("robots-client", "robots-secret")
ROBOT = {"username": "robot@educates", "password": "robots-password"}


@pytest.fixture(autouse=True)
def plain_http(monkeypatch):
    # The portal under test has no TLS.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def token_url(portal):
    return portal.url + "/oauth2/token/"


def works(portal, token):
    answer = requests.get(
        portal.url + "/workshops/catalog/environments/", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    return answer.status_code == 200


def authlib(**options):
    return AuthlibSession(*CLIENT, **options)


class TestAuthlib:
    @pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
    def test_password_and_refresh(self, portal, token_url, way):
        client = authlib(token_endpoint_auth_method=way)
        first = client.fetch_token(token_url, grant_type="password", **ROBOT)
        assert works(portal, first["access_token"])
        second = client.refresh_token(token_url, refresh_token=first["refresh_token"])
        assert second["refresh_token"] != first["refresh_token"]
        assert works(portal, second["access_token"])
        with pytest.raises(OAuthError) as error:
            client.refresh_token(token_url, refresh_token=first["refresh_token"])
        assert error.value.error == "invalid_grant"
        assert not works(portal, second["access_token"])

    def test_client_credentials(self, portal, token_url):
        token = authlib().fetch_token(token_url, grant_type="client_credentials", scope="user:info")
        assert "refresh_token" not in token
        assert works(portal, token["access_token"])

    def test_it_finds_its_way_by_the_metadata(self, portal):
        metadata = requests.get(portal.url + "/.well-known/oauth-authorization-server", timeout=5).json()
        path = urllib.parse.urlsplit(metadata["token_endpoint"]).path
        token = authlib().fetch_token(portal.url + path, grant_type="client_credentials")
        assert works(portal, token["access_token"])

    def test_an_old_token_is_refreshed_by_itself(self, portal, token_url):
        renewed = []
        client = authlib(
            token_endpoint=token_url, update_token=lambda token, **_: renewed.append(token))
        token = client.fetch_token(token_url, grant_type="password", **ROBOT)
        client.token = dict(token, expires_at=int(time.time()) - 1)
        answer = client.get(portal.url + "/workshops/catalog/environments/")
        assert answer.status_code == 200
        assert len(renewed) == 1 and renewed[0]["access_token"] != token["access_token"]

    @pytest.mark.parametrize("path", ["/oauth2/revoke/", "/oauth2/revoke-token/"])
    def test_revocation_and_introspection(self, portal, token_url, path):
        client = authlib()
        token = client.fetch_token(token_url, grant_type="password", **ROBOT)
        facts = client.introspect_token(portal.url + "/oauth2/introspect/", token=token["access_token"]).json()
        assert facts["active"] and facts["username"] == ROBOT["username"] and facts["client_id"] == CLIENT[0]
        assert facts["exp"] - facts["iat"] == token["expires_in"] == 36000
        answer = client.revoke_token(portal.url + path, token=token["refresh_token"])
        assert answer.status_code == 200
        assert not works(portal, token["access_token"])
        facts = client.introspect_token(portal.url + "/oauth2/introspect/", token=token["access_token"]).json()
        assert facts == {"active": False}

    def test_mistakes_have_their_names(self, token_url):
        for options, fields, error in [
            ({}, {"grant_type": "password", "username": "x", "password": "y"}, "invalid_grant"),
            ({}, {"grant_type": "client_credentials", "scope": "everything"}, "invalid_scope"),
            ({"client_secret": "guess"}, {"grant_type": "client_credentials"}, "invalid_client"),
        ]:
            client = authlib()
            client.client_secret = options.get("client_secret", client.client_secret)
            with pytest.raises(OAuthError) as found:
                client.fetch_token(token_url, **fields)
            assert found.value.error == error


class TestRaces:
    def test_one_of_many_refreshes_and_none_keeps_a_token(self, portal, token_url):
        first = authlib().fetch_token(token_url, grant_type="password", **ROBOT)

        def refresh(_):
            form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
            return requests.post(token_url, data=form, auth=CLIENT, timeout=10)

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(refresh, range(32)))
        good = [answer.json() for answer in answers if answer.status_code == 200]
        assert len(good) == 1
        assert all(answer.json()["error"] == "invalid_grant" for answer in answers if answer.status_code != 200)
        assert not works(portal, good[0]["access_token"]) and not works(portal, first["access_token"])

    def test_guesses_are_slowed_down_and_nobody_else_is(self):
        portal = Portal()
        try:
            url = portal.url + "/oauth2/token/"
            form = {"grant_type": "client_credentials"}

            def guess(number):
                return requests.post(url, data=form, auth=(CLIENT[0], f"guess-{number}"), timeout=10).status_code

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(guess, range(60)))
            assert set(answers) == {401, 429} and answers.count(401) < 20
            refused = requests.post(url, data=form, auth=CLIENT, timeout=10)
            assert refused.status_code == 429 and int(refused.headers["Retry-After"]) >= 1
        finally:
            portal.close()


class TestRequestsOAuthlib:
    def test_password_and_refresh(self, portal, token_url):
        client = OAuthlibSession(client=oauthlib.oauth2.LegacyApplicationClient(client_id=CLIENT[0]))
        first = client.fetch_token(token_url, client_id=CLIENT[0], client_secret=CLIENT[1], **ROBOT)
        assert first["scope"] == ["user:info"]
        assert works(portal, first["access_token"])
        second = client.refresh_token(token_url, client_id=CLIENT[0], client_secret=CLIENT[1])
        assert works(portal, second["access_token"])
        with pytest.raises(oauthlib.oauth2.InvalidGrantError):
            client.refresh_token(token_url, refresh_token=first["refresh_token"], auth=CLIENT)
        assert not works(portal, second["access_token"])

    @pytest.mark.parametrize("in_body", [False, True])
    def test_client_credentials(self, portal, token_url, in_body):
        client = OAuthlibSession(client=oauthlib.oauth2.BackendApplicationClient(client_id=CLIENT[0]))
        if in_body:
            token = client.fetch_token(token_url, client_secret=CLIENT[1], include_client_id=True)
        else:
            token = client.fetch_token(token_url, auth=CLIENT, include_client_id=True)
        assert works(portal, token["access_token"])
        assert client.get(portal.url + "/workshops/catalog/environments/").status_code == 200

    def test_mistakes_have_their_names(self, token_url):
        client = OAuthlibSession(client=oauthlib.oauth2.BackendApplicationClient(client_id=CLIENT[0]))
        with pytest.raises(oauthlib.oauth2.InvalidClientError):
            client.fetch_token(token_url, auth=(CLIENT[0], "guess"))
        with pytest.raises(oauthlib.oauth2.InvalidClientError):
            # The secret may not be left out, as it may in Educates.
            client.fetch_token(token_url, auth=lambda request: request, include_client_id=True)


class Lab:
    """A session of its own with the browser of its learner, and what its agent knows."""

    def __init__(self, portal):
        robot = portal.token()
        answer = portal.call(
            "/workshops/environment/labs-w01/request/?index_url=https%3A%2F%2Fwww.example.com%2F", robot, "POST")
        self.name = answer["name"]
        self.user = answer["user"]
        self.robot = robot
        self.browser = requests.Session()
        self.activation = portal.url + answer["url"]
        self._enter()
        port = urllib.parse.urlsplit(portal.url).port
        self.callback = f"http://{self.name}.lectern.localhost:{port}/oauth_callback"
        with sqlite3.connect(f"file:{portal.folder}/data/portal.sqlite?mode=ro", uri=True) as store:
            key, = store.execute("SELECT value FROM settings WHERE name = 'session-secrets-key'").fetchone()
        purpose = f"session client secret\n{self.name}".encode()
        self.secret = hashlib.blake2b(purpose, digest_size=32, key=key).hexdigest()

    def _enter(self):
        page = self.browser.get(self.activation, allow_redirects=False, timeout=5)
        if page.status_code == 200:
            fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
            page = self.browser.post(self.activation, data=fields, allow_redirects=False, timeout=5)
        assert page.status_code in (302, 303), page.text
        assert self.browser.cookies

    def authorize(self, url):
        """Where the portal sends the learner's browser."""
        answer = self.browser.get(url, allow_redirects=False, timeout=5)
        assert answer.status_code == 302
        return answer.headers["Location"]


@pytest.fixture
def lab(portal):
    return Lab(portal)


class TestSessionHosts:
    def check(self, portal, lab, token):
        """What the token of a session's agent is good for: that session."""
        assert "refresh_token" not in token
        headers = {"Authorization": "Bearer " + token["access_token"]}
        own = f"{portal.url}/workshops/session/{lab.name}/schedule/"
        assert requests.get(own, headers=headers, timeout=5).json()["status"] == "RUNNING"
        other = Lab(portal)
        foreign = f"{portal.url}/workshops/session/{other.name}/schedule/"
        assert requests.get(foreign, headers=headers, timeout=5).status_code in (401, 403)
        assert requests.get(
            f"{portal.url}/workshops/user/{lab.user}/sessions/", headers=headers, timeout=5).status_code == 403

    def test_authlib(self, portal, lab, token_url):
        client = AuthlibSession(
            lab.name, lab.secret, scope="user:info", redirect_uri=lab.callback, code_challenge_method="S256")
        verifier = "v" * 64
        url, state = client.create_authorization_url(portal.url + "/oauth2/authorize/", code_verifier=verifier)
        location = lab.authorize(url)
        assert location.startswith(lab.callback + "?")
        token = client.fetch_token(token_url, authorization_response=location, state=state, code_verifier=verifier)
        self.check(portal, lab, token)
        with pytest.raises(OAuthError) as error:
            client.fetch_token(token_url, authorization_response=location, state=state, code_verifier=verifier)
        assert error.value.error == "invalid_grant"
        assert not client.introspect_token(
            portal.url + "/oauth2/introspect/", token=token["access_token"]).json()["active"]

    def test_requests_oauthlib(self, portal, lab, token_url):
        client = OAuthlibSession(
            lab.name, redirect_uri=lab.callback, scope=["user:info"], pkce="S256")
        url, _ = client.authorization_url(portal.url + "/oauth2/authorize/")
        location = lab.authorize(url)
        token = client.fetch_token(
            token_url, authorization_response=location, client_secret=lab.secret, include_client_id=True)
        self.check(portal, lab, token)

    def test_a_code_needs_its_proof_and_its_own_client(self, portal, lab, token_url):
        other = Lab(portal)
        for name, secret, verifier in [
            (lab.name, lab.secret, "w" * 64), (lab.name, lab.secret, None), (other.name, other.secret, "v" * 64),
        ]:
            client = AuthlibSession(
                lab.name, lab.secret, redirect_uri=lab.callback, code_challenge_method="S256")
            url, state = client.create_authorization_url(portal.url + "/oauth2/authorize/", code_verifier="v" * 64)
            location = lab.authorize(url)
            thief = AuthlibSession(name, secret, redirect_uri=lab.callback)
            with pytest.raises(OAuthError) as error:
                thief.fetch_token(token_url, authorization_response=location, state=state, code_verifier=verifier)
            assert error.value.error == "invalid_grant"

    def test_a_session_gets_nothing_of_the_robots(self, lab, token_url):
        client = AuthlibSession(lab.name, lab.secret)
        for fields in [{"grant_type": "client_credentials"}, dict(ROBOT, grant_type="password")]:
            with pytest.raises(OAuthError) as error:
                client.fetch_token(token_url, **fields)
            assert error.value.error == "unauthorized_client"


def credentials(portal, *arguments):
    command = [os.environ["LECTERN_PROGRAM"], "credentials", "--data", portal.folder / "data", "--json", *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=20).stdout)


def fetch(portal, found):
    client = AuthlibSession(found["client"]["id"], found["client"]["secret"])
    return client.fetch_token(portal.url + "/oauth2/token/", grant_type="password", **found["robot"])


class TestCredentials:
    @pytest.fixture
    def own_portal(self):
        # Without credentials in its definition.
        lines = (DEFINITION % "private").splitlines(keepends=True)
        start = next(number for number, line in enumerate(lines) if line.startswith("    credentials:"))
        self.definition = "".join(lines[:start] + lines[start + 4:])
        assert "robots-" not in self.definition
        portal = Portal(definition=self.definition)
        yield portal
        portal.close()

    def test_drawn_ones_open_the_door_and_outlive_a_restart(self, own_portal):
        found = credentials(own_portal)
        assert len(found["client"]["secret"]) >= 26 and len(found["admin"]["password"]) >= 26
        token = fetch(own_portal, found)
        assert works(own_portal, token["access_token"])
        own_portal.process.kill()
        own_portal.process.wait()
        assert credentials(own_portal) == found
        assert not os.stat(own_portal.folder / "data" / "credentials.json").st_mode & 0o077
        log = own_portal.log.read_text()
        for secret in [found["client"]["secret"], found["admin"]["password"], found["robot"]["password"]]:
            assert secret not in log

    def test_a_changed_definition_counts_at_once(self, own_portal):
        drawn = credentials(own_portal)
        old = fetch(own_portal, drawn)
        own_portal.definition.write_text(self.definition.replace(
            "    catalog:", "    credentials: {robot: {username: crane, password: a-chosen-password}}\n    catalog:"))
        own_portal.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while works(own_portal, old["access_token"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with pytest.raises(OAuthError):
            fetch(own_portal, drawn)
        deadline = time.monotonic() + 20
        while credentials(own_portal)["robot"] != {"username": "crane", "password": None}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        chosen = credentials(own_portal, own_portal.definition)
        assert chosen["robot"] == {"username": "crane", "password": "a-chosen-password"}
        assert works(own_portal, fetch(own_portal, chosen)["access_token"])
        assert "a-chosen-password" not in own_portal.log.read_text()
