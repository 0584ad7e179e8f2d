"""Stories of what stands between us and a forge: authorities, folders, doors, proxies; and errors that name the setting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from extraction_tools import Crawl
from front import Front

from extract import raw
from extract.errors import NeedsAPerson, NotAForge, TryAgain
from extract.forges import FORGES
from extract.recognising import recognised
from extract.source import Access
from flows.errors import BadConfiguration
from flows.settings import Forge, Settings, sources

DOOR = "porter:open-sesame"


@pytest.fixture
def hut(hut):
    if hut.dialect.kind == "github":
        pytest.skip("GitHub is reached by a library of its own")
    return hut


@pytest.fixture
def behind(crawl, hut, monkeypatch):
    """The crawl, as if the forge were at another address."""

    def moved(url: str, **access: str) -> Crawl:
        source = replace(crawl.source, base_url=url, access=Access(**access))
        monkeypatch.setattr(type(crawl), "source", property(lambda _: source))
        return crawl

    return moved


def n_items(crawl: Crawl) -> int:
    return crawl.rows(raw.ITEMS).height


def test_a_private_authority_is_named_by_its_file(behind, hut, tmp_path, undisturbed):
    with Front(hut.web_url, keys=tmp_path) as front:
        crawl = behind(front.url, ca_file=front.authority)
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)


def test_a_certificate_that_nobody_here_trusts_is_told_with_the_setting(behind, hut, tmp_path):
    with Front(hut.web_url, keys=tmp_path) as front, pytest.raises(NeedsAPerson, match="ca_file of box"):
        behind(front.url).night()


def test_a_file_of_ours_comes_before_that_of_the_environment(behind, hut, tmp_path, undisturbed, monkeypatch):
    with Front(hut.web_url, keys=tmp_path) as front:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "server.pem"))
        crawl = behind(front.url, ca_file=front.authority)
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)


def test_an_authoritys_file_that_is_not_there_is_told_with_the_setting(behind, hut, tmp_path):
    with Front(hut.web_url, keys=tmp_path) as front, pytest.raises(NeedsAPerson, match="ca_file of box cannot be read"):
        behind(front.url, ca_file=str(tmp_path / "nowhere.pem")).night()


def test_a_forge_may_live_below_a_folder_on_a_port_of_its_own(behind, hut, undisturbed):
    with Front(hut.web_url, folder="/code/lab") as front:
        crawl = behind(front.url)
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)


def test_a_server_in_front_may_want_a_password_of_its_own(behind, hut, undisturbed):
    with Front(hut.web_url, door=DOOR) as front:
        crawl = behind(front.url, basic_auth_variable="DOOR")
        crawl.variables["DOOR"] = DOOR
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)
    assert not [file for file in crawl.folder.rglob("*.json*") if b"open-sesame" in file.read_bytes()]


@pytest.mark.parametrize(("variable", "said"), [("", "basic_auth_env of box"), ("DOOR", "Check DOOR")])
def test_a_closed_door_is_told_with_the_setting(behind, hut, variable, said):
    with Front(hut.web_url, door=DOOR) as front, pytest.raises(NeedsAPerson, match=said):
        behind(front.url, basic_auth_variable=variable).night()


def test_a_proxy_is_used(behind, hut, undisturbed):
    with Front("") as front:
        crawl = behind(hut.web_url, proxy=front.url)
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)
    assert front.seen[0].startswith(hut.web_url)


def test_a_proxy_that_is_not_there_is_told_with_the_setting(behind, hut):
    with pytest.raises(TryAgain, match="Check proxy of box"):
        behind(hut.web_url, proxy="http://127.0.0.1:9").night()


def test_a_forge_that_answers_slowly_is_asked_again(behind, hut, undisturbed, monkeypatch):
    monkeypatch.setattr("extract.line.TIMEOUT_SECONDS", 0.25)
    with Front(hut.web_url, slow_answers=3) as front:
        crawl = behind(front.url)
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)
    assert crawl.slept


def test_a_token_does_not_follow_to_another_server(behind, hut):
    with (
        Front(hut.web_url, sends_elsewhere="http://localhost:9/login") as front,
        pytest.raises(NotAForge, match="token"),
    ):
        behind(front.url).night()


def test_git_goes_the_same_way():
    access = Access(ca_file="/a.pem", proxy="http://proxy:1")

    assert access.for_git() == {
        "GIT_SSL_CAINFO": "/a.pem",
        "https_proxy": "http://proxy:1",
        "http_proxy": "http://proxy:1",
    }


def test_a_host_is_asked_what_it_is_also_below_a_folder(hut):
    with Front(hut.web_url, folder="/code") as front:
        below = recognised(f"{front.url}/commons/hut", FORGES.values())
    at_root = recognised(f"{hut.web_url}/commons/hut", FORGES.values())

    assert (at_root.forge.kind, at_root.full_name) == (hut.dialect.kind, "commons/hut")
    assert (below.forge.kind, below.full_name, below.base_url) == (
        hut.dialect.kind,
        "commons/hut",
        front.url + hut.dialect.api,
    )


def test_a_host_that_is_no_forge_is_told_and_gets_no_token(hut):
    hut.answers_html = True
    with pytest.raises(NeedsAPerson, match="does not answer like any forge"):
        recognised(f"{hut.web_url}/commons/hut", FORGES.values())


def test_a_host_that_nobody_reaches_is_told():
    with pytest.raises(BadConfiguration, match="cannot be reached"):
        sources(Settings(), ("http://127.0.0.1:9/a/b",))


def test_a_web_address_is_enough_to_run(hut):
    source = sources(Settings(), (f"{hut.web_url}/commons/hut",))[0]

    assert (source.kind, source.name, source.token_variables) == (hut.dialect.kind, "commons/hut", ())
    assert source.forge == hut.web_url.removeprefix("http://").replace(".", "_").replace(":", "__")


@pytest.mark.parametrize(
    ("address", "ref"),
    [
        ("https://github.com/a/b/pull/3", "github:a/b"),
        ("https://gitlab.com/a/b/c/-/issues/3", "gitlab:a/b/c"),
        ("https://codeberg.org/a/b/issues", "codeberg:a/b"),
        ("https://code.example.org:8443/lab/a/b/c.git", "work:a/b/c"),
    ],
)
def test_known_hosts_are_not_asked(address, ref):
    work = Forge(name="work", kind="gitlab", base_url="https://code.example.org:8443/lab/api/v4")

    assert sources(Settings(forges=(work,)), (address,))[0].ref == ref


@pytest.mark.parametrize(
    ("repo", "written"), [("gitlab:lonely", "gitlab:GROUP/.../PROJECT"), ("codeberg:a/b/c", "codeberg:OWNER/NAME")]
)
def test_a_name_that_is_none_is_told_as_it_is_written(repo, written):
    with pytest.raises(BadConfiguration, match=written.replace("...", r"\.\.\.")):
        sources(Settings(), (repo,))


def test_a_kind_that_is_unknown_is_told_with_those_that_are_known():
    with pytest.raises(ValueError, match="known are 'github', 'gitlab', 'gitea', 'git'"):
        Forge(name="x", kind="sourcehut")
