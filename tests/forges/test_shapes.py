"""Everything that the sandbox says in a forge's dialect has the shape that the forge publishes."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
import requests
from extraction_tools import NAME, TOKEN, Crawl
from shapes import GITEA, GITLAB, REFUSALS, answers, problems

from extract.archive import Page
from extract.sandbox.faults import Faults

SHAPES = {"gitlab": GITLAB, "gitea": GITEA}


@pytest.fixture(scope="module")
def told(running, tmp_path_factory) -> list[Page]:
    if running.dialect.kind not in SHAPES:
        pytest.skip("its answers are checked by the schema that the sandbox executes")
    crawl = Crawl(running, tmp_path_factory.mktemp("told"), git_url=None)
    crawl.night()
    return [page for page in answers(crawl.folder) if "url" in page.asked]


def test_every_answer_has_the_published_shape(told, running):
    wrong = []
    for page in told:
        path = urlsplit(page.asked["url"]).path
        shape = next(
            (one for pattern, one in SHAPES[running.dialect.kind].items() if re.fullmatch(pattern, path)), None
        )
        assert shape is not None, f"nothing is published of {path}"
        wrong += problems(page.data(), shape, path)

    assert wrong == []


def test_every_shape_is_met_with_rows(told, running):
    met = set()
    for page in told:
        path = urlsplit(page.asked["url"]).path
        met |= {pattern for pattern in SHAPES[running.dialect.kind] if re.fullmatch(pattern, path) and page.data()}
    only_asked_on_bad_days = {r"/version", r"/projects/\d+/(issues|merge_requests)/\d+"}

    assert set(SHAPES[running.dialect.kind]) - met <= only_asked_on_bad_days


def test_a_wrong_shape_is_seen():
    row = {"id": "1", "name": None, "created_at": "yesterday", "state": "odd"}
    shape = {"id": "int", "name": "text", "created_at": "instant", "state": ("opened",), "more?": "int"}

    assert len(problems(json.loads(json.dumps([row])), [shape])) == 4


SIGNED = {"github": ("Authorization", "token "), "gitlab": ("PRIVATE-TOKEN", ""), "gitea": ("Authorization", "token ")}
PLACES = {"github": f"/repos/{NAME}", "gitlab": "/projects/commons%2Fhut", "gitea": f"/repos/{NAME}"}
ITEMS = {
    "github": f"/repos/{NAME}/issues/9999",
    "gitlab": "/projects/{}/issues/9999",
    "gitea": f"/repos/{NAME}/issues/9999",
}
SCOPES = {"github": "repo", "gitlab": "read_api", "gitea": "read:repository"}
TOO_MUCH = (
    '{ project(fullPath: "commons/hut") { issues { nodes { notes { nodes { awardEmoji { nodes { name } } } } } } } }'
)


def asked(hut, path: str, token: str = TOKEN, query: str = ""):
    """Status, headers and body: JSON where it is some."""
    header, before = SIGNED[hut.dialect.kind]
    url = f"{hut.web_url}/api/graphql" if query else f"{hut.base_url}{path}"
    told = requests.request(
        "POST" if query else "GET",
        url,
        json={"query": query} if query else None,
        headers={header: before + token},
        allow_redirects=False,
        timeout=10,
    )
    is_json = "json" in told.headers["Content-Type"]
    return told.status_code, told.headers, json.loads(told.text) if is_json else told.text


def refused(hut, what: str):
    """The answer that is none, of that name."""
    here, kind = PLACES[hut.dialect.kind], hut.dialect.kind
    item = ITEMS[kind].format(hut.world.repositories[NAME].database_id)
    if what == "a scope that is missing":
        hut.missing_scope = SCOPES[kind]
    elif what == "a limit":
        hut.faults.block(TOKEN, 1)
    elif what == "a former name":
        hut.rename(NAME, "guild/lodge")
    ways = {
        "a wrong token": lambda: asked(hut, here, token="wrong"),
        "no such repository": lambda: asked(hut, here.replace("hut", "nowhere")),
        "no such item": lambda: asked(hut, item),
        "a timeline of nothing": lambda: asked(hut, f"{item}/timeline"),
        "a query that is none": lambda: asked(hut, "", query="{ nothing }"),
        "a query that is too much": lambda: asked(hut, "", query=TOO_MUCH),
    }
    told = ways.get(what, lambda: asked(hut, here))()
    hut.missing_scope, hut.faults = "", Faults()
    hut.restore()
    return told


def test_every_refusal_has_the_published_shape(hut):
    for what, (expected, shape) in REFUSALS[hut.dialect.kind].items():
        status, headers, body = refused(hut, what)

        assert (what, status, problems(body, shape, what)) == (what, expected, [])
        assert what != "a limit" or int(headers["Retry-After"]) > 0
        assert status != 301 or hut.dialect.api in headers["Location"]


def test_a_refusal_of_another_shape_is_seen():
    said = {"errors": None, "url": ""}

    assert problems(said, REFUSALS["gitea"]["no such item"][1], "it") == ["it.message is None"]
