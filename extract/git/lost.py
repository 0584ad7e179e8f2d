"""What git could not read, remembered, so that it is not tried again every night.

Git names the object that is lost. As long as that one is not there, no other try will change anything; whether it is
still lost is asked in one go. Only what git itself calls lost is remembered: a git that was killed, or ran out of memory,
is tried again the next night.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extract.git.command import Git
from extract.git.counts import write_durably
from extract.git.damaged import lost_objects

MEMORY = "unreadable.json"
_OBJECT = re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{40}\b")


@dataclass(frozen=True)
class Unreadable:
    """Commits of which git could not read something, each with the object that is lost; and what it said."""

    objects: Mapping[str, str] = field(default_factory=dict)
    complaint: str | None = None


def lost_object(said: str) -> str | None:
    """The object that is lost, if that is what git says.

    >>> lost_object("fatal: unable to read 9daeafb9864cf43055ae93beb0afd6c7d144bfa4"), lost_object("killed by signal 9")
    ('9daeafb9864cf43055ae93beb0afd6c7d144bfa4', None)
    """
    named = _OBJECT.findall(said) if lost_objects(said) else []
    return named[-1] if named else None


def still_lost(git: Git, objects: Iterable[str]) -> set[str]:
    """Those of the objects that are not there."""
    wanted = sorted(set(objects))
    if not wanted:
        return set()
    given = "".join(f"{sha}\n" for sha in wanted).encode()
    answers = (line.split(" ") for line in git.run("cat-file", "--batch-check", given=given).decode().splitlines())
    return {sha for sha, *told in answers if told == ["missing"]}


def load_unreadable(folder: Path, git: Git) -> Unreadable:
    """What was remembered and is still lost."""
    try:
        said = json.loads((folder / MEMORY).read_bytes())
        objects, complaint = dict(said["objects"]), said["complaint"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return Unreadable()
    lost = still_lost(git, objects.values())
    return Unreadable({commit: sha for commit, sha in objects.items() if sha in lost}, complaint)


def save_unreadable(folder: Path, found: Unreadable) -> None:
    """Remembers them, or that there are none."""
    if not found.objects:
        (folder / MEMORY).unlink(missing_ok=True)
        return
    said = json.dumps({"complaint": found.complaint, "objects": dict(sorted(found.objects.items()))}).encode()
    write_durably(folder / MEMORY, lambda file: file.write(said))
