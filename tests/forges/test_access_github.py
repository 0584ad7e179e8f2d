"""Stories of what stands between us and a GitHub of one's own, which is reached by a library of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from front import Front

from extract import raw
from extract.forges import FORGES
from extract.recognising import recognised
from extract.source import Access
from flows.settings import Forge


@pytest.fixture
def github(hut):
    if hut.dialect.kind != "github":
        pytest.skip("others are in test_access.py")
    return hut


def test_a_private_authority_is_named_by_its_file(github, crawl, tmp_path, undisturbed, monkeypatch):
    with Front(github.web_url, keys=tmp_path) as front:
        access = Access(ca_file=front.authority)
        source = replace(crawl.source, base_url=f"{front.url}/api/v3", access=access)
        monkeypatch.setattr(type(crawl), "source", property(lambda _: source))
        crawl.night()

    assert crawl.rows(raw.ITEMS).height == undisturbed.rows(raw.ITEMS).height


def test_a_github_of_ones_own_is_recognised_by_its_address(github):
    found = recognised(f"{github.web_url}/commons/hut", FORGES.values())

    assert (found.forge.kind, found.base_url, found.full_name) == ("github", github.base_url, "commons/hut")


@pytest.mark.parametrize("setting", [{"proxy": "http://p:1"}, {"basic_auth_env": "DOOR"}])
def test_what_github_does_not_take_is_told_when_it_is_written(setting):
    with pytest.raises(ValueError, match="HTTPS_PROXY"):
        Forge(name="x", kind="github", **setting)
