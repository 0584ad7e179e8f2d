"""The rules of the house that a machine can hold."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("flows", "extract", "transform", "quality")
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
MAY_IMPORT = {
    "flows": {"flows", "extract", "transform", "quality"},
    "extract": {"extract", "quality.contract"},
    "transform": {"transform", "quality.contract"},
    "quality": {"quality"},
}
HOMES = {
    "prefect": "flows",
    "typer": "flows",
    "rich": "flows",
    "pydantic": "flows",
    "github": "extract",
    "requests": "extract",
    "graphql": "extract",
    "subprocess": "extract",
    "duckdb": "transform",
    "rapidfuzz": "transform",
    "anyascii": "transform",
    "publicsuffixlist": "transform",
    "yaml": "flows",
    "scipy": "transform",
    "altair": "transform",
    "vl_convert": "transform",
    "jinja2": "transform",
    "great_expectations": "quality",
    "sqlalchemy": "quality",
    "duckdb_engine": "quality",
}
READS_ONLY = {
    ("flows/commands.py", "duckdb"),
    ("flows/explaining.py", "duckdb"),
    ("flows/summary.py", "duckdb"),
    ("flows/people.py", "duckdb"),
    ("flows/exporting.py", "duckdb"),
    ("flows/forgetting.py", "duckdb"),
    ("quality/dialect.py", "duckdb"),
}
"""Files that open a warehouse read-only: to answer a command, to see whose aliases are whose, to audit it."""


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    ours = {name for name in imports(path) if name.split(".")[0] in ROOMS}

    allowed = MAY_IMPORT[room(path)]
    wrong = {name for name in ours if not any(name == ok or name.startswith(f"{ok}.") for ok in allowed)}

    assert wrong - {"quality"} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_lives_in_its_room_only(path):
    name = str(path.relative_to(ROOT))
    used = {name.split(".")[0] for name in imports(path)}

    strangers = {library for library in used & set(HOMES) if HOMES[library] != room(path)}

    assert {library for library in strangers if (name, library) not in READS_ONLY} == set()


@pytest.mark.parametrize(
    "path", [path for path in FILES if room(path) != "flows"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_only_flows_reads_the_clock_and_the_environment(path):
    forbidden = {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "os.environ",
        "os.getenv",
    }
    used = {ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}

    assert used & forbidden == set()


def test_nobody_catches_everything():
    handlers = [
        (path, node.lineno)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]

    assert handlers == []
