"""The documents in which a project writes down its norms, and the commits it asks blame to pass over."""

from __future__ import annotations

import re

import polars as pl

from extract.git.command import GitFailed
from extract.git.documents import IGNORED
from extract.git.mirror import Repository

NORMS = {
    "change_template": r"(pull|merge)_request_templates?",
    "code_of_conduct": r"code[-_]of[-_]conduct",
    "codeowners": r"codeowners",
    "contributing": r"contributing",
    "contributor_agreement": r"cla|dco",
    "governance": r"governance",
    "issue_template": r"issue_templates?",
    "licence": r"licen[cs]es?|copying|unlicense",
    "maintainers": r"maintainers|owners",
    "readme": r"readme",
    "roadmap": r"roadmap",
    "security": r"security",
    "support": r"support",
}
"""Each norm and the names of its documents: whole, or followed by a hyphen, an underscore or a dot; case is nothing."""
_IN_FOLDERS = {"change_template", "issue_template", "licence"}
"""Norms that may have a folder of documents."""
_PLACES = r"(?i)^(?:|docs?/|documentation/|\.github/|\.gitlab/)"
_PROGRAM = r"(?i)\.(c|cc|cpp|cs|css|go|h|hpp|java|js|jsx|kt|lua|php|pl|pm|py|rb|rs|scala|sh|swift|ts|tsx)$"
MOST_IGNORED_BYTES = 1 << 20
_HASH = re.compile(r"^([0-9a-f]{40}(?:[0-9a-f]{24})?)\b", re.MULTILINE)


def norm(path: pl.Expr) -> pl.Expr:
    """The norm that a document at this path states; null for all other files.

    >>> frame = pl.DataFrame({"path": ["LICENSE-MIT", ".github/CONTRIBUTING.md", "security.py", "src/README.md"]})
    >>> frame.select(norm(pl.col("path"))).to_series().to_list()
    ['licence', 'contributing', None, None]
    """
    decided = pl.lit(None, pl.String)
    for name, stem in NORMS.items():
        inside = "|/[^/]+" if name in _IN_FOLDERS else ""
        fits = path.str.contains(rf"{_PLACES}(?:{stem})(?:[-_.][^/]*{inside})?$")
        decided = pl.when(fits).then(pl.lit(name)).otherwise(decided)
    return pl.when(~path.str.contains(_PROGRAM)).then(decided)


def norm_documents(files: pl.LazyFrame) -> pl.LazyFrame:
    """The files that are documents of norms, each with its norm."""
    maybe = files.filter(pl.col("path").str.contains(f"{_PLACES}(?:{'|'.join(NORMS.values())})"))
    return maybe.with_columns(norm=norm(pl.col("path"))).filter(pl.col("norm").is_not_null())


def blame_ignored(repository: Repository) -> list[str]:
    """Commits that the default branch's list of bulk edits names; none without a list, or where it is no list."""
    if repository.head is None:
        return []
    place = f"{repository.head}:{IGNORED}"
    try:
        if int(repository.git.run("cat-file", "-s", "--end-of-options", place)) > MOST_IGNORED_BYTES:
            return []
        text = repository.git.run("cat-file", "blob", place)
    except GitFailed:  # there is none
        return []
    return sorted(set(_HASH.findall(text.decode("ascii", "replace"))))
