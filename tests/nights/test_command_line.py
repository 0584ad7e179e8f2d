"""What an operator types, and what they are told when something is wrong: who must do what, and the exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from night_tools import VARIABLE
from typer.testing import CliRunner

from flows import steps
from flows.cli import app
from flows.data_directory import DataDirectory


@pytest.fixture(autouse=True)
def no_retries(monkeypatch):
    monkeypatch.setattr(steps.extract, "retries", 0)


def call(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(word) for word in words])
    return result.exit_code, result.stdout, result.stderr


def test_the_commands_answer_without_loading_what_they_do_not_need():
    heavy = ("prefect", "polars", "duckdb", "great_expectations", "github", "pydantic")
    code = f"import sys, flows.cli; print([name for name in {heavy!r} if name in sys.modules])"

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_every_command_has_help_with_an_example():
    for command in app.registered_commands:
        code, words, _ = call(command.callback.__name__, "--help")

        assert (code, "Example: forbenefit" in words) == (0, True)


def test_a_night_from_the_command_line_publishes_and_says_what(nights):
    config = nights.config("commons/almanac")
    code, words, _ = call("run", "--config", config, "--data", nights.data, "--as-of", "2026-01-01")

    assert code == 0
    assert "published: 1 repositories" in words
    assert "retention: " in words
    assert str(nights.data / "report.html") in words


def test_a_program_gets_one_json_object_and_json_lines(nights):
    config = nights.config("commons/almanac", "commons/nowhere")
    code, answer, log = call("run", "--config", config, "--data", nights.data, "--as-of", "2026-01-01", "--json")
    said, events = json.loads(answer), [json.loads(line) for line in log.splitlines() if line.startswith("{")]

    assert (code, said["exit_code"], said["published"]) == (4, 4, True)
    assert "commons/nowhere" in said["problems"][0]
    assert {"repository.extracted", "repository.failed", "table.built", "run.ended"} <= {it["event"] for it in events}


def test_check_status_and_report_answer_from_the_published_warehouse(first_night, tmp_path):
    code, words, _ = call("check", "--data", first_night.data)
    status = json.loads(call("status", "--data", first_night.data, "--json")[1])
    page = tmp_path / "page.html"

    assert (code, "0 not met" in words) == (0, True)
    assert {row["full_name"] for row in status["coverage"]} == {"commons/bazaar", "commons/almanac"}
    assert call("report", "--data", first_night.data, "--out", page)[0] == 0
    assert page.exists()


def test_check_ends_with_3_and_the_rows_when_the_warehouse_breaks_a_promise(nights):
    import duckdb

    nights.run("commons/almanac")
    with duckdb.connect(str(nights.data / "warehouse.duckdb")) as db:
        db.execute("UPDATE influence.scores SET pagerank = pagerank / 2")
    code, words, _ = call("check", "--data", nights.data)

    assert code == 3
    assert "PageRank sums to one" in words


BAD_CONFIGURATIONS = {
    "a key nobody knows": (
        '[[forges]]\nname = "a"\nkind = "github"\nbase_uri = "x"\n',
        ("base_uri", "line 4", "base_url"),
    ),
    "a kind nobody knows": ('[[forges]]\nname = "a"\nkind = "gitbub"\n', ("forges.0.kind", "line 3", "'github'")),
    "a number out of bounds": ("horizon_days = 3\n", ("horizon_days", "line 1", "30")),
    "no TOML": ('repositories = ["a\n', ("not TOML", "line 1")),
    "an unknown forge": ('[[repositories]]\nrepo = "gitlib:a/b"\n', ("gitlib:a/b", "github:...")),
    "no repository": ("", ("No repository was named",)),
    "half a name": ('[[repositories]]\nrepo = "github:linux"\n', ("github:OWNER/NAME",)),
    "an option for git": ('[[repositories]]\nrepo = "github:--upload-pack=x/y"\n', ("github:OWNER/NAME",)),
}


@pytest.mark.parametrize("mistake", BAD_CONFIGURATIONS)
def test_a_mistake_in_the_configuration_is_named_with_its_line_and_what_is_allowed(tmp_path, mistake):
    text, words = BAD_CONFIGURATIONS[mistake]
    config = tmp_path / "forbenefit.toml"
    config.write_text(text)
    code, _, said = call("run", "--config", config, "--data", tmp_path / "data")

    assert code == 2
    assert [word for word in words if word not in said] == []
    assert not (tmp_path / "data").exists()


def test_a_missing_configuration_file_is_told(tmp_path):
    code, _, said = call("run", "--config", tmp_path / "none.toml")

    assert (code, "cannot be read" in said) == (2, True)


def test_the_future_is_refused(tmp_path):
    code, _, said = call("run", "git:.", "--as-of", "2999-01-01", "--data", tmp_path / "data")

    assert (code, "future" in said) == (2, True)


def test_a_missing_token_is_told_by_the_name_of_its_variable(nights, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    code, _, said = call("run", "--config", nights.config("commons/almanac"), "--data", nights.data)

    assert (code, VARIABLE in said) == (1, True)


def test_a_wrong_token_is_told_without_showing_it(nights, monkeypatch):
    monkeypatch.setenv(VARIABLE, "wrong-and-secret")
    code, words, said = call("run", "--config", nights.config("commons/almanac"), "--data", nights.data)

    assert code == 1
    assert f"Put a fresh token in {VARIABLE}" in said
    assert "wrong-and-secret" not in words + said


def test_a_forge_that_answers_something_else_than_json_is_no_forge(nights):
    nights.forge.answers_html = True
    code, _, said = call("run", "--config", nights.config("commons/almanac"), "--data", nights.data)

    assert (code, "Check base_url" in said) == (1, True)


def test_an_unreachable_forge_says_so_and_keeps_what_there_is(nights):
    nights.run("commons/almanac")
    config = nights.config("commons/almanac")
    config.write_text(config.read_text().replace(nights.forge.base_url, "http://127.0.0.1:9/api/v3"))
    code, words, said = call("run", "--config", config, "--data", nights.data, "--as-of", "2026-01-01")

    assert (code, "cannot be reached" in said) == (1, True)
    assert "published: 1 repositories" in words
    assert nights.query("SELECT DISTINCT is_complete FROM ops.coverage") == [(False,)]


def test_a_folder_of_somebody_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    code, _, said = call("run", "git:.", "--data", tmp_path)

    assert (code, "not forbenefit's" in said) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_of_another_format_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "forbenefit.json").write_text('{"format": 99, "repositories": {}}')

    for command in (("run", "git:."), ("status",), ("report",)):
        code, _, said = call(*command, "--data", tmp_path)
        assert (code, "format 99" in said) == (1, True)


def test_a_folder_without_a_warehouse_says_how_to_get_one(tmp_path):
    code, _, said = call("check", "--data", tmp_path / "nothing")

    assert (code, "forbenefit run" in said) == (1, True)


def test_the_second_run_on_a_folder_is_told_who_holds_it(tmp_path):
    directory = DataDirectory(tmp_path / "data").opened()
    with directory.held("the first run"):
        code, _, said = call("run", "git:.", "--data", tmp_path / "data")

    assert (code, "the first run" in said, "process" in said) == (1, True, True)


def test_a_path_that_is_no_repository_is_told(tmp_path):
    code, _, said = call("run", f"git:{tmp_path}", "--data", tmp_path / "data")

    assert code == 1
    assert str(tmp_path) in said


def test_a_password_in_an_address_is_refused_and_not_repeated(tmp_path):
    code, words, said = call("run", "git:https://ada:pa55word@host.example/x.git", "--data", tmp_path / "data")

    assert code == 2
    assert "pa55word" not in words + said
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"pa55word" in path.read_bytes()] == []


def test_a_web_address_of_a_known_forge_is_understood(nights):
    host = nights.forge.base_url.removesuffix("/api/v3")
    code, words, _ = call(
        "run", f"{host}/commons/almanac", "--config", nights.config(), "--data", nights.data, "--as-of", "2026-01-01"
    )

    assert (code, "published: 1 repositories" in words) == (0, True)


class Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(301)
        self.send_header("Location", "https://elsewhere.example/api/v3/repos/a/b")
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


def test_a_redirect_to_another_host_is_no_forge_and_gets_no_token(nights):
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        config = nights.config("a/b")
        base = f"http://127.0.0.1:{server.server_port}/api/v3"
        config.write_text(config.read_text().replace(nights.forge.base_url, base, 1))
        code, _, said = call("run", "--config", config, "--data", nights.data)
        server.shutdown()

    assert (code, "Check base_url" in said) == (1, True)


def test_the_demo_needs_nothing_and_ends_with_a_warehouse_and_a_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, words, _ = call("demo", "--out", "here")

    assert code == 0
    assert "published: 2 repositories" in words
    assert (tmp_path / "here" / "data" / "report.html").exists()
    assert (tmp_path / "here" / "data" / "warehouse.duckdb").exists()


def test_a_backfill_says_what_it_will_cost_then_publishes_what_came(nights):
    options = ("--config", nights.config("commons/almanac"), "--data", nights.data)
    window = ("--since", "2024-01-01", "--until", "2025-01-01")
    code, words, _ = call("backfill", "box:commons/almanac", *window, "--dry-run", *options)
    assert (code, "requests" in words, "Nothing was fetched" in words) == (0, True, True)

    code, words, _ = call("backfill", "box:commons/almanac", *window, *options)
    assert (code, "published: 1 repositories" in words) == (0, True)
    code, words, _ = call("status", "--data", nights.data)
    assert (code, "[2024-01-01T00:00:00Z, 2025-01-01T00:00:00Z)" in words) == (0, True)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("box:commons/nowhere", "--dry-run"), 1, "no repository 'commons/nowhere'"),
        (("git:/nowhere", "--dry-run"), 1, "its history comes whole"),
        (("box:commons/almanac", "--since", "2024-02-01", "--until", "2024-01-01"), 2, "is not before"),
    ],
)
def test_a_backfill_that_cannot_be_is_told(nights, words, code, says):
    told = call("backfill", *words, "--config", nights.config("commons/almanac"), "--data", nights.data)

    assert (told[0], says in told[2]) == (code, True)


def test_a_figure_leads_to_its_acts_and_their_pages(first_night):
    where = "repo_id = 'all' and family = 'any' and cohort = 'all' and end_rule = 'first_gap' and day = 0"
    answer = json.loads(
        call("explain", "retention.curves", "--where", where, "--data", first_night.data, "--json", "--limit", 0)[1]
    )
    tables = {level["table"]: level for level in answer["levels"]}
    pages = [row["page"] for row in tables["core.contributions"]["rows"]]

    assert list(tables) == ["retention.curves", "core.spells", "core.contributions"]
    assert tables["core.spells"]["n_rows"] == sum(row["n_newcomers"] for row in tables["retention.curves"]["rows"])
    assert all(page.startswith(first_night.forge.base_url.removesuffix("/api/v3")) for page in pages)
    assert (answer["definition"], answer["parameters"]["fewest_at_risk"]) == ("RET-03/1", 10)
    assert (bool(answer["coverage"]), answer["suites"]["not_passed"]) == (True, [])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("retention.curve",), "Did you mean retention.curves"),
        (("retention.curves", "--where", "famly = 'any'"), "Did you mean family?"),
        (("retention.curves", "--where", "repository = 'nobody/nothing'"), "repository is all, commons/almanac"),
    ],
)
def test_what_cannot_be_explained_is_told_with_what_can(first_night, words, says):
    code, _, said = call("explain", *words, "--data", first_night.data)

    assert (code, says in said) == (2, True)
