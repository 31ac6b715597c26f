"""People sign in with their organisation's login, and nobody with a forged word of it."""

import base64
import json
import secrets
import threading
import time
import urllib.parse

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from portal import Portal
from provider import CLIENT, SECRET, Provider

DEFINITION = """
apiVersion: training.educates.dev/v1beta1
kind: TrainingPortal
metadata: {name: labs}
spec:
  portal:
    registration: {type: TYPE, enabled: ENABLED}
    sessions: {maximum: 50}
    oidc:
      issuer: ISSUER
      clientID: "CLIENT"
      clientSecretFile: oidc.secret
      label: Harbour ID
      staffClaim: {name: groups, value: trainers}
  workshops:
  - {name: shell, capacity: 50, reserved: 0, expires: 60m}
---
apiVersion: training.educates.dev/v1beta1
kind: Workshop
metadata: {name: shell}
spec: {title: Shell, description: A workshop to test with.}
"""


def definition(provider, kind="one-step", enabled="true"):
    text = DEFINITION.replace("CLIENT", CLIENT).replace("ISSUER", provider.issuer)
    return text.replace("TYPE", kind).replace("ENABLED", enabled)


def open_portal(provider, **options):
    portal = Portal(definition(provider, **options))
    (portal.folder / "oidc.secret").write_text(SECRET + "\n")
    port = urllib.parse.urlsplit(portal.url).port
    portal.public = f"http://lectern.localhost:{port}"
    provider.redirect_uri = portal.public + "/accounts/oidc/callback/"
    return portal


@pytest.fixture(scope="module")
def provider():
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def portal(provider):
    portal = open_portal(provider)
    yield portal
    log = portal.log.read_text()
    portal.close()
    assert SECRET not in log
    assert "crash" not in log.lower()


@pytest.fixture(autouse=True)
def honest(provider):
    provider.be_honest()
    provider.claims = {"sub": "42", "name": "Ada Lovelace"}


class Browser:
    """Follows redirects one at a time, with cookies kept by site."""

    def __init__(self, portal):
        self.portal = portal
        self.session = requests.Session()

    def get(self, target):
        """A page of the portal, whose public name need not resolve here."""
        url = target if target.startswith("http") else self.portal.public + target
        url = url.replace(self.portal.public, self.portal.url)
        headers = {"Host": urllib.parse.urlsplit(self.portal.public).netloc} if url.startswith(self.portal.url) else {}
        return self.session.get(url, headers=headers, allow_redirects=False, timeout=20)

    def begin(self, target="/"):
        """To the provider and back as far as the callback's address."""
        answer = self.get("/accounts/oidc/login/?next=" + urllib.parse.quote(target, safe=""))
        assert answer.status_code == 302, answer.text
        self.asked = urllib.parse.urlsplit(answer.headers["Location"])
        answer = self.get(answer.headers["Location"])
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def sign_in(self, target="/"):
        return self.get(self.begin(target))

    def is_signed_in(self):
        return self.get("/accounts/password_change/").status_code == 200


@pytest.fixture
def browser(portal):
    return Browser(portal)


def test_a_launch_that_the_login_interrupts_goes_on_afterwards(browser):
    target = "/workshops/environment/shell/create/?index_url=https%3A%2F%2Fwww.example.com%2F"
    answer = browser.get(target)
    page = browser.get(answer.headers["Location"]).text
    assert "Sign in with Harbour ID" in page
    answer = browser.sign_in(target)
    assert (answer.status_code, answer.headers["Location"]) == (303, target)
    assert "/oauth_callback?code=" in browser.get(target).headers["Location"]
    assert "Ada Lovelace" in browser.get("/workshops/catalog/").text


def test_the_request_has_state_nonce_and_a_proof_key_that_nobody_can_guess(browser):
    seen = []
    for _ in range(3):
        browser.begin()
        query = dict(urllib.parse.parse_qsl(browser.asked.query))
        assert query["response_type"] == "code" and query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256" and "openid" in query["scope"].split()
        seen += [query["state"], query["nonce"], query["code_challenge"]]
    assert len(set(seen)) == 9 and all(len(text) == 43 for text in seen)


def test_the_same_person_is_the_same_user_and_another_is_another(portal, provider):
    names = []
    for subject in ["7", "7", "8"]:
        provider.claims = {"sub": subject, "name": "Same Name"}
        browser = Browser(portal)
        assert browser.sign_in().status_code == 303
        location = browser.get("/workshops/environment/shell/").headers["Location"]
        names.append(urllib.parse.urlsplit(location).hostname)
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("claim, is_staff", [
    ("trainers", True), (["learners", "trainers"], True), (["learners"], False), ({"trainers": True}, False),
    (None, False), ("trainers2", False)])
def test_only_the_claim_of_the_definition_makes_staff(portal, provider, claim, is_staff):
    provider.claims = {"sub": secrets.token_hex(8), "name": "Eve", "groups": claim}
    browser = Browser(portal)
    assert browser.sign_in("/admin/").headers["Location"] == "/admin/"
    page = browser.get("/accounts/login/?next=%2Fadmin%2F")
    assert (page.status_code == 302) == is_staff


@pytest.fixture
def fresh(provider):
    """A portal that has not asked for keys yet."""
    kept = provider.redirect_uri
    portal = open_portal(provider)
    yield portal
    portal.close()
    provider.redirect_uri = kept


def test_an_elliptic_curve_does_as_well_and_keys_are_asked_for_once_a_minute():
    provider = Provider()
    provider.rotate("curve", "EC")
    fresh = open_portal(provider)
    assert Browser(fresh).sign_in().status_code == 303
    # Whoever shows tokens with unknown keys does not make the portal ask each time.
    provider.rotate("after")
    asked = provider.key_requests
    for _ in range(5):
        assert Browser(fresh).sign_in().status_code == 502
    assert provider.key_requests == asked
    fresh.close()
    provider.close()


def shared_secret(provider, claims):
    """The classic confusion: the public key as the secret of an HMAC."""
    key = OctKey.import_key(provider.key.as_pem(private=False))
    return jwt.encode({"alg": "HS256", "kid": provider.key.kid}, claims, key, ["HS256"])


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


FORGERIES = {
    "another key": lambda p, c: jwt.encode(
        {"alg": "RS256", "kid": p.key.kid}, c, RSAKey.generate_key(2048), ["RS256"]),
    "an unknown key": lambda p, c: jwt.encode({"alg": "RS256", "kid": "x"}, c, RSAKey.generate_key(2048), ["RS256"]),
    "a key in the header": lambda p, c: jwt.encode(
        {"alg": "RS256", "jwk": RSAKey.generate_key(2048).as_dict(private=False)}, c, RSAKey.generate_key(2048),
        ["RS256"]),
    "no signature": lambda p, c: part({"alg": "none"}) + "." + part(c) + ".",
    "no signature, with one": lambda p, c: part({"alg": "none"}) + "." + part(c) + ".AAAA",
    "a shared secret": shared_secret,
    "the client's secret": lambda p, c: jwt.encode({"alg": "HS256"}, c, OctKey.import_key(SECRET), ["HS256"]),
    "a changed payload": lambda p, c: swap(p._honest(c), part(dict(c, sub="root"))),
    "nothing": lambda p, c: "",
    "no token": lambda p, c: "a.b.c",
    "something enormous": lambda p, c: p._honest(dict(c, more="x" * 200_000)),
}


def swap(token, payload):
    head, _, tail = token.split(".")
    return f"{head}.{payload}.{tail}"


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_lets_nobody_in(browser, provider, forgery):
    provider.encode = lambda claims: FORGERIES[forgery](provider, claims)
    answer = browser.sign_in()
    assert answer.status_code == 502
    assert "could not be accepted" in answer.text
    assert not browser.is_signed_in()


LIES = {
    "another audience": lambda c: c | {"aud": "somebody-else"},
    "no audience": lambda c: without(c, "aud"),
    "several audiences": lambda c: c | {"aud": [CLIENT, "other"]},
    "another party": lambda c: c | {"azp": "other"},
    "another issuer": lambda c: c | {"iss": "https://evil.example"},
    "an issuer that is nearly right": lambda c: c | {"iss": c["iss"] + "/"},
    "another nonce": lambda c: c | {"nonce": secrets.token_hex(16)},
    "no nonce": lambda c: without(c, "nonce"),
    "an end that is past": lambda c: c | {"exp": int(time.time()) - 120},
    "no end": lambda c: without(c, "exp"),
    "an end in words": lambda c: c | {"exp": "tomorrow"},
    "a beginning to come": lambda c: c | {"nbf": int(time.time()) + 600},
    "a date of tomorrow": lambda c: c | {"iat": int(time.time()) + 86400},
    "a date of last year": lambda c: c | {"iat": int(time.time()) - 31_536_000},
    "no date": lambda c: without(c, "iat"),
    "nobody": lambda c: c | {"sub": ""},
    "a number": lambda c: c | {"sub": 42},
    "an endless name": lambda c: c | {"sub": "x" * 300},
}


def without(claims, name):
    return {key: value for key, value in claims.items() if key != name}


@pytest.mark.parametrize("lie", LIES)
def test_a_genuine_signature_under_the_wrong_words_lets_nobody_in(browser, provider, lie):
    provider.change = LIES[lie]
    assert browser.sign_in().status_code == 502
    assert not browser.is_signed_in()


@pytest.mark.parametrize("truth", [
    lambda c: c | {"aud": [CLIENT]}, lambda c: c | {"aud": [CLIENT, "other"], "azp": CLIENT},
    lambda c: c | {"exp": int(time.time()) - 30}, lambda c: c | {"iat": int(time.time()) + 30},
    lambda c: without(c, "name"), lambda c: c | {"name": "\u202e\u0000"}, lambda c: c | {"name": "x" * 5000}])
def test_what_the_standard_allows_is_accepted(browser, provider, truth):
    provider.change = truth
    assert browser.sign_in().status_code == 303
    assert browser.is_signed_in()


def test_a_token_without_a_key_id_is_tried_with_the_keys_of_its_kind(browser, provider):
    provider.encode = lambda claims: jwt.encode({"alg": "RS256"}, claims, provider.key, ["RS256"])
    assert browser.sign_in().status_code == 303


def test_an_answer_that_another_browser_began_is_worth_nothing(portal, browser):
    callback = browser.begin()
    other = Browser(portal)
    answer = other.get(callback)
    assert answer.status_code == 400 and "does not belong" in answer.text
    assert not other.is_signed_in()
    other.begin()
    assert other.get(callback).status_code == 400
    assert browser.get(callback).status_code == 303


def test_a_code_works_once(portal, browser):
    callback = browser.begin()
    cookies = dict(browser.session.cookies)
    assert browser.get(callback).status_code == 303
    again = Browser(portal)
    again.session.cookies.update(cookies)
    assert again.get(callback).status_code == 502
    assert not again.is_signed_in()


@pytest.mark.parametrize("query", [
    "", "code=x", "state=x", "code=x&state=", "error=access_denied", "code=%00&state=%00", "code=x&code=y&state=x"])
def test_garbage_at_the_callback_is_told_so(browser, query):
    answer = browser.get("/accounts/oidc/callback/?" + query)
    assert answer.status_code == 400 and "<h1>" in answer.text


def test_somebody_whom_the_provider_refuses_is_told_so(browser, provider):
    callback = urllib.parse.urlsplit(browser.begin("/workshops/catalog/"))
    state = dict(urllib.parse.parse_qsl(callback.query))["state"]
    answer = browser.get(f"{callback.path}?error=access_denied&error_description=<b>no&state={state}")
    assert answer.status_code == 400 and "did not let you through" in answer.text
    assert "<b>no" not in answer.text
    assert "/accounts/login/?next=%2Fworkshops%2Fcatalog%2F" in answer.text


def test_an_answer_from_another_issuer_is_not_taken(browser, provider):
    callback = browser.begin()
    assert browser.get(callback + "&iss=https%3A%2F%2Fevil.example").status_code == 400
    callback = browser.begin()
    assert browser.get(callback + "&iss=" + urllib.parse.quote(provider.issuer, safe="")).status_code == 303


def test_nobody_is_sent_on_to_another_site(browser):
    for target in ["https://evil.example/", "//evil.example/", "/\\evil.example"]:
        assert browser.sign_in(target).headers["Location"] == "/"
        browser.session.cookies.clear()


def test_a_provider_that_is_away_or_lies_about_itself_is_told_politely(provider, fresh):
    for trouble in [{"is_down": True}, {"claimed_issuer": "https://evil.example"}]:
        vars(provider).update(trouble)
        answer = Browser(fresh).get("/accounts/oidc/login/")
        assert answer.status_code == 503 and answer.headers["Retry-After"]
        assert "does not answer" in answer.text
        provider.be_honest()
    assert Browser(fresh).sign_in().status_code == 303


def test_a_provider_that_hangs_holds_up_nobody_else():
    provider = Provider()
    portal = open_portal(provider, kind="anonymous")
    try:
        provider.token_delay = 5
        callbacks = []
        for _ in range(6):
            browser = Browser(portal)
            callbacks.append((browser, browser.begin()))
        waiting = [Thread(browser.get, callback) for browser, callback in callbacks]
        began = time.monotonic()
        for _ in range(20):
            answer = Browser(portal).get("/workshops/environment/shell/create/")
            assert "/oauth_callback?code=" in answer.headers["Location"]
        assert time.monotonic() - began < 3
        provider.token_delay = 0
        assert [thread.result().status_code for thread in waiting] == [303] * 6
        provider.close()
        assert Browser(portal).get("/workshops/environment/shell/create/").status_code == 302
    finally:
        portal.close()


class Thread(threading.Thread):
    def __init__(self, work, *arguments):
        super().__init__(daemon=True)
        self._work, self._arguments = work, arguments
        self.start()

    def run(self):
        self._result = self._work(*self._arguments)

    def result(self):
        self.join(60)
        return self._result


def test_a_portal_without_registration_takes_whom_the_provider_vouches_for(provider):
    kept = provider.redirect_uri
    portal = open_portal(provider, enabled="false")
    try:
        browser = Browser(portal)
        assert browser.get("/accounts/register/").headers["Location"] == "/accounts/register/closed/"
        assert browser.sign_in().status_code == 303 and browser.is_signed_in()
    finally:
        portal.close()
        provider.redirect_uri = kept


def test_a_secret_that_cannot_be_read_is_an_error_in_the_log_alone(provider, fresh):
    (fresh.folder / "oidc.secret").unlink()
    answer = Browser(fresh).sign_in()
    assert answer.status_code == 502 and "oidc.secret" not in answer.text
    assert "oidc.secret cannot be read" in fresh.log.read_text()
    (fresh.folder / "oidc.secret").write_text("wrong")
    assert Browser(fresh).sign_in().status_code == 502
    (fresh.folder / "oidc.secret").write_text(SECRET)
    assert Browser(fresh).sign_in().status_code == 303
