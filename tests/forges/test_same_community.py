"""The strongest test of a forge: the same community behind its dialect gives the same core tables, up to ids."""

from __future__ import annotations

import pytest
from common_world import CORE, UNSAID, Told, crawled

OTHERS = [kind for kind in UNSAID if kind != "github"]


@pytest.fixture(scope="module", params=OTHERS)
def both(request, tmp_path_factory) -> tuple[Told, Told]:
    folder = tmp_path_factory.mktemp(request.param)
    return tuple(crawled(kind, request.param, folder / kind) for kind in ("github", request.param))


@pytest.fixture(scope="module")
def tables(both):
    return [told.core() for told in both]


@pytest.mark.parametrize("table", [table.name for table in CORE])
def test_the_same_community_gives_the_same_core_table(tables, table):
    github, other = (told[table] for told in tables)

    assert other == github


def test_the_community_does_enough_to_tell_forges_apart(tables):
    empty = {name for name, rows in tables[0].items() if not rows}

    assert empty == {"people_queue", "affiliations"}, "nobody here is in doubt, and reserved addresses are nobody's"
