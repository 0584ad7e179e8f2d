"""What can go wrong while talking to a forge, and who must act.

ExtractError
├── NeedsAPerson      somebody must change something first; trying again is no use
│   ├── BadToken      the forge refused the token
│   ├── BadKey        an app's private key is none
│   ├── MissingScope  the token may not read what is asked
│   ├── NoSuchRepository   not there, or not for this token
│   ├── NotAForge     something answers, but not a forge's API
│   ├── NotUnderstood      it is a forge, but of another version
│   ├── ArchiveDamaged     files under the archive do not fit together
│   ├── ArchiveForeign     they are of another format
│   └── CannotWrite   the disk is full or closed to us
└── TryAgain          the forge or the network failed; the next run continues where this one stopped
    ├── Strained      it could not answer; a smaller question might do
    └── OutOfQuota    the forge's limit is in force for longer than we wait
"""

from __future__ import annotations

from pathlib import Path


class ExtractError(Exception):
    """Anything that stops the extraction of one repository; the others go on."""


class NeedsAPerson(ExtractError):
    """Trying again is no use before somebody has changed something."""


class BadToken(NeedsAPerson):
    def __init__(self, forge: str, variables: tuple[str, ...]) -> None:
        named = " or ".join(variables)
        todo = f"Put a fresh token in {named}" if variables else f"Name a variable with a token in token_env of {forge}"
        super().__init__(f"{forge} refused the request for lack of a valid token. {todo} and run again.")


class BadKey(NeedsAPerson):
    def __init__(self, variable: str) -> None:
        super().__init__(
            f"{variable} holds no private key of a GitHub App. Put the whole PEM file into it, line breaks included."
        )


class MissingScope(NeedsAPerson):
    def __init__(self, forge: str, scope: str, variables: tuple[str, ...]) -> None:
        named = " or ".join(variables) or "this forge"
        super().__init__(
            f"{forge} wants the scope {scope} of the token in {named}. Make a token that has it, and run again."
        )


class NoSuchRepository(NeedsAPerson):
    """`scope` is what private repositories take and the token lacks, where the forge tells."""

    def __init__(self, forge: str, full_name: str, scope: str = "") -> None:
        lacks = f" If it is private, the token lacks the scope {scope}." if scope else ""
        super().__init__(
            f"{forge} has no repository {full_name!r}, or does not show it to this token. Check the spelling, or give "
            f"the token read access to it.{lacks}"
        )


class NotAForge(NeedsAPerson):
    def __init__(self, forge: str, base_url: str, said: str) -> None:
        super().__init__(
            f"{base_url} does not answer like the API of {forge}: {said}. Check base_url, and whether a proxy or a "
            "login page stands in between."
        )


class NotUnderstood(NeedsAPerson):
    def __init__(self, forge: str, said: str) -> None:
        super().__init__(
            f"{forge} does not understand what we ask: {said}. An older server may lack it: update it, or report its "
            "version to forbenefit."
        )


class ArchiveDamaged(NeedsAPerson):
    """A page that the manifest counts is missing or cannot be read, or the manifest itself, in a stream's folder."""

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(f"{what} Restore it from a backup, or run `forbenefit run` to fetch its stream anew.")
        self.folder = folder


class ArchiveForeign(NeedsAPerson):
    """Files under the archive are of another format."""


class CannotWrite(NeedsAPerson):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be written: {reason}. Free space or mend the permissions, and run again; "
            "what was acknowledged is kept and the next run continues there."
        )


class TryAgain(ExtractError):
    """The forge or the network failed; what was received is kept and the next run continues there."""


class Strained(TryAgain):
    """The forge could not answer this question, however often it was asked; it may answer a smaller one."""


class OutOfQuota(TryAgain):
    def __init__(self, forge: str, until: str) -> None:
        super().__init__(f"The request limit of {forge} is used up until {until}. The next run continues at this page.")
