"""A simulated community with known truth: same seed, same parameters, same end, same everything.

Who arrives, stays and leaves follows the hazards in `parameters`; what they do is in `acts` and `commits`. One queue
of instants drives all repositories. Founders are there from the first day; some committed newcomers become
maintainers; a bot comments on changes within five minutes and proposes changes of its own; a few accounts are
deleted since (ghosts: their commits are never merged, so nothing but the forge knows them).
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from . import habits
from .acts import ACTS, Desk, say
from .parameters import DAY_SECONDS, DAYS_IN_MONTH, MONTH_SECONDS, CommunityParameters, Rates, RepositoryPlan
from .people import Registry
from .repository import Repository
from .things import FOR_EVER, Change, Member, Person
from .truth import TrueMember, Truth
from .world import World

ENDS_AT = datetime(2026, 1, 1, tzinfo=UTC)
BOT_LOGIN = "steward"
BOT_DELAY_SECONDS = (30, 300)
_FIRST_REPOSITORY_ID = 410_000_001


def build_world(seed: int = 7, ends_at: datetime = ENDS_AT, parameters: CommunityParameters | None = None) -> World:
    """The world of this seed. `ends_at` is an instant with a zone; nothing happens at or after it."""
    rng, dice = random.Random(seed), random.Random(f"habits {seed}")  # noqa: S311 (dice, not secrets)
    simulation = Simulation(rng, dice, parameters or CommunityParameters(), int(ends_at.timestamp()))
    simulation.run()
    return simulation.world()


class Simulation:
    """The queue of what happens next, and the hands that make it happen."""

    def __init__(
        self, rng: random.Random, dice: random.Random, parameters: CommunityParameters, end_epoch: int
    ) -> None:
        self.rng = rng
        self.dice = dice
        self.parameters = parameters
        self.end_epoch = end_epoch
        self.start_epoch = end_epoch - round(parameters.years * 12 * MONTH_SECONDS)
        self.registry = Registry(rng, parameters)
        self.bot = self.registry.bot(BOT_LOGIN)
        self.desks: dict[str, Desk] = {}
        self.members: list[Member] = []
        self._queue: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = itertools.count()

    def run(self) -> None:
        for place, plan in enumerate(self.parameters.repositories):
            repository = Repository(plan.full_name, _FIRST_REPOSITORY_ID + 7_919 * place, self.start_epoch)
            self.desks[plan.full_name] = Desk(repository, self.rng, self.dice, self.parameters)
            self._found(plan)
            for epoch in self._poisson(self.parameters.bot_changes_per_month):
                self._at(epoch, self._bot_change(plan.full_name))
        self._invite_newcomers()
        while self._queue:
            epoch, _, happen = heapq.heappop(self._queue)
            happen(epoch)

    def _at(self, epoch: int, happen: Callable[[int], None]) -> None:
        if epoch < self.end_epoch:
            heapq.heappush(self._queue, (epoch, next(self._order), happen))

    def _poisson(self, per_month: float) -> Iterator[int]:
        epoch = float(self.start_epoch)
        while per_month > 0:
            epoch += self.rng.expovariate(per_month) * MONTH_SECONDS
            if epoch >= self.end_epoch:
                return
            yield int(epoch)

    def _found(self, plan: RepositoryPlan) -> None:
        for place in range(plan.founders):
            person = self.registry.person() if place else self.registry.founder_with_two_addresses()
            arrives = self.start_epoch + 3600 * place
            stays = self.rng.expovariate(self.parameters.founder_monthly_hazard) * MONTH_SECONDS
            founder = Member(person, plan.full_name, arrives, arrives + round(stays), is_founder=True)
            founder.maintains_from_epoch = arrives
            self._welcome(founder, door="change" if place else "commit")

    def _invite_newcomers(self) -> None:
        invitations = [
            (epoch, plan.full_name, door)
            for plan in self.parameters.repositories
            for door, per_month in zip(plan.arrivals.kinds, plan.arrivals.weights, strict=True)
            for epoch in self._poisson(per_month)
        ]
        invitations.sort()
        ghosts = set(self.rng.sample(range(len(invitations)), min(self.parameters.ghosts, len(invitations))))
        for place, (epoch, repository, door) in enumerate(invitations):
            person = self.registry.ghost() if place in ghosts else self.registry.person()
            newcomer = self._draw(person, repository, epoch)
            self._welcome(newcomer, door)
            self._perhaps_elsewhere(newcomer, door)

    def _draw(self, person: Person, repository: str, arrives: int) -> Member:
        """Draws the group, and from its hazard the departure."""
        p, draw = self.parameters, self.rng.random()
        if draw < p.one_timer_share:
            return Member(person, repository, arrives, arrives)
        is_casual = draw < p.one_timer_share + p.casual_share
        hazard = p.casual_monthly_hazard if is_casual else p.committed_monthly_hazard
        stays = self.rng.expovariate(hazard) * MONTH_SECONDS if hazard > 0 else FOR_EVER
        member = Member(person, repository, arrives, arrives + max(1, round(stays)))
        if not is_casual and not person.is_ghost and self.rng.random() < p.maintainer_share:
            member.maintains_from_epoch = arrives + round(p.months_to_maintainer * MONTH_SECONDS)
        return member

    def _perhaps_elsewhere(self, member: Member, door: str) -> None:
        """Some who stay also arrive in the next repository: a second arrival with a stay of its own."""
        names = list(self.desks)
        is_last = member.repository == names[-1]
        if is_last or member.leaves_epoch == member.arrives_epoch or self.rng.random() >= self.parameters.both_share:
            return
        arrives = member.arrives_epoch + self.rng.randint(DAY_SECONDS, 60 * DAY_SECONDS)
        self._welcome(self._draw(member.person, names[names.index(member.repository) + 1], arrives), door)

    def _welcome(self, member: Member, door: str) -> None:
        if member.arrives_epoch < self.end_epoch:
            self.members.append(member)
            self.desks[member.repository].repository.members[member.person.account_id] = member
            self._at(member.arrives_epoch, lambda epoch: self._act(member, door, epoch))

    def _act(self, member: Member, kind: str, epoch: int) -> None:
        desk = self.desks[member.repository]
        done = ACTS[kind](desk, member, epoch)
        member.door = member.door or done
        member.last_act_epoch = epoch
        member.acts += 1
        habits.follow(desk, member, epoch)
        if done == "change":
            self._perhaps_bot_comment(desk, epoch)
        if epoch < member.leaves_epoch:
            self._plan_next(member, epoch)

    def _plan_next(self, member: Member, epoch: int) -> None:
        """The next act after an exponential silence, cut at the longest; the last one at the departure itself."""
        rates = self._rates(member, epoch)
        silence_days = self.rng.expovariate(rates.per_month) * DAYS_IN_MONTH
        seconds = max(60, round(min(silence_days, self.parameters.longest_silence_days) * DAY_SECONDS))
        kind = self.rng.choices(rates.kinds, rates.weights)[0]
        self._at(min(epoch + seconds, member.leaves_epoch), lambda then: self._act(member, kind, then))

    def _rates(self, member: Member, epoch: int) -> Rates:
        is_maintainer = member.maintains_from_epoch <= epoch
        return self.parameters.maintainer_rates if is_maintainer else self.parameters.newcomer_rates

    def _perhaps_bot_comment(self, desk: Desk, epoch: int) -> None:
        change = desk.repository.changes[-1]
        if self.rng.random() < self.parameters.bot_comment_share:
            member = Member(self.bot, desk.repository.full_name, epoch, FOR_EVER)
            delay = self.rng.randint(*BOT_DELAY_SECONDS)
            self._at(epoch + delay, lambda then: self._bot_comment(desk, change, member, then))

    def _bot_comment(self, desk: Desk, change: Change, member: Member, epoch: int) -> None:
        say(desk, change, member, epoch)
        if self.dice.random() < self.parameters.habits.bot_label_share:
            desk.repository.note(change, "Labeled", self.bot, epoch, word="from a newcomer")

    def _bot_change(self, repository: str) -> Callable[[int], None]:
        member = Member(self.bot, repository, self.start_epoch, FOR_EVER)

        def happen(epoch: int) -> None:
            ACTS["change"](self.desks[repository], member, epoch)

        return happen

    def world(self) -> World:
        ends_at = datetime.fromtimestamp(self.end_epoch, UTC)
        truth = Truth(
            self.parameters,
            ends_at,
            tuple(self._true(member) for member in self.members),
            bots=(self.bot.login,),
            ghosts=tuple(person.login for person in self.registry.people if person.is_ghost),
        )
        repositories = {name: desk.repository for name, desk in self.desks.items()}
        return World(ends_at, tuple(self.registry.people), repositories, truth)

    def _true(self, member: Member) -> TrueMember:
        return TrueMember(
            repository=member.repository,
            account_id=member.person.account_id,
            login=member.person.login,
            door=member.door,
            first_act_at=datetime.fromtimestamp(member.arrives_epoch, UTC),
            last_act_at=datetime.fromtimestamp(member.last_act_epoch, UTC),
            has_departed=member.leaves_epoch < self.end_epoch,
            is_founder=member.is_founder,
            is_maintainer=member.maintains_from_epoch < min(member.leaves_epoch, self.end_epoch),
            is_sponsored=member.person.is_sponsored,
            is_ghost=member.person.is_ghost,
            acts=member.acts,
        )
