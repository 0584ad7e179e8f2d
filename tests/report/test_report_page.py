"""Stories of the page as a whole."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from report_worlds import (
    HOSTILE_REASON,
    IMAGE_NAME,
    MADE_AT,
    SCRIPT_NAME,
    busy_world,
    curve,
    newcomers,
    page_of,
    repository,
    write_warehouse,
    year,
)

from transform.report.page import write_report

CHROMIUM = shutil.which("chromium")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1200,3000"),
    *("--enable-logging=stderr", "--v=0"),
)


@pytest.fixture(scope="module")
def busy_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(tmp_path_factory.mktemp("busy"), busy_world())


def section(page: str, name: str) -> str:
    found = re.search(rf'<section id="{name}">(.*?)</section>', page, re.DOTALL)
    assert found, name
    return found.group(1)


def words(markup: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def test_the_page_loads_nothing_and_runs_nothing(busy_page: str) -> None:
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', busy_page)

    links = {"https://example.org/one", "https://example.org/one/issues/7"}
    assert {address for address in addresses if not address.startswith("#")} == {"data:,", *links}
    assert "<script" not in busy_page
    assert "@import" not in busy_page
    assert "default-src 'none'" in busy_page


def test_hostile_names_and_reasons_are_text(busy_page: str) -> None:
    for text in (SCRIPT_NAME, IMAGE_NAME, "<i>no date</i>", "<u>two rows</u>"):
        assert text not in busy_page
        assert words(text) in words(busy_page)
    assert "<img" not in busy_page
    assert "<b on" not in busy_page
    assert "javascript:" not in busy_page


def test_characters_that_reorder_text_are_made_visible(busy_page: str) -> None:
    assert "\u202e" in HOSTILE_REASON
    assert "\u202e" not in busy_page
    assert "502&lt;/b&gt;\ufffd" in busy_page


def test_a_young_cohort_is_too_early_and_not_low(busy_page: str) -> None:
    assert "2023 Q4 (n: 29) too early" in words(section(busy_page, "cohorts"))
    assert "1 %" not in words(section(busy_page, "cohorts")).replace("\xa0", " ")


def test_a_cohort_of_fewer_than_five_shows_neither_number_nor_share(busy_page: str) -> None:
    cohorts = words(section(busy_page, "cohorts")).replace("\xa0", " ")

    assert "2021 Q2 (n: fewer than 5) fewer than 5" in cohorts
    assert "68 %" not in cohorts
    assert "0.6789" not in busy_page


def test_the_neighbour_of_a_hidden_cohort_is_withheld_so_that_the_year_does_not_give_it_away(busy_page: str) -> None:
    assert "2021 Q1 (n: withheld) withheld" in words(section(busy_page, "cohorts"))


def test_a_year_of_fewer_than_five_persons_is_left_out(busy_page: str) -> None:
    assert "2.2" not in section(busy_page, "influence")
    assert "Left out: 1 year with fewer than 5 persons." in words(section(busy_page, "influence"))


def test_a_year_not_over_is_marked(tmp_path: Path) -> None:
    running = year("f:1", 2024, "pagerank", 9)
    page = page_of(tmp_path, {"core.repositories": [repository("f:1", "one")], "influence.concentration": [running]})

    assert "2024 (not over)" in words(section(page, "influence"))


def test_few_persons_at_risk_are_not_counted_out(busy_page: str) -> None:
    assert "at risk 20 < 5 < 5 < 5 0" in words(section(busy_page, "retention"))


@pytest.mark.parametrize("name", ["retention", "cohorts", "arrivals", "claim", "influence"])
def test_what_is_missing_is_said_beside_every_answer(busy_page: str, name: str) -> None:
    text = words(section(busy_page, name)).replace("\xa0", " ")

    assert "Incomplete. Something is missing" in text
    assert "comments: the forge said" in text
    assert "at least 83 % of the source's own count is held" in text
    assert "Definition" in text
    assert "Formula:" in text


def test_every_picture_says_in_words_what_it_shows(busy_page: str) -> None:
    pictures = re.findall(r"<figure>.*?</figure>", busy_page, re.DOTALL)
    told = re.findall(r'<svg role="img" aria-label="([^"]+)"', busy_page)

    assert len(pictures) == len(told) == 8
    assert "Retention curve of all repositories together: 80% at day 0, 80% at day 30, 60% at day 90" in told[0]


def test_what_did_not_pass_stands_first_with_its_rows(busy_page: str) -> None:
    text = words(section(busy_page, "validation"))

    assert text.index("2 expectations did not pass") < text.index("failed ·") < text.index("could not run ·")
    assert '"rule": "</pre><script>x</script>", "rows": 7' in html.unescape(section(busy_page, "validation"))
    assert "bad night refused" in text


def test_nobody_is_named(busy_page: str) -> None:
    assert "ada-secret-login" not in busy_page
    assert "f:p1" not in busy_page
    assert "(hidden)" in busy_page


def test_who_waits_is_told_by_the_question_with_its_link_the_latest_first(busy_page: str) -> None:
    waits = section(busy_page, "waiting")

    assert '<a href="https://example.org/one/issues/7"' in waits
    assert waits.index("issue #7") < waits.index("issue #8")
    assert re.search(r"issue #7.*2\.0 days.*a bot.*issue #8.*9\.0 days.*nobody", waits, re.DOTALL)
    assert "javascript:" not in waits


def test_how_long_fewer_than_five_waited_is_not_told(busy_page: str) -> None:
    waits = section(busy_page, "waiting")

    assert "12.5 h" in waits
    assert "98.7" not in waits


def test_a_plain_git_repository_gets_a_page_that_says_what_it_cannot_say(tmp_path: Path) -> None:
    rows = {
        "core.repositories": [repository("git:1", "path/to/it")],
        "retention.curves": curve("all", (0, 20, 0.5)) + curve("git:1", (0, 20, 0.5)),
        "influence.concentration": [year("git:1", 2023, "contributions_any", 9)],
    }
    page = page_of(tmp_path, rows)

    assert "No attention can be measured here" in section(page, "influence")
    assert "There are no newcomers to follow." in section(page, "cohorts")
    assert "Each repository" not in section(page, "retention")


def test_an_empty_warehouse_gets_a_page_of_sentences(tmp_path: Path) -> None:
    page = page_of(tmp_path, {})

    assert "<figure" not in page
    assert "There is no repository in this warehouse." in page
    assert "There is no curve to show" in page
    assert "No audit is recorded" in page


def test_rows_without_values_do_no_harm(tmp_path: Path) -> None:
    undecided = {**curve("all", (0, 0, 0.5))[0], "survival_share": None, "is_reportable": False}
    unknown = {
        "repo_id": "all",
        "family": "any",
        "measure": "km",
        "horizon_days": 180,
        "n_newcomers": 9,
        "is_mature": True,
    }
    rows = {
        "core.repositories": [repository("f:1", "one")],
        "retention.curves": [undecided],
        "retention.cohorts": [unknown],
        "retention.newcomers": newcomers(MADE_AT.date().replace(day=1), "issue", 6),
        "ops.coverage": [{"repo_id": "gone", "stream": "issues"}],
    }
    page = page_of(tmp_path, rows)

    assert "not known" in section(page, "cohorts")
    assert "No whole month, quarter or year" in section(page, "arrivals")
    assert "(unknown repository)" in section(page, "coverage")


def test_the_page_is_written_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    out = tmp_path / "reports" / "report.html"
    write_report(write_warehouse(tmp_path / "w.duckdb", {}), out, made_at=MADE_AT)

    assert [file.name for file in out.parent.iterdir()] == ["report.html"]
    assert out.read_text("utf-8").rstrip().endswith("</html>")
    assert "Made 2024-01-02 03:00 UTC" in out.read_text("utf-8")


def browse(page: Path, folder: Path, *what: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={folder / 'profile'}", *what, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)


@pytest.mark.skipif(CHROMIUM is None, reason="the page is looked at in Chromium, and there is no chromium on the PATH")
def test_a_real_browser_shows_the_page_and_the_hostile_name_stays_text(tmp_path: Path, busy_page: str) -> None:
    page, picture = tmp_path / "report.html", tmp_path / "report.png"
    page.write_text(busy_page, encoding="utf-8")
    shot = browse(page, tmp_path, f"--screenshot={picture}")
    dom = browse(page, tmp_path, "--dump-dom").stdout

    assert picture.stat().st_size > 50_000
    assert ":CONSOLE" not in shot.stderr
    assert "<title>Do newcomers stay? forbenefit report</title>" in dom
    assert html.escape(SCRIPT_NAME, quote=False) in dom
    assert "<script" not in dom
