"""One HTTP connection of the sandbox forge: who asks, for what, and the answer in one piece."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from math import ceil
from time import sleep
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import jwt

from .answers import RATE_LIMIT_POINTS, answer
from .faults import TOO_MUCH, Window, half_of
from .githttp import GitFailed, GitRequest, git_answers, is_read_only
from .rest import BAD_CREDENTIALS, NOT_FOUND, as_json, rest_answer
from .view import View

if TYPE_CHECKING:
    from .server import SandboxForge

GRAPHQL_PATHS = ("/api/graphql", "/graphql")
REST_ROOT = "/api/v3"
GIT_USERS = ("x-access-token", "oauth2", "token")
"""Users that stand before a token where git gives it as a password; of any forge."""
INSTALLATION = re.compile(REST_ROOT + r"/app/installations/\d+/access_tokens")
BAD_GATEWAY_PAGE = b"<!DOCTYPE html><title>Unicorn! &middot; GitHub</title><p>We had issues producing the response."
LOGIN_PAGE = b"<!DOCTYPE html><title>Sign in to the network</title><form action=/login></form>"
_SMALLEST_ZIPPED_BYTES = 256


class Handler(BaseHTTPRequestHandler):
    """Keep-alive connections; headers and body leave in one send, for two would wait for each other's receipt."""

    forge: ClassVar[SandboxForge]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    window: Window | None = None
    is_halved = False
    bad_credentials: ClassVar[Any] = BAD_CREDENTIALS

    def do_GET(self) -> None:
        self._route()

    def do_HEAD(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the forge counts its requests instead."""

    def _route(self) -> None:
        body = read_body(self)
        path = unquote(urlsplit(self.path).path)
        if ".git/" in path:
            self.forge.count_request(is_git=True)
            self._git(path, body)
            return
        used = self.forge.count_request(is_git=False)
        if self.forge.answers_html:
            self._send(200, LOGIN_PAGE, "text/html; charset=utf-8")
        elif self.command == "POST" and INSTALLATION.fullmatch(path):
            self._installation_token(used)
        elif not self._is_known():
            self._send_json(401, self.bad_credentials, used)
        elif self._is_refused() or self._is_broken(path, body):
            return
        else:
            self._api(path, body, used)

    def _api(self, path: str, body: bytes, used: int) -> None:
        if path in GRAPHQL_PATHS and self.command == "POST":
            self._graphql(body, used)
        else:
            self._rest(path, used)

    def _is_known(self) -> bool:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        return scheme.lower() in ("bearer", "token") and token.strip() in self.forge.tokens

    def _installation_token(self, used: int) -> None:
        """A token for the installation of an app that signs with its private key."""
        claims = jwt.decode(self._token(), options={"verify_signature": False})
        key = self.forge.app_keys.get(int(claims["iss"]), "")
        try:
            jwt.decode(self._token(), key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
        except jwt.PyJWTError:
            self._send_json(401, BAD_CREDENTIALS, used)
            return
        granted = {"token": self.forge.tokens[0], "expires_at": "2099-01-01T00:00:00Z", "permissions": {}}
        self._send_json(201, granted, used)

    def _token(self) -> str:
        return self.headers.get("Authorization", "").partition(" ")[2].strip()

    def _is_refused(self) -> bool:
        """Answers itself where a secondary limit is in force, or no point is left."""
        if self._is_blocked():
            return True
        self.window = self.forge.faults.spend(self._token())
        if self.window is not None and self.window.was_told:
            error = {"type": "RATE_LIMITED", "message": "API rate limit already exceeded for this user."}
            self._send_json(200, {"errors": [error]}, 0)
            return True
        return False

    def _is_blocked(self) -> bool:
        """Answers itself where a secondary limit is in force."""
        faults = self.forge.faults
        wait = faults.blocked_for(self._token())
        if wait is None:
            return False
        said = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
        self._send_json(faults.secondary_status, said, 0, {"Retry-After": str(wait)} if faults.tells_when else {})
        return True

    def _is_broken(self, path: str, body: bytes) -> bool:
        """Answers itself where the answer breaks on its way."""
        kind = self.forge.faults.strike(path.encode() + body)
        if kind == "bad_gateway":
            self._send(502, BAD_GATEWAY_PAGE, "text/html; charset=utf-8")
        elif kind == "half_json":
            self._send(200, b'{"data":{"repository":{"iss', "application/json; charset=utf-8")
        elif kind == "cut_connection":
            self.wfile.write(head(200, [("Content-Type", "application/json"), ("Content-Length", "4096")]) + b'{"da')
            self.close_connection = True
        elif kind == "secondary":
            self.forge.faults.block(self._token(), self.forge.faults.secondary_seconds)
            return self._is_blocked()
        elif kind == "slow":
            sleep(self.forge.faults.slow_seconds)
        self.is_halved = kind == "half_data"
        return kind not in (None, "half_data", "slow")

    def _graphql(self, body: bytes, used: int) -> None:
        failure = self.forge.take_failure()
        if failure is not None:
            self._send(failure, BAD_GATEWAY_PAGE, "text/html; charset=utf-8")
            return
        if self.forge.missing_scope:
            self._send_json(200, scope_refused(self.forge.missing_scope), used)
            return
        try:
            request = json.loads(body)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            self._send_json(400, {"message": "Problems parsing JSON"}, used)
            return
        said = answer(self.forge.view(), request, points_used=used)
        first, most = (request.get("variables") or {}).get("first"), self.forge.faults.most_rows
        if self.forge.faults.is_too_much(said, first):
            self._send(502, BAD_GATEWAY_PAGE, "text/html; charset=utf-8")
        elif most is not None and isinstance(first, int) and first > most:
            self._send_json(200, half_of(said, TOO_MUCH), used)
        else:
            self._send_json(200, half_of(said) if self.is_halved else said, used)

    def _rest(self, path: str, used: int) -> None:
        if not path.startswith(f"{REST_ROOT}/") or self.command == "POST":
            self._send_json(404, NOT_FOUND, used)
            return
        if self.forge.missing_scope == "repo":  # private repositories are not found without it
            self._send_json(404, NOT_FOUND, used, {"X-OAuth-Scopes": "read:user", "X-Accepted-OAuth-Scopes": "repo"})
            return
        view = self.forge.view()
        asked = parse_qs(urlsplit(self.path).query)
        below, root = path.removeprefix(REST_ROOT), self.forge.base_url
        status, body = rest_answer(view, below, root=root, requests_used=used, asked=asked)
        etag = f'W/"{hashlib.sha256(as_json(body)).hexdigest()}"'
        is_known = status == HTTPStatus.OK and self.headers.get("If-None-Match") == etag
        headers = {"ETag": etag} | ({"Location": body["url"]} if status == HTTPStatus.MOVED_PERMANENTLY else {})
        self._send_json(304 if is_known else status, None if is_known else body, used, headers)

    def _send_json(self, status: int, body: Any, used: int, headers: dict[str, str] | None = None) -> None:
        view: View = self.forge.view()
        limits = {
            **self._limits(used),
            "X-GitHub-Media-Type": "github.v3; format=json",
            "Date": format_datetime(view.as_of, usegmt=True),
        }
        payload = b"" if body is None else as_json(body)
        self._send(status, payload, "application/json; charset=utf-8", limits | (headers or {}))

    def _limits(self, used: int) -> dict[str, str]:
        limit = RATE_LIMIT_POINTS if self.window is None else self.forge.faults.points or 0
        spent = used + 1 if self.window is None else self.window.used
        resets = self.forge.as_of.timestamp() if self.window is None else self.window.ends_at
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(limit - spent, 0 if self.window else 1)),
            "X-RateLimit-Used": str(spent),
            "X-RateLimit-Reset": str(ceil(resets)),
        }

    def _send(self, status: int, payload: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        given = {"Content-Type": content_type, "Vary": "Accept-Encoding"} | (headers or {})
        if len(payload) >= _SMALLEST_ZIPPED_BYTES and "gzip" in self.headers.get("Accept-Encoding", ""):
            payload = gzip.compress(payload, compresslevel=1, mtime=0)
            given["Content-Encoding"] = "gzip"
        given["Content-Length"] = str(len(payload))
        is_bare = self.command == "HEAD" or status == HTTPStatus.NOT_MODIFIED
        self.wfile.write(head(status, list(given.items())) + (b"" if is_bare else payload))

    def _git(self, path: str, body: bytes) -> None:
        lower = {name.lower(): value for name, value in self.headers.items()}
        request = GitRequest(self.command, path, urlsplit(self.path).query, lower, body)
        if path.split(".git/")[0].removeprefix("/") not in self.forge.world.repositories:
            self._send(404, b"Repository not found.\n", "text/plain")
            return
        if self.forge.git_wants_token and not self._may_fetch():
            self._send(401, b"Who are you?\n", "text/plain", {"WWW-Authenticate": 'Basic realm="git"'})
            return
        if not is_read_only(request):
            self._send(403, b"Only fetching is possible here.\n", "text/plain")
            return
        try:
            with git_answers(request, self.forge.folder) as answered:
                self.wfile.write(head(answered.status, [*answered.headers, ("Transfer-Encoding", "chunked")]))
                for block in answered.blocks():
                    self.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
        except GitFailed as failure:
            self.close_connection = True  # without the last chunk, so that the client sees that something is missing
            self.log_error("%s", failure)
            return
        self.wfile.write(b"0\r\n\r\n")

    def _may_fetch(self) -> bool:
        known = [base64.b64encode(f"{user}:{token}".encode()) for token in self.forge.tokens for user in GIT_USERS]
        return self.headers.get("Authorization", "").removeprefix("Basic ").encode() in known


def scope_refused(scope: str) -> dict[str, Any]:
    """GraphQL without a scope (of a classic token) or a permission such as issues=read (of another one)."""
    if "=" not in scope:
        said = f"The 'issues' field requires one of the following scopes: ['{scope}'], but your token has only been granted"
        error = {
            "type": "INSUFFICIENT_SCOPES",
            "locations": [{"line": 3, "column": 5}],
            "message": f"{said} the: [''] scopes.",
        }
        return {"errors": [error]}
    field = {"issues": "issues", "pull_requests": "pullRequests"}[scope.partition("=")[0]]
    refused: dict[str, Any] = {
        "type": "FORBIDDEN",
        "path": ["repository", field],
        "locations": [{"line": 3, "column": 5}],
    }
    refused |= {"message": "Resource not accessible by personal access token", "extensions": {"saml_failure": False}}
    return {"data": {"repository": {field: None}}, "errors": [refused]}


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    """The body of a request, sent whole or in chunks."""
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
    blocks = []
    while length := int(handler.rfile.readline().split(b";")[0], 16):
        blocks.append(handler.rfile.read(length))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(blocks)


def head(status: int, headers: list[tuple[str, str]]) -> bytes:
    phrase = HTTPStatus(status).phrase
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
