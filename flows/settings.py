"""`forbenefit.toml`: which forges, which repositories, which parameters. Every setting is declared here once.

Tokens are never in it, only the names of the environment variables that hold them.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from extract.errors import ExtractError
from extract.forges import FORGES
from extract.recognising import recognised
from extract.source import Access, App, Source
from flows.errors import BadConfiguration


class Strict(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GitHubApp(Strict):
    """A GitHub App, as it is installed for one owner."""

    id: int = Field(description="Its App ID.")
    installation: int = Field(description="Its installation's ID.")
    key_env: str = Field(description="Name of the environment variable that holds its private key, as PEM.")


class Forge(Strict):
    """A forge under a name of your own; self-hosted ones are no different from the public ones."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$", description="Stands before the colon of a repository.")
    kind: str = Field(description=f"Which language it speaks: {', '.join(FORGES)}.")
    base_url: str = Field(default="", description="Where its API is, such as https://github.example.org/api/v3.")
    token_env: tuple[str, ...] = Field(default=(), description="Names of environment variables that hold tokens.")
    apps: tuple[GitHubApp, ...] = Field(default=(), description="GitHub Apps to use beside the tokens.")
    ca_file: str = Field(default="", description="Certificates of a private authority, as a PEM file.")
    proxy: str = Field(default="", description="Address of a proxy, if not that of the environment.")
    proxy_auth_env: str = Field(default="", description="Name of the variable with USER:PASSWORD for that proxy.")
    basic_auth_env: str = Field(
        default="", description="Name of the variable with USER:PASSWORD for a server in front of the forge."
    )
    token_header: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9-]*$",
        description="Header that the server in front passes on to the forge as Authorization.",
    )

    @field_validator("kind")
    @classmethod
    def is_known(cls, kind: str) -> str:
        if kind not in FORGES:
            raise ValueError(f"no such kind of forge; known are {', '.join(map(repr, FORGES))}")
        return kind

    @model_validator(mode="after")
    def can_be_reached_so(self) -> Forge:
        if self.kind == "github" and self.basic_auth_env and not self.token_header:
            raise ValueError(
                "GitHub takes its token in Authorization alone, which basic_auth_env is for as well: let the server in "
                "front pass another header on as Authorization, and name that in token_header"
            )
        if "@" in urlsplit(self.proxy).netloc:
            raise ValueError(
                "proxy holds a user or password: take it out, and name a variable with them in proxy_auth_env"
            )
        if self.proxy_auth_env and not self.proxy:
            raise ValueError("proxy_auth_env is there without proxy")
        return self

    @property
    def access(self) -> Access:
        ca_file = str(Path(self.ca_file).expanduser().resolve()) if self.ca_file else ""
        return Access(
            ca_file=ca_file,
            proxy=self.proxy,
            basic_auth_variable=self.basic_auth_env,
            proxy_auth_variable=self.proxy_auth_env,
            token_header=self.token_header,
        )


class Repository(Strict):
    """A repository to watch."""

    repo: str = Field(description="FORGE:OWNER/NAME, git:PATH-OR-URL, or a web address.")
    git_url: str | None = Field(
        default=None, description="Where to clone from, if not from the forge; empty for no git."
    )


class InactivityPolicy(Strict):
    """A rule of the community's own: who has done nothing for so long, such as to become emeritus."""

    name: str = Field(min_length=1, description="What the findings are called.")
    families: tuple[Literal["any", "code", "review", "talk"], ...] = Field(
        default=("any",), min_length=1, description="Families of the acts that count."
    )
    inactive_months: int = Field(ge=1, le=600, description="Calendar months without one of them.")
    fewest_acts: int = Field(default=1, ge=1, description="Who has fewer of them is not meant.")


class Settings(Strict):
    """The whole file."""

    forges: tuple[Forge, ...] = Field(default=(), description="Forges besides github and git.")
    repositories: tuple[Repository, ...] = Field(default=(), description="Repositories of the nightly run.")
    policies: tuple[InactivityPolicy, ...] = Field(default=(), description="Rules of inactivity.")
    horizon_days: int = Field(default=180, ge=30, le=730, description="Silence that counts as having left.")
    determinants_sample: int = Field(default=10_000, ge=100, description="Most persons that a regression takes.")
    path_sources: int = Field(
        default=128, ge=1, description="In graphs of more persons shortest paths are followed from so many of them."
    )
    sourcecred: bool = Field(default=False, description="Whether SourceCred's scores are computed too.")
    parallel: int = Field(default=4, ge=1, le=16, description="Repositories worked on at once.")
    quota_reserve_share: float = Field(
        default=0.1, ge=0, lt=1, description="Share of a token's points that is left to the people who use it too."
    )
    longest_wait_minutes: float = Field(
        default=65, ge=0, description="Longer waits for a forge's limit end the repository's part of the run."
    )
    rereads: int = Field(
        default=25, ge=0, le=1000, description="Items of a repository that a run reads again without being told."
    )
    line_minutes: float = Field(
        default=120, ge=0, description="How long a run counts lines of commits; 0 for paths alone, without contents."
    )
    branches: Literal["default", "all"] = Field(default="default", description="Whose commits are kept.")
    identities: Literal["likely", "exact"] = Field(
        default="likely", description="Which links between people count; see ID-02."
    )
    corrections: str = Field(default="", description="File with known errors of the sources, and what is right.")
    nights_kept: int = Field(default=7, ge=1, description="Published warehouses kept beside the last one.")

    @field_validator("policies")
    @classmethod
    def have_names_of_their_own(cls, policies: tuple[InactivityPolicy, ...]) -> tuple[InactivityPolicy, ...]:
        if len({policy.name for policy in policies}) < len(policies):
            raise ValueError("two policies have the same name; give each its own")
        return policies


KNOWN_FORGES = (
    *(
        Forge(name=public.name, kind=forge.kind, base_url=public.base_url, token_env=public.token_variables)
        for forge in FORGES.values()
        for public in forge.public
    ),
    Forge(name="git", kind="git"),
)


def read_settings(path: Path | None) -> Settings:
    """The settings in a file; without a file, the defaults."""
    if path is None:
        return Settings()
    try:
        text = path.read_text()
        settings = Settings.model_validate(tomllib.loads(text))
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be read: {error.strerror}. Give --config another file.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{path} is not TOML: {error}. Mend that line and run again.") from error
    except ValidationError as error:
        raise BadConfiguration("\n".join(_complaints(path, text, error))) from error
    place = str(path.parent.resolve() / settings.corrections) if settings.corrections else ""  # beside the file
    return settings.model_copy(update={"corrections": place})


def sources(settings: Settings, asked: tuple[str, ...]) -> tuple[Source, ...]:
    """The repositories asked for on the command line, or else those of the file."""
    listed = {repository.repo: repository.git_url for repository in settings.repositories}
    wanted = asked or tuple(listed)
    if not wanted:
        raise BadConfiguration(
            "No repository was named. Give one, such as github:owner/name or git:PATH, or list some as "
            "[[repositories]] in forbenefit.toml."
        )
    found = [_source(settings, repo, listed.get(repo)) for repo in dict.fromkeys(wanted)]
    return tuple({source.ref: source for source in found}.values())


def _source(settings: Settings, repo: str, git_url: str | None) -> Source:
    forges = {forge.name: forge for forge in (*KNOWN_FORGES, *settings.forges)}
    if repo.startswith(("http://", "https://")):
        repo, forges = _from_web(repo, forges)
    name, _, rest = repo.partition(":")
    if name not in forges or not rest:
        known = ", ".join(f"{known}:..." for known in forges)
        raise BadConfiguration(
            f"{repo!r} names no repository. Write {known}, or add its forge as [[forges]] in forbenefit.toml."
        )
    forge = forges[name]
    if git_url:
        _git_place(git_url)
    if forge.kind == "git":
        rest = _git_place(rest)
    elif not FORGES[forge.kind].full_name.fullmatch(rest):
        written = FORGES[forge.kind].written_as
        raise BadConfiguration(f"{repo!r}: {forge.kind} repositories are written {name}:{written}.")
    return Source(
        forge=name,
        kind=forge.kind,
        name=rest,
        base_url=forge.base_url,
        token_variables=forge.token_env,
        git_url=git_url,
        apps=tuple(App(app.id, app.installation, app.key_env) for app in forge.apps),
        access=forge.access,
    )


def _from_web(repo: str, forges: dict[str, Forge]) -> tuple[str, dict[str, Forge]]:
    """`https://github.com/a/b` as `github:a/b`, with the forges known then.

    A host that is neither known nor configured is asked what it is, and then goes by its own name.
    """
    _git_place(repo)
    where = urlsplit(repo)
    path = where.path.strip("/")
    for forge in reversed(forges.values()):  # a configured forge comes before a public one at the same place
        root = _web_root(forge)
        if root is not None and where.netloc == root[0] and f"{path}/".startswith(root[1]):
            below = path[len(root[1]) :]
            return f"{forge.name}:{FORGES[forge.kind].repository(below)}", forges
    try:
        found = recognised(repo, FORGES.values())
    except ExtractError as error:
        raise BadConfiguration(str(error)) from error
    name = where.netloc.replace(":", "__").replace(".", "_")  # never the same for two: hosts have no such letters
    met = Forge(name=name, kind=found.forge.kind, base_url=found.base_url)
    return f"{name}:{found.full_name}", {**forges, name: met}


def _web_root(forge: Forge) -> tuple[str, str] | None:
    """Host and path below which the web addresses of a forge's repositories lie."""
    if not forge.base_url:
        return None
    public = next((one for one in FORGES[forge.kind].public if one.base_url == forge.base_url), None)
    if public is not None:
        return public.host, ""
    where = urlsplit(forge.base_url)
    path = where.path.rstrip("/").removesuffix(FORGES[forge.kind].api).strip("/")
    return where.netloc, f"{path}/" if path else ""


def _git_place(place: str) -> str:
    """A path as an absolute one, so that its name does not hang on where the command was run; a URL as it is.

    A URL that carries a secret is refused here already: a repository's address is its name, in logs and tables.
    """
    where = urlsplit(place)
    if where.password or (where.username and where.scheme in ("http", "https")):
        raise BadConfiguration(
            f"The address of a repository at {where.hostname} holds a user name or password. Take it out, and use a git "
            "credential helper."
        )
    if "://" in place or re.match(r"[\w.-]+@[\w.-]+:", place):
        return place
    return str(Path(place).expanduser().resolve())


def _complaints(path: Path, text: str, error: ValidationError) -> list[str]:
    lines = [f"{path} has {error.error_count()} mistake(s):"]
    for mistake in error.errors():
        key = ".".join(str(part) for part in mistake["loc"])
        place = _line(text, [part for part in mistake["loc"] if isinstance(part, str)], mistake["loc"])
        lines.append(f"  {key}{place}: {_said(mistake['type'], mistake['msg'], mistake['loc'])}")
    return [*lines, "Mend the file and run again."]


def _said(kind: str, message: str, place: tuple[int | str, ...]) -> str:
    if kind != "extra_forbidden":
        return message
    models: dict[str, type[BaseModel]] = {"forges": Forge, "repositories": Repository, "policies": InactivityPolicy}
    model = models.get(str(place[0]), Settings)
    return f"no such key; known are {', '.join((model if len(place) > 1 else Settings).model_fields)}"


def _line(text: str, keys: list[str], place: tuple[int | str, ...]) -> str:
    """The line that a mistake is on, as far as it can be told from the text."""
    nth = next((part for part in place if isinstance(part, int)), None)
    headers = 0
    for number, line in enumerate(text.splitlines(), start=1):
        headers += bool(keys) and line.strip() == f"[[{keys[0]}]]"
        in_place = nth is None or headers == nth + 1
        if in_place and keys and re.match(rf"\s*(\[\[)?{re.escape(keys[-1])}\b", line):
            return f" (line {number})"
    return ""
