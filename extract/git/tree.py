"""The files of the default branch as they stand, and who is written down as responsible for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from extract.git.classes import file_class
from extract.git.command import Git, GitFailed
from extract.git.documents import DOCUMENTS, MOST_DOCUMENTS
from extract.git.mirror import Repository
from extract.git.people import Keys
from extract.git.prose import EMAIL, TEAM, Holder, named_in_prose

TREE: dict[str, Any] = {"path": pl.String, "blob_sha": pl.String}
HOLDERS: dict[str, Any] = {
    "path": pl.String,
    "line_number": pl.Int64,
    "document": pl.String,
    "pattern": pl.String,
    "login": pl.String,
    "team": pl.String,
    "email_key": pl.String,
}
MOST_DOCUMENT_BYTES = 1 << 20
_ROLE_LINE = re.compile(r"([MRF]):\s+(.+)")
_APPROVER = re.compile(r"\s*-\s+[\"']?([A-Za-z0-9][A-Za-z0-9-]{0,38})[\"']?\s*(?:#.*)?")


@dataclass(frozen=True)
class Tree:
    """The files of the tip (TREE), and why they cannot be listed."""

    files: pl.DataFrame
    complaint: str | None = None


def tree_files(repository: Repository) -> Tree:
    """Every file of the tip; links and submodules are none."""
    if repository.head is None:
        return Tree(pl.DataFrame(schema=TREE))
    try:
        return Tree(_listed(repository.git, repository.head))
    except GitFailed as failed:
        return Tree(pl.DataFrame(schema=TREE), failed.said)


def _listed(git: Git, head: str) -> pl.DataFrame:
    printed = git.run("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", head)
    entries = (entry.split("\t", 1) for entry in printed.decode("utf-8", "backslashreplace").split("\0") if entry)
    parts = ((*told.split(" "), path) for told, path in entries)
    return pl.DataFrame(
        [(path, sha) for mode, _, sha, path in parts if mode.startswith("100")], schema=TREE, orient="row"
    )


def classed(tree: pl.DataFrame) -> pl.DataFrame:
    return tree.with_columns(file_class=file_class(pl.col("path")))


def power_holders(git: Git, tree: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """Whom the documents of the tree name, one row a line and holder (HOLDERS). Addresses become keys here."""
    rows, places = [], places_of(tree["path"])
    found = [(path, sha, kind) for path, sha in tree.iter_rows() if (kind := document_kind(path)) is not None]
    for path, sha, kind in sorted(found)[:MOST_DOCUMENTS]:
        text = _text(git, sha)
        for line, pattern, login, team, email in named(kind, path, text, places):
            key = None if email is None else keys.email_key(email, "")
            rows.append((path, line, kind, pattern, login and login.lower(), team, key))
    return pl.DataFrame(rows, schema=HOLDERS, orient="row").unique(maintain_order=True)


def document_kind(path: str) -> str | None:
    """
    >>> document_kind(".github/CODEOWNERS"), document_kind("pkg/OWNERS"), document_kind("src/maintainers.md")
    ('codeowners', 'owners', None)
    """
    return next((kind for kind, form in DOCUMENTS if form.fullmatch(path)), None)


def _text(git: Git, sha: str) -> str:
    """Nothing where the file is lost, or too long to be such a document."""
    try:
        if int(git.run("cat-file", "-s", sha)) > MOST_DOCUMENT_BYTES:
            return ""
    except GitFailed:
        return ""
    return git.run("cat-file", "blob", sha).decode("utf-8", "backslashreplace")


def places_of(paths: Iterable[str]) -> set[str]:
    """
    >>> sorted(places_of(["src/a/b.py"]))
    ['src', 'src/a', 'src/a/b.py']
    """
    return {"/".join(parts[:n]) for path in paths for parts in [path.split("/")] for n in range(1, len(parts) + 1)}


def named(kind: str, path: str, text: str, places: Collection[str] = ()) -> Iterator[Holder]:
    """Whom a document names; `places` are the files and folders that there are."""
    lines = enumerate(text.splitlines(), start=1)
    if kind == "codeowners":
        return _code_owners(lines)
    if kind == "owners":
        folder = path.rpartition("/")[0]
        return _approvers(lines, f"/{folder}/" if folder else "*")
    return _maintainers(lines) if _is_sectioned(text) else named_in_prose(text, places)


def _code_owners(lines: Iterator[tuple[int, str]]) -> Iterator[Holder]:
    """A pattern and its owners; a pattern without owners takes the files out of what is owned.

    >>> list(_code_owners(enumerate(["# all", "*.py @ada @org/team ada@example.org", "[Docs] @bob"], 1)))[:2]
    [(2, '*.py', 'ada', None, None), (2, '*.py', None, 'org/team', None)]
    """
    for number, line in lines:
        words = re.sub(r"(^|\s)#.*", "", line).replace("\\ ", "\0").split()
        if not words or line.startswith(("[", "^[")):
            continue
        pattern = words[0].replace("\0", " ")
        holders = [(number, pattern, *who) for word in words[1:] if (who := _holder(word)) is not None]
        yield from holders or [(number, pattern, None, None, None)]


def _holder(word: str) -> tuple[str | None, str | None, str | None] | None:
    if (team := TEAM.fullmatch(word)) is not None:
        return None, team[1], None
    if word.startswith("@"):
        return word[1:], None, None
    return (None, None, word) if EMAIL.fullmatch(word) else None


def _approvers(lines: Iterator[tuple[int, str]], pattern: str) -> Iterator[Holder]:
    """The approvers of a folder, as in the OWNERS files of Kubernetes; reviewers may not decide."""
    is_inside = False
    for number, line in lines:
        if re.match(r"\s*[\w-]+:", line):
            is_inside = re.match(r"\s*(approvers|maintainers)\s*:", line) is not None
        elif is_inside and (found := _APPROVER.fullmatch(line)) is not None:
            yield number, pattern, found[1], None, None


def _is_sectioned(text: str) -> bool:
    return re.search(r"^M:\s", text, re.MULTILINE) is not None and re.search(r"^F:\s", text, re.MULTILINE) is not None


def _maintainers(lines: Iterator[tuple[int, str]]) -> Iterator[Holder]:
    """Sections of maintainers (M:) and files (F:), as the Linux kernel has them."""
    people, patterns = list[tuple[int, str]](), list[str]()
    for number, line in (*lines, (0, "")):
        found = _ROLE_LINE.fullmatch(line)
        if found is None and not line.strip():
            for at, email in people:
                yield from ((at, pattern, None, None, email) for pattern in patterns)
            people, patterns = [], []
        elif found is not None and found[1] == "F":
            patterns.append(f"/{found[2].strip().lstrip('/')}")
        elif found is not None and found[1] == "M":
            people += [(number, email) for email in EMAIL.findall(found[2])]
