"""Against a real Gitea or Forgejo, where one is named: FORBENEFIT_TEST_GITEA_URL and FORBENEFIT_TEST_GITEA_TOKEN.

The token needs write access to repositories, issues and the user; a repository is made for the test and deleted after.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
import requests
from extraction_tools import Crawl
from shapes import GITEA, REFUSALS, answers, problems

from extract import raw

URL, TOKEN = os.environ.get("FORBENEFIT_TEST_GITEA_URL", ""), os.environ.get("FORBENEFIT_TEST_GITEA_TOKEN", "")
pytestmark = pytest.mark.skipif(not (URL and TOKEN), reason="no real Gitea is named")


@dataclass
class Server:
    """A real one, and a repository on it."""

    owner: str = ""
    name: str = "forbenefit-test"

    def call(self, verb: str, path: str, **body: Any) -> Any:
        told = requests.request(
            verb,
            f"{URL.rstrip('/')}/api/v1{path}",
            headers={"Authorization": f"token {TOKEN}"},
            json=body or None,
            timeout=60,
        )
        told.raise_for_status()
        return told.json() if told.text else None

    @property
    def place(self) -> str:
        return f"/repos/{self.owner}/{self.name}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    made.owner = made.call("GET", "/user")["login"]
    made.call("POST", "/user/repos", name=made.name, auto_init=True, default_branch="main")
    fill(made)
    yield made
    made.call("DELETE", made.place)


def fill(server: Server) -> None:
    label = server.call("POST", f"{server.place}/labels", name="bug <b>", color="#ff0000")["id"]
    issue = server.call("POST", f"{server.place}/issues", title="<script>first</script>", body="hello")["number"]
    place = f"{server.place}/issues/{issue}"
    comment = server.call("POST", f"{place}/comments", body="a comment")["id"]
    server.call("POST", f"{place}/reactions", content="+1")
    server.call("POST", f"{server.place}/issues/comments/{comment}/reactions", content="heart")
    server.call("POST", f"{place}/labels", labels=[label])
    server.call("DELETE", f"{place}/labels/{label}")
    server.call("PATCH", place, title="renamed")
    server.call("POST", f"{server.place}/issues", title="to be deleted", body="")
    content = base64.b64encode(b"one line\n").decode()
    server.call(
        "POST", f"{server.place}/contents/a.txt", branch="main", new_branch="work", content=content, message="work"
    )
    change = server.call(
        "POST", f"{server.place}/pulls", head="work", base="main", title="WIP: do", body=f"closes #{issue}"
    )
    place = f"{server.place}/pulls/{change['number']}"
    server.call("PATCH", place, title="do")
    remark = {"path": "a.txt", "body": "why?", "new_position": 1}
    server.call("POST", f"{place}/reviews", event="COMMENT", body="hm", comments=[remark])
    server.call("POST", f"{place}/merge", Do="merge")


@pytest.fixture
def crawl(server, tmp_path) -> Crawl:
    forge: Any = SimpleNamespace(dialect=SimpleNamespace(kind="gitea"), base_url=URL, as_of=datetime.now(UTC))
    return Crawl(forge, tmp_path, token=TOKEN, name=f"{server.owner}/{server.name}", git_url=None)


def test_everything_is_here_and_nothing_could_not_be_read(crawl):
    assert crawl.night().problems == ()
    streams = dict(crawl.rows(raw.STREAMS).select("stream", "held").iter_rows())
    told = crawl.rows(raw.EVENTS).group_by("kind").len()

    assert crawl.rows(raw.QUARANTINE).is_empty()
    assert {name: streams[name] for name in ("issues", "changes", "comments", "review_comments", "reviews")} == {
        "issues": 2, "changes": 1, "comments": 1, "review_comments": 1, "reviews": 1,
    }  # fmt: skip
    assert {"labelled", "unlabelled", "renamed", "ready_for_review", "merged", "closed", "cross_referenced"} <= set(
        told["kind"]
    )
    assert sorted(crawl.rows(raw.REACTIONS)["content"]) == ["heart", "thumbs_up"]


def test_every_answer_has_the_shape_that_the_sandbox_keeps_to(crawl):
    crawl.night()
    wrong = []
    for page in answers(crawl.folder):
        path = urlsplit(page.asked["url"]).path
        shape = next(one for pattern, one in GITEA.items() if re.fullmatch(pattern, path))
        wrong += problems(page.data(), shape if page.status == 200 else REFUSALS["gitea"]["no such item"][1], path)

    assert wrong == []


def test_the_issue_that_the_merge_closed_names_the_change(crawl):
    crawl.night()
    closed = crawl.rows(raw.EVENTS).filter(pl.col("kind") == "closed", pl.col("item_kind") == "issue")

    assert closed["other_kind"].to_list() == ["change"]
    assert crawl.rows(raw.CLOSING_LINKS).height == 1


def test_a_night_without_news_asks_four_times_and_five_with_a_look(crawl):
    crawl.night()
    assert crawl.night().requests == 4
    crawl.rereads = 25
    assert crawl.night().requests == 5


def test_what_is_deleted_gets_a_tombstone(crawl, server):
    crawl.night()
    server.call("DELETE", f"{server.place}/issues/2")
    crawl.night()

    assert crawl.rows(raw.TOMBSTONES).select("item_kind", "number", "reason").rows() == [("issue", 2, "deleted")]


def test_a_repository_without_a_commit_has_no_pull_requests_and_is_whole(crawl, server):
    server.call("POST", "/user/repos", name=f"{server.name}-bare")
    try:
        crawl.name, crawl.git_url = f"{server.owner}/{server.name}-bare", ""
        crawl.night()
    finally:
        server.call("DELETE", f"{server.place}-bare")

    assert crawl.rows(raw.STREAMS)["is_complete"].all()


def test_a_renamed_repository_is_followed(crawl, server):
    crawl.night()
    server.call("PATCH", server.place, name=f"{server.name}-moved")
    try:
        crawl.night()
    finally:
        server.call("PATCH", f"{server.place}-moved", name=server.name)

    assert crawl.rows(raw.REPOSITORIES)["full_name"].to_list() == [f"{server.owner}/{server.name}-moved"]
    assert crawl.notes[-1].endswith("name it so, and a night costs a request less.")
