"""A repository is hostile: nothing it names is run, nothing it says becomes an option, nothing else is fetched."""

from __future__ import annotations

import os
import shutil

import pytest
from git_workshop import ENVIRONMENT
from test_git_sources import lose, talked

from extract.errors import ExtractError, NeedsAPerson
from extract.git.command import protocols, talking

PROGRAMS = (
    *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy"),
    *("core.alternateRefsCommand", "credential.helper", "diff.external", "diff.evil.command", "diff.evil.textconv"),
    *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "gpg.program", "gpg.ssh.program"),
    *("uploadpack.packObjectsHook", "remote.origin.uploadpack", "alias.log", "alias.rev-list", "pager.log"),
    *("interactive.diffFilter", "sequence.editor", "trailer.co-authored-by.command", "trailer.co-authored-by.cmd"),
)
"""Settings that name a program to run."""
HOOKS = (
    "pre-auto-gc",
    "reference-transaction",
    "post-index-change",
    "fsmonitor-watchman",
    "post-checkout",
    "post-merge",
)


@pytest.fixture
def ran(tmp_path):
    """A file that is there once somebody has run a program of the repository's."""
    return tmp_path / "ran"


def folder(workshop):
    return workshop.folder


def url(workshop):
    return f"file://{workshop.folder}"


def signed(workshop):
    """A history that gives every setting its occasion: attributes, trailers, a signature."""
    attributes = {".gitattributes": "* diff=evil filter=evil\n", "a": "1\n"}
    workshop.commit("work\n\nCo-authored-by: Bob <bob@example.org>", attributes)
    (workshop.folder / ".git/info").mkdir(exist_ok=True)
    (workshop.folder / ".git/info/attributes").write_text("* diff=evil filter=evil\n")
    tree = workshop.git("rev-parse", "HEAD^{tree}")
    people = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000"
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----"
    text = f"tree {tree}\nparent {workshop.git('rev-parse', 'HEAD')}\n{people}\n{signature}\n\nsigned\n"
    sha = workshop.git("hash-object", "-t", "commit", "-w", "--stdin", given=text.encode())
    workshop.git("update-ref", "refs/heads/main", sha)


@pytest.mark.parametrize("place", [folder, url])
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_program_that_a_setting_names_is_run(workshop, mining, ran, place, name):
    signed(workshop)
    program = ran.with_name("program")
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    workshop.git("config", "log.showSignature", "true")
    workshop.git("config", name, str(program))

    assert mining(place(workshop)).stream("commits")["held"] == 2
    assert not ran.exists()


def test_a_file_that_the_settings_include_is_no_other(workshop, mining, ran, tmp_path):
    signed(workshop)
    (tmp_path / "more").write_text(f'[diff]\n\texternal = "touch {ran};"\n[diff "evil"]\n\ttextconv = "touch {ran};"\n')
    workshop.git("config", "include.path", str(tmp_path / "more"))

    mining(workshop.folder)

    assert not ran.exists()


@pytest.mark.parametrize("where", ["source", "mirror"])
def test_no_hook_is_run(workshop, mining, ran, tmp_path, where):
    signed(workshop)
    mining(url(workshop))
    place = workshop.folder / ".git" if where == "source" else tmp_path / "night/mirror/repository.git"
    workshop.commit("new")
    (place / "hooks").mkdir(exist_ok=True)
    for name in HOOKS:
        (place / "hooks" / name).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (place / "hooks" / name).chmod(0o755)

    assert mining(url(workshop)).stream("commits")["held"] == 3
    assert mining(workshop.folder).stream("commits")["held"] == 3
    assert not ran.exists()


@pytest.mark.parametrize("remote", ["ext::sh -c touch% {ran}", "/", "file:///"])
def test_a_missing_object_is_asked_of_nobody(workshop, mining, ran, remote):
    workshop.commit("a", {"a": "1\n"})
    lose(workshop, "a")
    settings = {"url": remote.format(ran=ran), "promisor": "true", "uploadpack": f"touch {ran};", "vcs": ""}
    for name, value in settings.items():
        if value:
            workshop.git("config", f"remote.origin.{name}", value)
    workshop.git("config", "extensions.partialClone", "origin")
    workshop.git("config", "core.repositoryFormatVersion", "1")
    workshop.git("config", "protocol.allow", "always")

    assert mining(workshop.folder).stream("commit_sizes")["held"] == 0
    assert not ran.exists()


@pytest.mark.parametrize("scheme", ["https", "ssh", "git", "file"])
def test_git_speaks_no_protocol_but_that_of_the_url(tmp_path, ran, scheme):
    elsewhere = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.ext::sh -c touch% {ran} .insteadOf"}
    address = f"{scheme}://nowhere.example/x"
    git = talking(tmp_path, {**ENVIRONMENT, **elsewhere, "GIT_CONFIG_VALUE_0": address}, url=address)

    with pytest.raises(ExtractError, match="ext' not allowed"):
        git.run("ls-remote", "--", address)
    assert not ran.exists()
    assert protocols(address) == scheme


def test_a_page_of_the_web_leads_to_no_file_of_this_machine(workshop, tmp_path):
    elsewhere = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{workshop.folder}.insteadOf"}
    address = "https://nowhere.example/x"
    git = talking(tmp_path, {**ENVIRONMENT, **elsewhere, "GIT_CONFIG_VALUE_0": address}, url=address)

    with pytest.raises(ExtractError, match="file' not allowed"):
        git.run("ls-remote", "--", address)


@pytest.mark.parametrize(
    "address",
    ["ssh://-oProxyCommand=touch%20x/y", "ssh://-oProxyCommand=x@host/y", "-oProxyCommand=x:y", "--upload-pack=x"],
)
def test_an_address_is_no_option(mining, monkeypatch, address):
    ran = talked(monkeypatch)
    with pytest.raises(NeedsAPerson):
        mining(address)

    assert ran == []


@pytest.mark.parametrize("place", [folder, url])
@pytest.mark.parametrize("name", ["--output=x", "-x", "--upload-pack=x", "@", "HEAD"])
def test_a_branch_is_no_option(workshop, mining, place, name):
    sha = workshop.commit("root")
    workshop.git("update-ref", f"refs/heads/{name}", sha)
    workshop.git("symbolic-ref", "HEAD", f"refs/heads/{name}")

    assert mining(place(workshop)).table("commits")["sha"].to_list() == [sha]


def test_a_submodule_is_a_line_and_not_a_repository_to_fetch(workshop, mining, monkeypatch, ran, tmp_path):
    sha = workshop.commit("root", {".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% {ran}\n'})
    workshop.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    workshop.git("commit", "--quiet", "--message=module")
    commands = talked(monkeypatch)
    settings = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "fetch.recurseSubmodules", "GIT_CONFIG_VALUE_0": "true"}
    mined = mining(url(workshop), environment={**ENVIRONMENT, **settings})

    assert mined.table("commit_files").filter(path="x").select("added_lines", "status").rows() == [(1, "added")]
    assert commands.count("fetch") == 1
    assert not ran.exists()
    assert sha in mined.table("commits")["sha"]


def test_replacements_and_grafts_of_the_repository_rewrite_nothing(workshop, mining):
    first = workshop.commit("first")
    second = workshop.commit("second")
    workshop.git("replace", second, workshop.git("commit-tree", "HEAD^{tree}", given=b"other"))
    (workshop.folder / ".git/info").mkdir(exist_ok=True)
    (workshop.folder / ".git/info/grafts").write_text(f"{second}\n")

    assert mining(workshop.folder).commit(second)["parent_shas"] == [first]


def test_a_repository_of_somebody_else_is_read_where_it_lies(workshop, mining, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    workshop.commit("root")
    theirs = shutil.copytree(workshop.folder, tmp_path / "theirs")
    for path in [theirs, *theirs.rglob("*")]:
        os.chown(path, 12345, 12345)

    assert mining(theirs).stream("commits")["held"] == 1
