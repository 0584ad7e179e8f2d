"""git's own smart HTTP, read-only: each request runs `git http-backend`, whose answer is passed on as it comes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import parse_headers
from pathlib import Path
from typing import IO, BinaryIO, cast

from .history import git_environment

BLOCK_BYTES = 1 << 16
_PASSED_ON = {"content-type": "CONTENT_TYPE", "content-encoding": "HTTP_CONTENT_ENCODING"}


class GitFailed(Exception):
    """git http-backend stopped in the middle; the client must not take what came for the whole."""


@dataclass(frozen=True)
class GitRequest:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True)
class GitAnswer:
    status: int
    headers: list[tuple[str, str]]
    stream: IO[bytes]

    def blocks(self) -> Iterator[bytes]:
        while block := self.stream.read(BLOCK_BYTES):
            yield block


def is_read_only(request: GitRequest) -> bool:
    """Whether it can only fetch: no push, and none of the files git would serve as they lie."""
    if request.path.endswith("/info/refs"):
        return request.method == "GET" and request.query == "service=git-upload-pack"
    return request.method == "POST" and request.path.endswith("/git-upload-pack")


@contextmanager
def git_answers(request: GitRequest, root: Path) -> Iterator[GitAnswer]:
    """Runs git for one request; raises GitFailed at the end if git did."""
    with tempfile.TemporaryFile() as body:
        body.write(request.body)
        body.seek(0)
        with subprocess.Popen(
            ["git", "http-backend"],
            stdin=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=cgi_environment(request, root),
        ) as process:
            stream = cast(BinaryIO, process.stdout)
            headers = parse_headers(stream)
            status = int(headers.get("Status", "200").split()[0])
            yield GitAnswer(status, [it for it in headers.items() if it[0].lower() != "status"], stream)
    if process.returncode:
        raise GitFailed(f"git http-backend ended with {process.returncode} for {request.path}.")


def cgi_environment(request: GitRequest, root: Path) -> dict[str, str]:
    environment = git_environment(root) | {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "CONTENT_LENGTH": str(len(request.body)),
        "REMOTE_ADDR": "127.0.0.1",
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
    }
    return environment | {
        variable: request.headers[name] for name, variable in _PASSED_ON.items() if name in request.headers
    }
