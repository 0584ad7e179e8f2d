"""Where a repository comes from: a folder or a URL, whole or damaged; and who must act when it is neither."""

from __future__ import annotations

import shutil
import time

import polars as pl
import pytest

from extract.errors import ExtractError, NeedsAPerson, TryAgain
from extract.git import command, log, mirror
from extract.git.command import Git, headers_in_environment, last_words, talking


def url(workshop):
    return f"file://{workshop.folder}"


def talked(monkeypatch):
    """The git commands run from now on."""
    ran, run = [], Git.run
    monkeypatch.setattr(Git, "run", lambda git, *given, **more: ran.append(given[0]) or run(git, *given, **more))
    return ran


def lose(workshop, *names):
    """Deletes the blobs of these paths from the object store."""
    for name in names:
        sha = workshop.git("rev-parse", f"HEAD:{name}")
        (workshop.folder / ".git/objects" / sha[:2] / sha[2:]).unlink()


def test_a_url_is_mirrored_with_its_changes_and_without_its_side_branches(workshop, mining):
    root = workshop.commit("root")
    workshop.git("branch", "side", workshop.git("commit-tree", "HEAD^{tree}", given=b"side"))

    assert [root] == mining(url(workshop)).table("commits")["sha"].to_list()


def test_an_unmoved_url_costs_one_look_and_no_fetch(workshop, mining, monkeypatch):
    workshop.commit("root")
    mining(url(workshop))
    ran = talked(monkeypatch)
    mining(url(workshop))

    assert (ran.count("ls-remote"), ran.count("fetch"), ran.count("log")) == (1, 0, 0)


def test_a_moved_and_renamed_default_branch_is_followed(workshop, mining):
    workshop.commit("root")
    mining(url(workshop))
    workshop.git("branch", "--move", "main", "trunk")
    workshop.commit("second")

    assert mining(url(workshop)).table("commits").height == 2


def test_a_head_that_stands_on_no_branch_is_read(workshop, mining):
    root = workshop.commit("root")
    workshop.git("checkout", "--quiet", "--detach")
    detached = workshop.commit("detached")

    assert {root, detached} == set(mining(url(workshop)).table("commits")["sha"])


def test_an_empty_url_has_no_commits(workshop, mining):
    assert tuple(mining(url(workshop)).stream("commits")[name] for name in ("held", "is_complete")) == (0, True)


def test_a_bare_folder_without_configuration_is_read_in_place(workshop, mining, tmp_path):
    workshop.commit("root")
    bare = tmp_path / "bare"
    shutil.copytree(workshop.folder / ".git", bare)
    (bare / "config").unlink()

    assert mining(bare).table("commits").height == 1
    assert not (tmp_path / "night/mirror/repository.git").exists()


@pytest.mark.parametrize(
    "source",
    ["-u./x", "--upload-pack=x", "", "/nowhere", "ext::sh -c id", "ftp://host/x", "file:///nowhere", "http://[bad/x"],
)
def test_what_is_no_repository_is_said_to_a_person(mining, source):
    with pytest.raises(NeedsAPerson):
        mining(source)


def test_a_folder_that_is_no_repository_is_none_even_inside_of_one(workshop, mining):
    (workshop.folder / "inside").mkdir()

    with pytest.raises(NeedsAPerson, match="no git repository"):
        mining(workshop.folder / "inside")


def test_a_head_without_its_branch_is_said_to_a_person(workshop, mining):
    workshop.commit("root")
    workshop.git("symbolic-ref", "HEAD", "refs/heads/gone")

    for source in (workshop.folder, url(workshop)):
        with pytest.raises(NeedsAPerson, match="default branch"):
            mining(source)


@pytest.mark.parametrize("secret", ["ada:hunter2@", ":hunter2@", "ghp_hunter2@", "glpat-hunter2@"])
def test_a_password_in_a_url_is_refused_and_never_repeated(mining, secret):
    with pytest.raises(NeedsAPerson, match="token_env") as refused:
        mining(f"https://{secret}forge.example/ada/x.git")

    assert "hunter2" not in str(refused.value)


def test_credentials_and_control_characters_leave_no_complaint():
    assert last_words(b"fatal: at https://a:b@host/x\x1b[31m\n", 1) == "fatal: at https://***@host/x?[31m"


def test_a_dead_host_is_tried_again(mining):
    with pytest.raises(TryAgain, match="next run"):
        mining("http://127.0.0.1:9/ada/x.git")


def test_a_silent_host_is_tried_again(mining, monkeypatch, workshop):
    monkeypatch.setattr(mirror, "LIST_SECONDS", 0.0)

    with pytest.raises(TryAgain):
        mining(url(workshop))


def test_a_header_goes_to_its_own_host_only_and_on_no_command_line(tmp_path):
    git = talking(tmp_path, {"GIT_CONFIG_COUNT": "1"}, url="https://forge.example/a/b.git", http_headers=("Token: x",))

    assert not any("Token" in part for part in git.start)
    assert "Token" not in repr(git)
    assert tuple(git.environment[name] for name in ("GIT_CONFIG_KEY_1", "GIT_CONFIG_VALUE_1", "GIT_CONFIG_COUNT")) == (
        "http.https://forge.example/.extraHeader",
        "Token: x",
        "3",
    )
    assert headers_in_environment("", "https://h/x", ("y", "z"))["GIT_CONFIG_COUNT"] == "3"


def test_a_lost_blob_costs_the_sizes_of_its_own_commits_only(workshop, mining):
    for at in range(9):
        workshop.commit(f"{at}", {f"file{at}": f"{at}\n"})
    lose(workshop, "file3", "file4", "file7")

    mined = mining(workshop.folder)

    sizes = mined.stream("commit_sizes")
    assert (sizes["held"], sizes["source_total"], sizes["complete_until_at"]) == (6, 9, None)
    assert "3 of 9 commits have no sizes: fatal: unable to read" in sizes["reason"]
    assert tuple(mined.stream("commits")[name] for name in ("held", "is_complete")) == (9, True)
    assert mined.table("commits")["added_lines"].null_count() == 3


def test_a_repaired_repository_is_counted_the_next_night(workshop, mining):
    workshop.commit("1", {"file": "text\n"})
    lose(workshop, "file")
    mining(workshop.folder)
    workshop.git("hash-object", "-w", "--stdin", given=b"text\n")

    assert mining(workshop.folder).stream("commit_sizes")["is_complete"]


def test_a_missing_commit_makes_the_history_incomplete_and_says_so(workshop, mining):
    shas = [workshop.commit(text) for text in "abc"]
    (workshop.folder / ".git/objects" / shas[0][:2] / shas[0][2:]).unlink()

    commits = mining(workshop.folder).stream("commits")

    assert (commits["is_complete"], commits["source_total"]) == (False, None)
    assert "stopped reading" in commits["reason"]


def test_a_partial_clone_with_a_dead_origin_fails_fast_and_keeps_its_headers(workshop, mining, tmp_path):
    for at in range(20):
        workshop.commit(f"{at}", {f"file{at}": f"{at}\n"})
    workshop.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    workshop.git("clone", "--quiet", "--filter=blob:none", "--no-checkout", url(workshop), str(partial))
    workshop.folder.rename(tmp_path / "gone")
    start = time.monotonic()

    mined = mining(partial)

    assert time.monotonic() - start < 5
    assert (mined.stream("commits")["held"], mined.stream("commit_sizes")["held"]) == (20, 0)


def test_a_damaged_url_gives_all_history_and_what_sizes_are_left(workshop, mining):
    for at in range(9):
        workshop.commit(f"{at}", {f"file{at}": f"{at}\n"})
    lose(workshop, "file3")
    for name in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        workshop.git("config", name, "true")

    mined = mining(url(workshop))

    assert (mined.stream("commits")["held"], mined.stream("commit_sizes")["held"]) == (9, 8)
    workshop.commit_around_what_is_lost({"later": "1\n"})
    assert mining(url(workshop)).stream("commit_sizes")["held"] == 9


def test_git_that_ends_badly_is_an_error_with_its_last_words(tmp_path):
    git = command.reading(tmp_path, {"PATH": "/usr/bin:/bin"})

    with pytest.raises(ExtractError, match="not a git repository"):
        list(git.blocks("log"))


def test_an_object_whose_bytes_were_changed_costs_its_own_commits(workshop, mining):
    shas = [workshop.commit(f"{at}", {f"file{at}": f"{at}\n" * 99}) for at in range(3)]
    blob = workshop.git("rev-parse", "HEAD:file1")
    place = workshop.folder / ".git/objects" / blob[:2] / blob[2:]
    place.chmod(0o644)
    place.write_bytes(place.read_bytes()[::-1])

    mined = mining(workshop.folder)

    assert [mined.commit(sha)["added_lines"] for sha in shas] == [99, None, 99]
    assert "1 of 3 commits have no sizes" in mined.stream("commit_sizes")["reason"]


def test_a_missing_folder_of_the_tree_costs_the_sizes_and_not_the_history(workshop, mining):
    workshop.commit("a", {"x/a": "1\n"})
    workshop.commit("b", {"y": "1\n"})
    tree = workshop.git("rev-parse", "HEAD:x")
    (workshop.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()

    mined = mining(workshop.folder)

    assert (mined.stream("commits")["held"], mined.stream("commit_sizes")["held"]) == (2, 1)
    assert not mined.stream("commit_sizes")["is_complete"]


def test_a_repository_of_which_nothing_can_be_read_is_said_and_keeps_what_it_had(workshop, mining):
    for at in range(30):
        workshop.commit(f"{at}", {f"file{at}": f"{at}\n" * 50})
    before = mining(workshop.folder).table("commits")
    workshop.commit("new")
    workshop.git("gc", "--quiet")
    (pack,) = (workshop.folder / ".git/objects/pack").glob("*.pack")
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:20])

    with pytest.raises(NeedsAPerson, match="fsck"):
        mining(workshop.folder, into="anew")
    with pytest.raises(NeedsAPerson):
        mining(workshop.folder)
    assert pl.read_parquet(workshop.folder.parent / "night/raw/commits.parquet").equals(before)


def test_git_that_leaves_out_commits_without_a_word_is_found_out(workshop, mining, monkeypatch):
    for text in "abc":
        workshop.commit(text)
    cut = log._cut
    monkeypatch.setattr(log, "_cut", lambda held: (cut(held)[0].head(2), cut(held)[1]))

    commits = mining(workshop.folder).stream("commits")

    assert (commits["is_complete"], commits["reason"]) == (False, "git counts 3 commits, and 2 could be read.")
