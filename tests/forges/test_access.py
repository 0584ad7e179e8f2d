"""Stories of what stands between us and a forge: authorities, folders, doors, proxies; and errors that name the setting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from extraction_tools import NAME, TOKEN, Crawl
from front import Front, Proxy, basic

from extract import raw
from extract.errors import NeedsAPerson, NotAForge, TryAgain
from extract.forges import FORGES
from extract.git.command import GitFailed
from extract.git.mirror import _explained
from extract.reach import reach
from extract.recognising import recognised
from extract.source import Access, Source
from flows.errors import BadConfiguration
from flows.settings import Forge, Settings, sources

DOOR = "porter:open-sesame"


@pytest.fixture
def behind(crawl, hut, monkeypatch):
    """The crawl, as if the forge were at another address."""

    def moved(url: str, git_url: str | None = "", **access: str) -> Crawl:
        at = url + hut.dialect.api if hut.dialect.kind == "github" else url
        source = replace(crawl.source, base_url=at, git_url=git_url, access=Access(**access))
        monkeypatch.setattr(type(crawl), "source", property(lambda _: source))
        return crawl

    return moved


def n_items(crawl: Crawl) -> int:
    return crawl.rows(raw.ITEMS).height


def n_commits(crawl: Crawl) -> int:
    return crawl.rows(raw.COMMITS).height


def test_a_private_authority_is_named_by_its_file(behind, hut, tmp_path, undisturbed):
    with Front(hut.web_url, keys=tmp_path) as front:
        crawl = behind(front.url, ca_file=front.authority)
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)


def test_api_and_git_go_through_tls_a_folder_and_a_door_with_the_token_in_a_header_of_its_own(
    behind, hut, tmp_path, undisturbed
):
    hut.git_wants_token = True
    with Front(hut.web_url, folder="/code", door=DOOR, passes_on="X-Forge-Token", keys=tmp_path) as front:
        crawl = behind(
            front.url,
            None,
            ca_file=front.authority,
            basic_auth_variable="DOOR",
            token_header="X-Forge-Token",
        )
        crawl.variables["DOOR"] = DOOR
        assert crawl.night().problems == ()

    assert n_items(crawl) == n_items(undisturbed)
    assert n_commits(crawl) == len(hut.shas(NAME))
    assert is_nowhere(crawl, front, "open-sesame", basic(DOOR), TOKEN)


def test_api_and_git_go_through_a_proxy_that_wants_a_password(behind, hut, tmp_path, undisturbed, monkeypatch):
    hut.git_wants_token = True
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Proxy(door=DOOR) as proxy, Front(hut.web_url, keys=tmp_path) as front:
        crawl = behind(front.url, None, ca_file=front.authority, proxy=proxy.url, proxy_auth_variable="DOOR")
        crawl.variables |= {"DOOR": DOOR, "NO_PROXY": "127.0.0.1"}
        assert crawl.night().problems == ()
        to_front = f"CONNECT {front.url.removeprefix('https://')}"

    assert (n_items(crawl), n_commits(crawl)) == (n_items(undisturbed), len(hut.shas(NAME)))
    assert set(proxy.seen) == {to_front}
    assert is_nowhere(crawl, proxy, "open-sesame", basic(DOOR), TOKEN)


def is_nowhere(crawl: Crawl, server: Front | Proxy, *secrets: str) -> bool:
    """No file has any of the secrets, and no command line had while git was at work."""
    written = [file.read_bytes() for file in crawl.folder.rglob("*") if file.is_file()]
    told = [line for line in server.shown if any(secret in line for secret in secrets)]
    assert not server.shown or any("git" in line for line in server.shown)
    return not told and not [it for it in written if any(secret.encode() in it for secret in secrets)]


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


def test_where_the_forge_takes_its_token_elsewhere_a_door_needs_no_more_than_its_password(behind, hut, undisturbed):
    if hut.dialect.kind == "github":
        pytest.skip("GitHub takes its token in Authorization alone")
    with Front(hut.web_url, door=DOOR) as front:
        crawl = behind(front.url, basic_auth_variable="DOOR")
        crawl.variables["DOOR"] = DOOR
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)


@pytest.mark.parametrize(("variable", "said"), [("", "basic_auth_env of box"), ("DOOR", "Check DOOR")])
def test_a_closed_door_is_told_with_the_setting(behind, hut, variable, said):
    with Front(hut.web_url, door=DOOR) as front, pytest.raises(NeedsAPerson, match=said):
        behind(front.url, basic_auth_variable=variable).night()


@pytest.mark.parametrize(("variable", "said"), [("", "proxy_auth_env of box"), ("DOOR", "Check DOOR")])
@pytest.mark.parametrize("is_tunnel", [False, True])
def test_a_proxy_that_lets_nobody_in_is_told_with_the_setting(behind, hut, tmp_path, variable, said, is_tunnel):
    with Proxy(door=DOOR) as proxy, Front(hut.web_url, keys=tmp_path) as front:
        url = front.url if is_tunnel else hut.web_url
        with pytest.raises(NeedsAPerson, match=said):
            behind(url, ca_file=front.authority, proxy=proxy.url, proxy_auth_variable=variable).night()


def test_a_proxy_is_used(behind, hut, undisturbed):
    with Proxy() as proxy:
        crawl = behind(hut.web_url, proxy=proxy.url)
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)
    assert proxy.seen[0].startswith(hut.web_url)


def test_a_proxy_that_is_not_there_is_told_with_the_setting(behind, hut):
    with pytest.raises(TryAgain, match="Check proxy of box"):
        behind(hut.web_url, proxy="http://127.0.0.1:9").night()


def test_a_forge_that_answers_slowly_is_asked_again(behind, hut, undisturbed, monkeypatch):
    monkeypatch.setattr("extract.line.TIMEOUT_SECONDS", 0.25)
    monkeypatch.setattr("extract.github.client.TIMEOUT_SECONDS", 1)  # PyGithub counts in whole seconds
    slow = (1, 1.3) if hut.dialect.kind == "github" else (3, 0.5)
    with Front(hut.web_url, slow_answers=slow[0], slow_seconds=slow[1]) as front:
        crawl = behind(front.url)
        crawl.night()

    assert n_items(crawl) == n_items(undisturbed)
    assert crawl.slept


def test_a_token_does_not_follow_to_another_server(behind, hut):
    with Front(hut.web_url, sends_elsewhere="http://localhost:9/login") as front, pytest.raises(NotAForge):
        behind(front.url).night()


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ("fatal: unable to access 'x': server certificate verification failed. CAfile: none", "ca_file"),
        ("fatal: unable to access 'x': Proxy CONNECT aborted due to 407", "proxy_auth_env"),
        ("fatal: Authentication failed for 'x'", "basic_auth_env"),
    ],
)
def test_what_stops_git_on_its_way_is_told_with_the_setting(said, setting):
    assert setting in str(_explained("https://host/x.git", GitFailed("fetch", said)))


def test_the_password_of_a_door_goes_to_no_other_server():
    access = Access(basic_auth_variable="DOOR", token_header="X-Token")
    way = reach(Source("box", "gitea", NAME, "https://host:8443/git", access=access), {"DOOR": DOOR})

    assert way.git_headers("https://host:8443/git/a/b.git", "token", "t") == (
        f"X-Token: {basic('token:t')}",
        f"Authorization: {basic(DOOR)}",
    )
    assert way.git_headers("https://other/a/b.git", "token", "t") == (f"Authorization: {basic('token:t')}",)
    assert "open-sesame" not in repr(way)


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


@pytest.mark.parametrize(("has_keys", "door", "said"), [(True, "", "ca_file"), (False, DOOR, "basic_auth_env")])
def test_what_stands_before_a_host_that_is_asked_is_told_with_the_setting(hut, tmp_path, has_keys, door, said):
    told = pytest.raises(BadConfiguration, match=f"{said} in forbenefit.toml")
    with Front(hut.web_url, door=door, keys=tmp_path if has_keys else None) as front, told:
        sources(Settings(), (f"{front.url}/commons/hut",))


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


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"kind": "github", "basic_auth_env": "DOOR"}, "token_header"),
        ({"kind": "gitea", "proxy": "http://u:p@proxy:1"}, "proxy_auth_env"),
        ({"kind": "gitea", "proxy_auth_env": "DOOR"}, "without proxy"),
        ({"kind": "gitea", "token_header": "X: y"}, "token_header"),
    ],
)
def test_settings_of_the_way_that_do_not_fit_are_told_when_they_are_read(told, said):
    with pytest.raises(ValueError, match=said):
        Forge(name="x", **told)


def test_a_kind_that_is_unknown_is_told_with_those_that_are_known():
    with pytest.raises(ValueError, match="known are 'github', 'gitlab', 'gitea', 'git'"):
        Forge(name="x", kind="sourcehut")
