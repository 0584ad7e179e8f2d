"""Makes the accounts: ordinary, noreply and sponsor addresses, some hostile names, a few ghosts, one bot."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

from .parameters import CommunityParameters
from .texts import FIRST_NAMES, HOSTILE_NAMES, LAST_NAMES
from .things import Person

FORGE = Person(account_id=19_864_447, login="web-flow", name="GitHub", email="noreply@github.com")
"""Signs as committer whatever is merged on the forge's pages."""
UTC_OFFSETS_MINUTES = (-480, -300, -180, 0, 60, 120, 210, 330, 345, 540)


class Registry:
    """Hands out accounts; ids rise in the order of registration."""

    def __init__(self, rng: random.Random, parameters: CommunityParameters) -> None:
        self._rng = rng
        self._parameters = parameters
        self._ids = itertools.count(1_000_001, 37)
        self.people: list[Person] = []

    def person(self) -> Person:
        """A new human account."""
        rng, account_id = self._rng, next(self._ids)
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        login = f"{last.lower()}-{len(self.people)}"
        is_hostile = rng.random() < self._parameters.hostile_share
        is_sponsored = rng.random() < self._parameters.sponsored_share
        is_private = rng.random() < self._parameters.noreply_share
        email = f"{login}@example.org"
        if is_sponsored:
            email = f"{login}@sponsor.example"
        elif is_private:
            email = self._parameters.noreply.format(id=account_id, login=login)
        name = rng.choice(HOSTILE_NAMES) if is_hostile else f"{first} {last}"
        offset = rng.choice(UTC_OFFSETS_MINUTES)
        return self._keep(Person(account_id, login, name, email, is_sponsored=is_sponsored, utc_offset_minutes=offset))

    def founder_with_two_addresses(self) -> Person:
        """Commits with a second address that the forge does not know; the `.mailmap` joins the two."""
        person = self.person()
        self.people.remove(person)
        own = f"{person.login}@example.org"
        return self._keep(
            replace(person, email=own, unlinked_email=f"{person.login}@laptop.example.net", is_sponsored=False)
        )

    def ghost(self) -> Person:
        """An account that was deleted since."""
        person = self.person()
        self.people.remove(person)
        return self._keep(replace(person, is_ghost=True))

    def bot(self, login: str) -> Person:
        account_id = next(self._ids)
        is_told = self._parameters.bots_are_told
        name = f"{login}[bot]" if is_told else login
        email = self._parameters.noreply.format(id=account_id, login=name)
        return self._keep(Person(account_id, login, name, email, account_type="Bot" if is_told else "User"))

    def _keep(self, person: Person) -> Person:
        self.people.append(person)
        return person
