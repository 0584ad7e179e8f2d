"""Somebody is forgotten between two nights of a forge that goes on showing them, and does not come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from conftest import informed
from data_search import files, places_of
from night_tools import TOKEN, VARIABLE, Nights

from extract.sandbox.community import build_world
from extract.sandbox.parameters import ALMANAC, CommunityParameters
from extract.sandbox.server import SandboxForge
from extract.sandbox.things import Person
from flows import forget, people

NAME = "commons/almanac"
FOR_LATER_RUNS = {"people/forgotten.json"}


@dataclass
class Told:
    """An operator who forgot somebody after a first night, and had a shy one on the opt-out list for the second; where
    login, address and account of the two stand."""

    nights: Nights
    acts_before: int
    found_before: set[str]
    after_forgetting: list[set[str]]
    of_gone: list[set[str]]
    of_shy: list[set[str]]
    came_later: int


def words(person: Person) -> list[str]:
    return [person.login, person.email, f"box:{person.account_id}"]


def busiest(forge: SandboxForge, after: float) -> list[Person]:
    """Humans by what they open after an instant: what the second night brings of them."""
    opened = [one for one in forge.world.repositories[NAME].changes if one.opened_epoch > after]
    humans = [one for one in forge.world.people if one.account_type == "User" and not one.is_ghost]
    return sorted(humans, key=lambda one: -sum(change.author == one for change in opened))


@pytest.fixture(scope="module")
def showing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxForge]:
    small = build_world(seed=5, parameters=CommunityParameters(years=0.6, repositories=(ALMANAC,)))
    with SandboxForge(small, folder=tmp_path_factory.mktemp("showing"), tokens=(TOKEN,)) as forge:
        yield forge


@pytest.fixture(scope="module")
def told(showing: SandboxForge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, TOKEN)
        nights = informed(showing, tmp_path_factory.mktemp("forgotten"))
        config = nights.config(NAME)
        early = showing.world.ends_at - timedelta(days=70)
        showing.as_of = early
        assert nights.run(NAME, as_of=early).exit_code == 0
        gone, shy = busiest(showing, early.timestamp())[:2]
        people.classify(nights.data, gone.login, "human", f"{gone.login} says so", "me")
        found, acts = places_of(nights.data, gone.login)[0], count(nights)
        assert forget.forget(nights.data, config, gone.login)["published"]
        after = places_of(nights.data, *words(gone))
        assert count(nights) == acts
        showing.as_of = showing.world.ends_at
        (nights.data / "people/optout.txt").write_text(f"# asked for it\nbox:{shy.login}\n")
        assert nights.run(NAME).exit_code in (0, 4)
        later = [one for one in showing.world.repositories[NAME].changes if one.author == gone]
        of_both = places_of(nights.data, *words(gone), *words(shy))
        yield Told(nights, acts, found, after, of_both[:3], of_both[3:], len(later))


def count(nights: Nights) -> int:
    """Acts of kinds that are acts whoever did them; a merge is one only of whom the forge names."""
    kinds = "('commit', 'change_open', 'issue_open', 'comment', 'review', 'review_comment')"
    return nights.query(f"SELECT count(*) FROM core.contributions WHERE kind IN {kinds}")[0][0]


def test_they_were_everywhere_before(told):
    kinds = {place.partition("/")[0] for place in told.found_before}

    assert {"archive", "raw", "identities", "people", "warehouse.duckdb"} <= kinds


def test_after_forgetting_no_file_names_them_but_the_tombstone_by_its_account(told):
    assert told.after_forgetting == [set(), set(), FOR_LATER_RUNS]


def test_a_later_night_that_is_shown_them_again_does_not_bring_them_back(told):
    assert told.came_later > 0
    assert told.of_gone == [set(), set(), FOR_LATER_RUNS]


def test_who_is_on_the_opt_out_list_is_nowhere_but_on_the_list(told):
    assert told.of_shy == [{"people/optout.txt"}, set(), FOR_LATER_RUNS]


def test_what_they_did_stays_in_the_totals_and_is_nobodys(told):
    nobody = told.nights.query(
        "SELECT count(*) FROM core.contributions WHERE person_id IS NULL AND kind = 'change_open'"
    )

    assert nobody[0][0] >= told.came_later
    assert count(told.nights) > told.acts_before


def test_the_files_of_people_are_for_their_owner_alone(told):
    for file in files(told.nights.data):
        is_private = file.parent.name == "people" or "identities" in file.parts
        assert not is_private or file.name == "optout.txt" or file.stat().st_mode & 0o077 == 0, file
