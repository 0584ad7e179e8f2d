"""Programs that act under an account or sign commits, beyond what a forge says itself (BOT-01). Our own wording.

`since` is the month from which the program has acted, as far as its maker tells; `source` is where one can look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """A program: logins in lower case without [bot], and addresses that it signs with."""

    name: str
    actor_class: str
    source: str
    logins: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    since: str = ""

    @property
    def reason(self) -> str:
        since = f", since {self.since}" if self.since else ""
        return f"known: {self.name}{since} ({self.source})"


MACHINES = (
    Machine(
        "Aider",
        "agent",
        "https://aider.chat/docs/git.html",
        addresses=("aider@aider.chat", "noreply@aider.chat"),
        since="2023-05",
    ),
    Machine("Amp", "agent", "https://ampcode.com/manual", ("amp-code",), ("amp@ampcode.com",), "2025-05"),
    Machine("Claude", "agent", "https://code.claude.com/docs", ("claude",), ("noreply@anthropic.com",), "2025-02"),
    Machine(
        "Codex",
        "agent",
        "https://developers.openai.com/codex",
        ("chatgpt-codex-connector", "codex"),
        ("noreply@openai.com", "codex@openai.com"),
        "2025-05",
    ),
    Machine(
        "Copilot coding agent",
        "agent",
        "https://docs.github.com/copilot/concepts/agents/coding-agent",
        ("copilot", "copilot-swe-agent", "copilot-pull-request-reviewer"),
        ("copilot@github.com",),
        "2025-05",
    ),
    Machine(
        "Cursor", "agent", "https://cursor.com/docs", ("cursor", "cursoragent"), ("cursoragent@cursor.com",), "2025-05"
    ),
    Machine("Devin", "agent", "https://docs.devin.ai", ("devin-ai-integration",), (), "2024-03"),
    Machine(
        "Gemini Code Assist",
        "agent",
        "https://developers.google.com/gemini-code-assist",
        ("gemini-code-assist", "gemini-cli"),
        (),
        "2025-02",
    ),
    Machine("Jules", "agent", "https://jules.google/docs", ("google-labs-jules",), (), "2025-05"),
    Machine(
        "OpenHands",
        "agent",
        "https://docs.openhands.dev",
        ("openhands-agent", "openhands-ai"),
        ("openhands@all-hands.dev",),
        "2024-03",
    ),
    Machine("Sweep", "agent", "https://github.com/sweepai/sweep", ("sweep-ai", "sweep-nightly"), (), "2023-07"),
    Machine("CodeRabbit", "agent", "https://docs.coderabbit.ai", ("coderabbitai",), (), "2023-08"),
    Machine(
        "Dependabot",
        "bot",
        "https://docs.github.com/code-security/dependabot",
        ("dependabot", "dependabot-preview", "dependabot-support"),
        ("support@dependabot.com",),
        "2017-05",
    ),
    Machine(
        "Renovate",
        "bot",
        "https://docs.renovatebot.com",
        ("renovate", "renovate-bot", "whitesource-renovate"),
        ("bot@renovateapp.com",),
        "2017-01",
    ),
    Machine(
        "Greenkeeper",
        "bot",
        "https://github.com/greenkeeperio/greenkeeper",
        ("greenkeeper", "greenkeeperio-bot"),
        ("support@greenkeeper.io",),
        "2015-01",
    ),
    Machine("pre-commit.ci", "bot", "https://pre-commit.ci", ("pre-commit-ci",), (), "2020-12"),
    Machine("Codecov", "bot", "https://docs.codecov.com", ("codecov", "codecov-io", "codecov-commenter"), ()),
    Machine("Coveralls", "bot", "https://docs.coveralls.io", ("coveralls",), ()),
    Machine("Mergify", "bot", "https://docs.mergify.com", ("mergify",), (), "2018-09"),
    Machine("Weblate", "bot", "https://docs.weblate.org", ("weblate",), ("hosted@weblate.org", "noreply@weblate.org")),
    Machine("Transifex", "bot", "https://help.transifex.com", ("transifex-integration",), ("transifex@transifex.com",)),
    Machine("Crowdin", "bot", "https://support.crowdin.com", ("crowdin-bot",), ("support+bot@crowdin.com",)),
    Machine("All Contributors", "bot", "https://allcontributors.org", ("allcontributors",), (), "2018-01"),
    Machine("Snyk", "bot", "https://docs.snyk.io", ("snyk-bot",), ("snyk-bot@snyk.io",)),
    Machine("ImgBot", "bot", "https://imgbot.net", ("imgbot",), ("imgbothelp@gmail.com",)),
    Machine(
        "GitHub Actions",
        "bot",
        "https://github.com/actions/checkout",
        ("github-actions",),
        ("action@github.com", "actions@github.com"),
        "2018-10",
    ),
    Machine("Kubernetes Prow", "bot", "https://docs.prow.k8s.io", ("k8s-ci-robot", "k8s-merge-robot"), ()),
    Machine(
        "Copybara", "bot", "https://github.com/google/copybara", ("copybara-service",), ("copybara-worker@google.com",)
    ),
    Machine(
        "GitHub's own pages", "bot", "https://docs.github.com/authentication", ("web-flow",), ("noreply@github.com",)
    ),
)
"""Read by hand; service accounts of one project are left to behaviour and to decisions (forbenefit people bots)."""

NAME_PATTERN = r"(^|[-_.])(bot|robot|autoroll|dependabot|renovate|greenkeeper|mergify|codecov)([-_.]|$)"
"""A word of its own in a login. Words that are also names of people or of teams (travis, jenkins, stale, ci) decide
nothing, nor does a part of a surname; both are asked about (see DOUBTFUL_PATTERN)."""
DOUBTFUL_PATTERN = r"bot|(^|[-_.])(ci|automation|snyk|travis|jenkins|stale|weblate|transifex)([-_.]|$)"


def by_login() -> Iterator[tuple[str, Machine]]:
    """Logins with their program. A bare login may be a person of that name, so it counts for accounts that are listed
    as such: only programs whose accounts are no GitHub Apps act under one."""
    for machine in MACHINES:
        for login in machine.logins:
            yield f"{login}[bot]", machine
            if "-" in login or login in BARE_LOGINS:
                yield login, machine


BARE_LOGINS = frozenset(
    {"copilot", "coveralls", "codecov", "weblate", "dependabot", "coderabbitai", "imgbot", "cursoragent"}
)
"""Logins of one word that are the program's own account on GitHub; Claude or Jules may be somebody's name."""


def signed_by(email: str, name: str) -> Machine | None:
    """The program that an address or name of a signature is known for.

    >>> signed_by("noreply@anthropic.com", "Claude").actor_class
    'agent'
    """
    address = email.strip().lower()
    local = address.rpartition("@")[0].rpartition("+")[2]
    said = re.sub(r"\s*\(.*", "", name).strip().lower()
    for machine in MACHINES:
        is_login = local in machine.logins and "noreply.github.com" in address and machine.actor_class == "agent"
        if address in machine.addresses or is_login or (not email and said in machine.logins):
            return machine
    return None
