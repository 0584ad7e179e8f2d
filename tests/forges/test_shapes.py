"""Everything that the sandbox says in a forge's dialect has the shape that the forge publishes."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from extraction_tools import Crawl
from shapes import GITEA, GITLAB, answers, problems

from extract.archive import Page

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
