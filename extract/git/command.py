"""The only place that runs git: arguments as lists, a closed environment, every return code looked at.

A repository is hostile: its configuration can name programs to run (signature checks, text filters, file monitors,
transports for missing objects), and its answers can hold anything. What runs programs is switched off here, once.

    NeedsAPerson
    └── GitFailed     git ended with an error; carries its last words without credentials
    TryAgain
    └── GitTooSlow    the other side did not answer in time
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from urllib.parse import urlsplit

from extract.errors import NeedsAPerson, TryAgain

BLOCK_BYTES = 1 << 17
BLOCKS_AHEAD = 64
LAST_WORDS = 400  # characters of git's complaint that a log line can carry
_QUIET = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_FLUSH": "0", "GIT_OPTIONAL_LOCKS": "0"}
_LARGE_PAGES = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432"
    ":glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=67108864"
}
"""Git takes and gives back memory for every version of a file: a tenth of its time where the library asks the kernel
each time. Other C libraries pass over this; what the operator has set wins."""
_ALONE = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": "/dev/null/none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",  # git before 2.44 knows no GIT_NO_LAZY_FETCH: without a protocol it cannot fetch either
}
_READ_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.bigFileThreshold=512m",
    "log.showSignature=false",
    "log.showRoot=true",
    "mailmap.file=/dev/null",
    "i18n.logOutputEncoding=UTF-8",
)
_TALK_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "gc.autoDetach=false",
    "maintenance.autoDetach=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)
_OPERATORS_OWN = re.compile(
    r"GIT_(EXEC_PATH|SSH(_COMMAND|_VARIANT)?|SSL_\w+|HTTP_\w+|ASKPASS|PROXY_COMMAND"
    r"|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+))"
)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


class GitFailed(NeedsAPerson):
    """Git ended with an error. `said` is the end of what it wrote on stderr, without credentials."""

    def __init__(self, doing: str, said: str) -> None:
        super().__init__(f"git {doing} failed: {said}")
        self.said = said


class GitTooSlow(TryAgain):
    """The other side did not answer in time."""


@dataclass(frozen=True)
class Git:
    """Git with its first arguments and its whole environment; made by `reading` or `talking`."""

    start: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)

    def having(self, setting: str) -> Git:
        """The same git with one more setting ("name=value")."""
        return Git((*self.start, "-c", setting), self.environment)

    def run(self, *arguments: str, given: bytes = b"", patience_seconds: float | None = None) -> bytes:
        """All that git prints. GitFailed on any return code but 0, GitTooSlow when patience ends."""
        try:
            done = subprocess.run(
                [*self.start, *arguments], input=given, capture_output=True, env=dict(self.environment),
                timeout=patience_seconds, check=False, start_new_session=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired as late:
            raise GitTooSlow(f"git {arguments[0]} had no answer in {patience_seconds} seconds.") from late
        if done.returncode:
            raise GitFailed(arguments[0], last_words(done.stderr, done.returncode))
        return done.stdout

    def blocks(self, *arguments: str, given: bytes = b"") -> Iterator[bytes]:
        """What git prints, in blocks, as it prints it; then GitFailed if it ended badly.

        Whoever reads has had everything that came before the failure.
        """
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stderr:
            stdin.write(given)
            stdin.seek(0)
            process = subprocess.Popen(
                [*self.start, *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr,
                env=dict(self.environment), bufsize=BLOCK_BYTES, start_new_session=True,
            )  # fmt: skip
            with process:
                yield from _blocks(process)
            if process.returncode:
                stderr.seek(0)
                raise GitFailed(arguments[0], last_words(stderr.read(), process.returncode))


def _blocks(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """Blocks are read ahead, so that git goes on while they are looked at."""
    waiting: Queue[bytes] = Queue(BLOCKS_AHEAD)
    reader = threading.Thread(target=_read_ahead, args=(process, waiting), daemon=True)
    reader.start()
    block = b"-"
    try:
        while block := waiting.get():
            yield block
        process.wait()
    finally:
        process.kill()  # no effect when it has ended by itself
        while block:  # nobody wants what was read ahead
            block = waiting.get()
        reader.join()


def _read_ahead(process: subprocess.Popen[bytes], waiting: Queue[bytes]) -> None:
    """Ends with an empty block."""
    pipe = process.stdout
    try:
        while pipe is not None and (block := pipe.read(BLOCK_BYTES)):
            waiting.put(block)
    finally:
        waiting.put(b"")


def reading(folder: Path, environment: Mapping[str, str]) -> Git:
    """Git on a repository that is only read: no network, no programs from its configuration, no settings but ours."""
    kept = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    if "GIT_EXEC_PATH" in environment:
        kept["GIT_EXEC_PATH"] = environment["GIT_EXEC_PATH"]
    start = ("git", "--no-pager", "--bare", f"--git-dir={folder}", *_as_options(_READ_SETTINGS))
    return Git(start, {**_LARGE_PAGES, **kept, **_QUIET, **_ALONE})


def talking(folder: Path, environment: Mapping[str, str], *, url: str, http_headers: tuple[str, ...] = ()) -> Git:
    """Git that speaks to another machine, with the operator's own proxies, keys and credential helpers.

    `http_headers` ("Authorization: ...") travel in the environment, where no process list shows them, and only to the
    host of `url`: with one no redirect is followed, for it would carry the token to whom it points to. Git speaks
    no other protocol than that of `url`, whatever a setting or redirect says.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith("GIT_") or _OPERATORS_OWN.fullmatch(name)
    }
    headers = headers_in_environment(kept.get("GIT_CONFIG_COUNT", ""), url, http_headers) if http_headers else {}
    start = ("git", "--no-pager", f"--git-dir={folder}", *_as_options(_TALK_SETTINGS))
    return Git(start, {**kept, **_QUIET, "GIT_ALLOW_PROTOCOL": protocols(url), **headers})


def protocols(url: str) -> str:
    """The protocols that git may speak to reach `url`: its own, and the safer sibling.

    >>> protocols("http://host/x"), protocols("git@host:x")
    ('http:https', 'ssh')
    """
    scheme = urlsplit(url).scheme if "://" in url else "ssh"
    return "http:https" if scheme == "http" else scheme


def headers_in_environment(count: str, url: str, http_headers: tuple[str, ...]) -> dict[str, str]:
    """The headers as git settings in environment variables, after the `count` settings already there."""
    first = int(count) if count.isdecimal() else 0
    parts = urlsplit(url)
    host = f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
    settings = [*((host, header) for header in http_headers), ("http.followRedirects", "false")]
    said = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for at, (name, value) in enumerate(settings, start=first):
        said |= {f"GIT_CONFIG_KEY_{at}": name, f"GIT_CONFIG_VALUE_{at}": value}
    return said


def _as_options(settings: tuple[str, ...]) -> list[str]:
    return [part for setting in settings for part in ("-c", setting)]


def last_words(stderr: bytes, return_code: int) -> str:
    """The end of a complaint, fit for a log line: one line, printable, no credentials.

    >>> last_words(b"fatal: unable to access 'https://ada:secret@host/x/'\\n", 128)
    "fatal: unable to access 'https://***@host/x/'"
    """
    text = stderr.decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    said = _CREDENTIALS.sub("***@", "; ".join(lines[-3:])) or f"no message, return code {return_code}"
    return "".join(letter if letter.isprintable() else "?" for letter in said)[-LAST_WORDS:]
