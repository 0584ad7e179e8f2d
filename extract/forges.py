"""The registry of forges: one line each."""

from __future__ import annotations

from extract.forge import Forge
from extract.git import source as git
from extract.gitea import source as gitea
from extract.github import source as github
from extract.gitlab import source as gitlab

FORGES: dict[str, Forge] = {
    forge.kind: forge
    for forge in (
        github.FORGE,
        gitlab.FORGE,
        gitea.FORGE,
        git.FORGE,
    )
}
