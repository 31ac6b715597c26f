"""A login provider that speaks OpenID Connect, built on Authlib; it can be told to lie."""

import secrets
import threading
import time

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "lectern & co", "a secret: with/signs%"


class Client(ClientMixin):
    def __init__(self, redirect_uri):
        self.redirect_uri = redirect_uri

    def get_client_id(self):
        return CLIENT

    def get_default_redirect_uri(self):
        return self.redirect_uri

    def get_allowed_scope(self, scope):
        return scope

    def check_redirect_uri(self, uri):
        return uri == self.redirect_uri

    def check_client_secret(self, secret):
        return secrets.compare_digest(secret, SECRET)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, kind):
        return kind == "code"

    def check_grant_type(self, kind):
        return kind == "authorization_code"


class Code:
    def __init__(self, code, payload, user):
        # What is asked now: the payload always reads the request under way.
        self.code, self.user, self.scope, self.redirect_uri = code, user, payload.scope, payload.redirect_uri
        self.nonce = payload.data.get("nonce")
        self.code_challenge = payload.data.get("code_challenge")
        self.code_challenge_method = payload.data.get("code_challenge_method")

    def is_expired(self):
        return False

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return int(time.time())


class User:
    def __init__(self, claims):
        self.claims = claims

    def get_user_id(self):
        return self.claims["sub"]


class Provider:
    def __init__(self, port=0):
        app = Flask("provider")
        self.redirect_uri = None
        self.claims = {"sub": "42", "name": "Ada Lovelace"}
        self.key_requests = 0
        self.rotate("one")
        self.be_honest()
        self._codes = {}
        server = AuthorizationServer(
            app, query_client=lambda name: Client(self.redirect_uri) if name == CLIENT else None,
            save_token=lambda token, request: None)
        server.register_grant(self._grant(), [CodeChallenge(required=True), self._identity()])

        @app.get("/.well-known/openid-configuration")
        def discovery():
            if self.is_down:
                return "no", 500
            return jsonify(
                issuer=self.claimed_issuer or self.issuer, authorization_endpoint=self.issuer + "/authorize",
                token_endpoint=self.issuer + "/token", jwks_uri=self.issuer + "/keys",
                response_types_supported=["code"], subject_types_supported=["public"],
                id_token_signing_alg_values_supported=["RS256", "ES256"])

        @app.get("/keys")
        def keys():
            self.key_requests += 1
            return jsonify(keys=[key.as_dict(private=False) for key in self.published])

        @app.get("/authorize")
        def authorize():
            grant = server.get_consent_grant(end_user=User(self.claims))
            return server.create_authorization_response(grant_user=User(dict(self.claims)), grant=grant)

        @app.post("/token")
        def token():
            if self.token_delay:
                time.sleep(self.token_delay)
            return server.create_token_response()

        app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = False
        self._server = make_server("127.0.0.1", port, app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def be_honest(self):
        """Undoes whatever a test has made of the provider."""
        self.change = lambda claims: claims
        self.encode = None
        self.is_down = False
        self.claimed_issuer = None
        self.token_delay = 0

    def rotate(self, name, kind="RSA"):
        """Signs with a new key from now on, and publishes it alone."""
        parameters = {"kid": name, "use": "sig", "alg": "RS256" if kind == "RSA" else "ES256"}
        self.key = RSAKey.generate_key(2048, parameters) if kind == "RSA" else ECKey.generate_key("P-256", parameters)
        self.algorithm = parameters["alg"]
        self.published = [self.key]

    def close(self):
        self._server.shutdown()

    def _token(self, claims):
        claims = self.change(dict(claims))
        return self.encode(claims) if self.encode else self._honest(claims)

    def _honest(self, claims):
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, [header["alg"]])

    def _grant(provider):
        class Grant(grants.AuthorizationCodeGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

            def save_authorization_code(self, code, request):
                provider._codes[code] = Code(code, request.payload, request.user)

            def query_authorization_code(self, code, client):
                return provider._codes.get(code)

            def delete_authorization_code(self, code):
                provider._codes.pop(code.code)

            def authenticate_user(self, code):
                return code.user

        return Grant

    def _identity(provider):
        class Identity(OpenIDCode):
            def exists_nonce(self, nonce, request):
                return False

            def encode_id_token(self, token, request):
                now = int(time.time())
                return provider._token({
                    "iss": provider.issuer, "aud": CLIENT, "iat": now, "exp": now + 300,
                    "nonce": request.authorization_code.get_nonce(), **request.user.claims})

        return Identity(require_nonce=True)
