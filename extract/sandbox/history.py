"""Writes the git history of a simulated repository: one `git fast-import` stream, the same bytes for the same world.

Branch `main`, and `refs/pull/N/head` for every change. A merge commit takes the edits of the change again on top of
main as it is by then; a squash commit takes them alone. The `.mailmap` joins the two addresses of a founder. Dates are
the simulation's; one author date is 1970 on purpose. Paths and names are hostile: everything is quoted or counted.

Errors: HistoryNotWritten when git refuses the stream.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from .repository import MAIN, Repository
from .things import Commit, Edit, Person, Signature

WORKBENCH = "refs/sandbox/workbench"
"""Where the branches of changes are built one after the other, before they get their names."""
LONGEST_COMPLAINT = 500


class HistoryNotWritten(Exception):
    """git is missing or refused the history; the message has its own words."""


def write_history(
    repository: Repository, people: Iterable[Person], folder: Path, change_ref: str = "refs/pull/{}/head"
) -> list[str]:
    """Makes the bare repository in `folder` (which must not exist yet); the commit ids in the order of their marks."""
    if folder.exists():
        raise HistoryNotWritten(f"{folder} exists already. Give the sandbox an empty folder and start it again.")
    git(["init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(folder)], home=folder.parent)
    for option in ("uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true", "gc.auto=0"):
        git(["-C", str(folder), "config", *option.split("=")], home=folder.parent)
    marks = folder / "marks"
    stream = b"".join(fast_import_stream(repository, mailmap(people)))
    command = ["-C", str(folder), "fast-import", "--quiet", "--done", f"--export-marks={marks}"]
    git(command, home=folder.parent, stdin=stream)
    lines = [line.split() for line in marks.read_text().splitlines()]
    marks.unlink()
    shas = [sha for _, sha in sorted((int(mark[1:]), sha) for mark, sha in lines)]
    write_references(repository, shas, folder, change_ref)
    return shas


def write_references(repository: Repository, shas: list[str], folder: Path, change_ref: str) -> None:
    """All heads of changes in one file: a thousand small ones would take longer than everything else together."""
    numbers = {change.number: at for at, change in enumerate(repository.changes, start=1)}
    counted = "merge-requests" in change_ref  # GitLab counts merge requests apart from issues
    heads = {
        change_ref.format(numbers[change.number] if counted else change.number): shas[change.commits[-1].mark - 1]
        for change in repository.changes
    }
    lines = [f"{sha} {ref}\n" for ref, sha in sorted(heads.items())]
    (folder / "packed-refs").write_text("# pack-refs with: sorted \n" + "".join(lines))
    git(["-C", str(folder), "update-ref", "-d", WORKBENCH], home=folder.parent)


def git(arguments: list[str], *, home: Path, stdin: bytes = b"") -> bytes:
    """Output of git, run without anybody's own configuration."""
    done = subprocess.run(["git", *arguments], input=stdin, capture_output=True, env=git_environment(home), check=False)
    if done.returncode:
        complaint = done.stderr.decode(errors="replace").strip()[-LONGEST_COMPLAINT:]
        raise HistoryNotWritten(f"git {' '.join(arguments[:3])} failed: {complaint}")
    return done.stdout


def git_environment(home: Path) -> dict[str, str]:
    found = shutil.which("git")
    if found is None:
        raise HistoryNotWritten("The sandbox forge needs git. Install it and run again.")
    return {
        "PATH": f"{Path(found).parent}{os.pathsep}{os.defpath}",
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_DEFAULT_REF_FORMAT": "files",
        "LC_ALL": "C",
    }


def mailmap(people: Iterable[Person]) -> str:
    return "".join(
        f"{person.name} <{person.email}> <{person.unlinked_email}>\n" for person in people if person.unlinked_email
    )


def fast_import_stream(repository: Repository, mailmap_text: str) -> Iterator[bytes]:
    """The whole history, commit by commit. Branches of changes start at the tip of main when they are opened, so the
    files of main are all that has to be remembered."""
    files: dict[str, list[str]] = {}
    for commit in repository.commits:
        yield head_of(commit)
        if not commit.parents:
            yield from file_of(".mailmap", mailmap_text)
        for edit in commit.edits:
            lines = edited(files.get(edit.path, []), edit)
            if commit.ref == MAIN:
                files[edit.path] = lines
            yield from file_of(edit.path, "\n".join(lines) + "\n")
        yield b"\n"
    yield b"done\n"


def head_of(commit: Commit) -> bytes:
    message = commit.message.encode()
    lines = [
        f"commit {MAIN if commit.ref == MAIN else WORKBENCH}",
        f"mark :{commit.mark}",
        f"author {signed(commit.author)}",
        f"committer {signed(commit.committer)}",
        f"data {len(message)}",
    ]
    parents = [f"{'merge' if place else 'from'} :{parent.mark}\n" for place, parent in enumerate(commit.parents)]
    return ("\n".join(lines) + "\n").encode() + message + b"\n" + "".join(parents).encode()


def signed(signature: Signature) -> str:
    sign = "-" if signature.utc_offset_minutes < 0 else "+"
    hours, minutes = divmod(abs(signature.utc_offset_minutes), 60)
    return f"{signature.name} <{signature.email}> {signature.epoch} {sign}{hours:02}{minutes:02}"


def file_of(path: str, text: str) -> Iterator[bytes]:
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    content = text.encode()
    yield f'M 100644 inline "{quoted}"\ndata {len(content)}\n'.encode()
    yield content
    yield b"\n"


def edited(lines: list[str], edit: Edit) -> list[str]:
    at = int(edit.at_share * len(lines))
    return [*lines[:at], *edit.added, *lines[at + edit.removed :]]


def sizes_of_changes(repository: Repository) -> dict[int, tuple[int, int]]:
    """Lines added and deleted by each change, by number. Every line is unique, so the edits are the diff."""
    lengths: dict[str, int] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for commit in repository.commits:
        added, deleted = sizes.get(commit.ref, (0, 0))
        for edit in commit.edits:
            length = lengths.get(edit.path, 0)
            removed = min(edit.removed, length - int(edit.at_share * length))
            added, deleted = added + len(edit.added), deleted + removed
            if commit.ref == MAIN:
                lengths[edit.path] = length + len(edit.added) - removed
        sizes[commit.ref] = (added, deleted)
    return {change.number: sizes[change.commits[0].ref] for change in repository.changes}
