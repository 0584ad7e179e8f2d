"""Where a repository is read from: a folder in place, or a bare mirror of a URL that is fetched into again and again.

Errors: NeedsAPerson (no repository there, no access, a password in the URL), TryAgain (the network). An empty
repository is none: it has no commits.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from extract.errors import ExtractError, NeedsAPerson, TryAgain
from extract.git.command import Git, GitFailed, reading, talking
from extract.git.damaged import WITHOUT_CONTENTS, fetch_contents, is_partial, lost_objects
from extract.git.documents import documents

LIST_SECONDS = 120.0  # a forge lists 100,000 refs in a few seconds
CHANGE_REFS = ("refs/pull/*/head", "refs/merge-requests/*/head")  # GitHub, Gitea and Forgejo; GitLab
_HEAD_COPY = "refs/forbenefit/head"  # keeps the commits of a HEAD that stands on no branch
_DOCUMENTS_OF = "refs/forbenefit/documents"
_FETCH_OPTIONS = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
_CHANGE = re.compile(r"refs/(?:pull|merge-requests)/(\d{1,18})/head")
_SCHEMES = ("file", "git", "http", "https", "ssh")
_OTHER_HOST = re.compile(r"[\w.-]+(@[\w.-]+)?:(?!:)")
_TOKEN = re.compile(r"(gh[a-z]|github_pat|glpat|x-access-token|x-token-auth|oauth2)[-_:].*|[0-9a-f]{40}", re.IGNORECASE)
_NETWORK = re.compile(
    r"could not resolve|connection (refused|reset|timed)|timed? ?out|early eof|rpc failed|hung up|error: (429|5\d\d)"
    r"|failed to connect|couldn't connect|network is|unexpected disconnect|operation too slow",
    re.IGNORECASE,
)

_ON_THE_WAY = (
    (
        re.compile(r"certificate|ssl peer|CAfile", re.IGNORECASE),
        "Name a PEM file with its authority's certificates in ca_file of its forge, or in http.sslCAInfo of git itself.",
    ),
    (
        re.compile(r"proxy.*\b407\b", re.IGNORECASE),
        "The proxy wants a user and password: name a variable with them in proxy_auth_env of its forge.",
    ),
    (
        re.compile(r"authentication failed|could not read (username|password)|error: 401", re.IGNORECASE),
        "Check that the token of its forge may read it (token_env); for a server in front, basic_auth_env and "
        "token_header.",
    ),
)
"""What stops git before it reaches the forge, and which setting to look at."""


@dataclass(frozen=True)
class Repository:
    """A repository at one moment. `head` is the tip of the default branch, None when there are no commits.

    `changes` has the last commit of each change request by its number, `branches` those of all branches.
    """

    git: Git
    head: str | None
    default_branch: str | None
    changes: dict[int, str]
    branches: tuple[str, ...]
    refs_digest: str


def open_repository(
    source: str,
    *,
    mirror_folder: Path,
    environment: Mapping[str, str],
    http_headers: tuple[str, ...] = (),
    with_contents: bool = True,
) -> Repository:
    """The repository behind a path (read in place) or a URL (mirrored to `mirror_folder`, fetched if it has moved).

    Without contents, only those of the files that say something about the repository itself are fetched.
    """
    folder = local_folder(source)
    if folder is None:
        talk = talking(mirror_folder, environment, url=source, http_headers=http_headers)
        mirror(source, mirror_folder, talk, environment=environment, with_contents=with_contents)
        folder = mirror_folder
    return look(reading(folder, environment), source)


def local_folder(source: str) -> Path | None:
    """The git folder of a local path, None for a URL; NeedsAPerson for what is neither or must not be used."""
    if source.startswith("-") or "::" in source.split("/")[0] or not source.strip():
        raise NeedsAPerson(f"{source!r} is no repository: give a folder, or a URL with {', '.join(_SCHEMES)}.")
    if "://" in source:
        refuse_credentials(source)
        return None
    path = Path(source)
    if path.is_dir():
        return path.absolute() / ".git" if (path / ".git").exists() else path.absolute()
    if _OTHER_HOST.match(source):
        return None
    raise NeedsAPerson(f"There is no folder {source!r}. Check the path of this repository in the configuration.")


def refuse_credentials(url: str) -> None:
    """A URL with a password ends up in logs and process lists; NeedsAPerson, without repeating it."""
    try:
        parts = urlsplit(url)
        secret = parts.password is not None or (parts.username and _TOKEN.fullmatch(parts.username))
    except ValueError as wrong:
        raise NeedsAPerson("A repository's URL cannot be read. Check its host in the configuration.") from wrong
    if secret:
        raise NeedsAPerson(
            f"The URL of a repository at {parts.hostname} holds a password or token. Take it out; use a git "
            "credential helper, or put the token in a variable and name that in token_env."
        )
    if (parts.username or "").startswith("-") or (parts.hostname or "").startswith("-"):
        raise NeedsAPerson("The host in a repository's URL begins with a hyphen. Check it in the configuration.")
    if parts.scheme not in _SCHEMES:
        raise NeedsAPerson(f"{parts.scheme}:// is not a way to reach git here. Use one of {', '.join(_SCHEMES)}.")


def look(git: Git, source: str) -> Repository:
    """What the refs say now. NeedsAPerson when it is no repository, or its HEAD names a branch that is not there."""
    try:
        git.run("rev-parse", "--git-dir")
    except GitFailed as failed:
        raise NeedsAPerson(
            f"{source!r} is no git repository ({failed.said}). Give the folder that holds .git, or a bare repository."
        ) from failed
    refs = our_refs(git)
    head, branch = _resolved(git, "rev-parse", "--verify", "--quiet", "HEAD"), default_branch(git)
    if head is None and any(name.startswith("refs/heads/") for name in refs):
        raise NeedsAPerson(f"HEAD of {source!r} names {branch!r}, which is not there. Set its default branch.")
    numbers = ((_CHANGE.fullmatch(name), sha) for name, sha in refs.items())
    changes = {int(found[1]): sha for found, sha in numbers if found}
    lines = "".join(f"{name} {sha}\n" for name, sha in sorted(refs.items()))
    branches = tuple(sha for name, sha in refs.items() if name.startswith("refs/heads/"))
    return Repository(git, head, branch, changes, branches, hashlib.sha256(f"{head}\n{lines}".encode()).hexdigest())


def our_refs(git: Git) -> dict[str, str]:
    """Branches and change requests of a local repository, by name."""
    folders = ("refs/heads", "refs/pull", "refs/merge-requests")
    printed = git.run("for-each-ref", "--format=%(objectname) %(refname)", *folders)
    pairs = (line.split(" ", 1) for line in printed.decode("utf-8", "backslashreplace").splitlines())
    return {name: sha for sha, name in pairs if _is_followed(name)}


def default_branch(git: Git) -> str | None:
    """Name of the branch that HEAD is on; None when it stands on a commit."""
    name = _resolved(git, "symbolic-ref", "--quiet", "HEAD")
    return name.removeprefix("refs/heads/") if name else None


def _resolved(git: Git, *arguments: str) -> str | None:
    try:
        return git.run(*arguments).decode("utf-8", "backslashreplace").strip() or None
    except GitFailed:  # --quiet: the return code is the answer
        return None


def _is_followed(name: str) -> bool:
    return name.startswith("refs/heads/") or _CHANGE.fullmatch(name) is not None


def mirror(url: str, folder: Path, talk: Git, *, environment: Mapping[str, str], with_contents: bool) -> None:
    """Brings the bare mirror up to the URL's branches and change requests; one look and no fetch when nothing moved."""
    theirs, branch, head = _listed(talk, url)
    if head is None and any(name.startswith("refs/heads/") for name in theirs):
        raise NeedsAPerson(f"{url!r} has branches, but its HEAD names none of them. Set its default branch.")
    if not (folder / "HEAD").exists():
        folder.mkdir(parents=True, exist_ok=True)
        talk.run("init", "--bare", "--quiet", "--template=")
    ours = reading(folder, environment)
    if theirs != our_refs(ours):
        _fetch(talk, url, with_head=head is not None, with_contents=with_contents)
    if with_contents and is_partial(ours):
        fetch_contents(folder, ours, lambda blobs: _fetch_blobs(talk, url, blobs))
    if branch is not None and f"refs/heads/{branch}" in theirs:
        talk.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    elif head is not None:
        talk.run("update-ref", "--no-deref", "--end-of-options", "HEAD", head)
    if head is not None and not with_contents:
        _fetch_documents(talk, url, ours, head)


def _listed(talk: Git, url: str) -> tuple[dict[str, str], str | None, str | None]:
    """The URL's branches and change requests by name, its default branch, and the commit HEAD stands on."""
    patterns = ("HEAD", "refs/heads/*", *CHANGE_REFS)
    listing = talk.having("protocol.version=0")  # one request; the newer protocol needs two for the same list
    printed = _asked(listing, url, "ls-remote", "--symref", "--", url, *patterns, patience_seconds=LIST_SECONDS)
    pairs = [line.split("\t", 1) for line in printed.decode("utf-8", "backslashreplace").splitlines() if "\t" in line]
    heads = [value for value, name in pairs if name == "HEAD"]
    branch = next((value[5:].removeprefix("refs/heads/") for value in heads if value.startswith("ref: ")), None)
    head = next((value for value in heads if not value.startswith("ref: ")), None)
    return {name: sha for sha, name in pairs if _is_followed(name) and not sha.startswith("ref: ")}, branch, head


def _fetch(talk: Git, url: str, *, with_head: bool, with_contents: bool) -> None:
    wanted = [f"+{refs}:{refs}" for refs in ("refs/heads/*", *CHANGE_REFS)]
    if with_head:
        wanted.append(f"+HEAD:{_HEAD_COPY}")
    if not with_contents:
        _asked(talk, url, "fetch", "--prune", WITHOUT_CONTENTS, *_FETCH_OPTIONS, "--", url, *wanted)
        return
    try:
        talk.run("fetch", "--prune", *_FETCH_OPTIONS, "--", url, *wanted)
    except GitFailed as failed:
        if not lost_objects(failed.said):
            raise _explained(url, failed) from failed
        _asked(talk, url, "fetch", "--prune", WITHOUT_CONTENTS, *_FETCH_OPTIONS, "--", url, *wanted)


def _fetch_documents(talk: Git, url: str, ours: Git, head: str) -> None:
    """What a mirror without contents needs all the same; a ref remembers for which commit it is there."""
    if _resolved(ours, "rev-parse", "--verify", "--quiet", _DOCUMENTS_OF) == head:
        return
    if needed := documents(ours):
        _fetch_blobs(talk, url, needed)
    talk.run("update-ref", "--no-deref", "--end-of-options", _DOCUMENTS_OF, head)


def _fetch_blobs(talk: Git, url: str, blobs: list[str]) -> None:
    """As git itself fetches what a mirror without contents lacks: nothing to negotiate, the wanted on stdin."""
    given = "".join(f"{blob}\n" for blob in blobs).encode()
    plain = talk.having("fetch.negotiationAlgorithm=noop")
    plain.run("fetch", WITHOUT_CONTENTS, "--stdin", *_FETCH_OPTIONS, "--", url, given=given)


def _asked(talk: Git, url: str, *arguments: str, patience_seconds: float | None = None) -> bytes:
    try:
        return talk.run(*arguments, patience_seconds=patience_seconds)
    except GitFailed as failed:
        raise _explained(url, failed) from failed


def _explained(url: str, failed: GitFailed) -> ExtractError:
    for signs, todo in _ON_THE_WAY:
        if signs.search(failed.said):
            return NeedsAPerson(f"{url!r} gave no repository: {failed.said}. {todo}")
    if _NETWORK.search(failed.said):
        return TryAgain(f"{url!r} could not be reached: {failed.said}. The next run tries again.")
    return NeedsAPerson(
        f"{url!r} gave no repository: {failed.said}. Check the address, and that this account or token may read it."
    )
