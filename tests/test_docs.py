"""The documentation says what the code does: names, settings, codes, links and queries are held against it."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import duckdb
import pytest

from extract import raw
from flows import errors
from flows.cli import app
from flows.settings import Forge, InactivityPolicy, Repository, Settings
from quality.dictionary import render
from transform import warehouse
from transform.tables import TABLES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS = [name for model in (Settings, Forge, Repository, InactivityPolicy) for name in model.model_fields]
EXIT_CODES = (errors.DONE, errors.FAILED, errors.USAGE, errors.REFUSED, errors.PARTIAL)
DEFINITIONS = [table.definition.partition("/")[0] for table in TABLES if table.definition]
COMMANDS = [command.name or command.callback.__name__ for command in app.registered_commands if command.callback]
COMMANDS += [group.name for group in app.registered_groups if group.name]


def page(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """As forges make them: lower case, spaces to hyphens, other signs dropped."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_the_dictionary_is_as_the_tables_promise():
    assert page("docs/tables.md") == render(TABLES), "run: python -m flows.dictionary"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme_and_in_operations(command):
    assert f"forbenefit {command}" in page("README.md")
    assert f"forbenefit {command}" in page("docs/operations.md")


def test_no_command_is_promised_that_is_not_there():
    said = {name for path in PAGES for name in re.findall(r"(?:`|/)forbenefit ([a-z]+)", path.read_text())}

    assert said == set(COMMANDS)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_has_its_row(setting):
    assert f"| `{setting}` |" in page("docs/operations.md")


@pytest.mark.parametrize("code", EXIT_CODES)
@pytest.mark.parametrize("name", ["README.md", "docs/operations.md"])
def test_every_exit_code_is_told(name, code):
    assert f"| `{code}` |" in page(name)


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_every_definition_has_its_section(definition):
    assert f"\n## {definition}\n" in page("docs/measures.md")


def test_no_section_is_about_a_definition_that_nobody_computes():
    assert set(re.findall(r"^## (.+)$", page("docs/measures.md"), re.MULTILINE)) == set(DEFINITIONS)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    links = re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)", without_blocks(path.read_text()))
    targets = [((path.parent / name) if name else path, anchor) for name, anchor in links]

    assert [str(target) for target, _ in targets if not target.exists()] == []
    assert [anchor for target, anchor in targets if anchor and anchor not in anchors(target.read_text())] == []


def test_every_test_that_is_named_exists():
    named = set(re.findall(r"`(test_\w+)`", "".join(path.read_text() for path in PAGES)))
    there = {
        name for path in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }

    assert named - there == set()


def test_a_column_name_has_one_type_and_unit_in_all_tables():
    meanings = defaultdict(set)
    for table in TABLES:
        for column in table.columns:
            meanings[column.name].add((column.sql_type, column.unit))

    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_a_table_is_made_of_earlier_ones():
    known = {str(table) for table in raw.TABLES}
    for table in TABLES:
        assert set(table.inputs) <= known, str(table)
        known.add(str(table))


@pytest.mark.parametrize("name", ["README.md", "docs/first_response.md", "docs/trust.md"])
def test_every_query_runs(name):
    queries = blocks("sql", page(name))
    with duckdb.connect() as db:
        warehouse.create(db, TABLES)
        found = [db.execute(query).fetchall() for query in queries]

    assert found


def test_every_story_that_guards_against_a_mistake_is_told():
    told = set(re.findall(r"`(test_\w+)`", page("docs/mistakes.md")))
    known = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)
    }

    assert told - known == set()
    assert {name for name in known_mistakes() if name not in told} == set()


def known_mistakes() -> set[str]:
    files = (ROOT / "tests").rglob("test_peers_mistakes_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)}
