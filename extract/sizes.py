"""How much to ask for at once: less after the forge strained, more again once it answers calmly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extract.caller import TRIES

CALM_PAGES = 6
"""Answers in a row after which the next larger page is tried; twice as many after each time that this was too much."""
MOST_CALM_PAGES = 24
TRIES_BEFORE_SHRINKING = 2


@dataclass
class PageSize:
    """Items and nested rows of a page. Halves the items first; a single item that strains gets fewer nested rows.

    `step` says how often it was halved: what strained the forge last night is not tried first tonight.
    """

    first: int
    nested: int = 0
    step: int = 0
    _steps: list[tuple[int, int]] = field(init=False, repr=False)
    _calm: int = field(default=0, init=False)
    _enough: int = field(default=CALM_PAGES, init=False)
    _has_grown: bool = field(default=False, init=False)
    _is_on_trial: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        items = list(halves(self.first))
        self._steps = [(first, self.nested) for first in items] + [(1, rows) for rows in list(halves(self.nested))[1:]]
        self._move(min(self.step, len(self._steps) - 1))

    @property
    def tries(self) -> int:
        """How often to ask at this size: the last resort more often, and one that has just grown once."""
        if self.is_smallest:
            return TRIES
        return 1 if self._is_on_trial else TRIES_BEFORE_SHRINKING

    @property
    def is_smallest(self) -> bool:
        return self.step == len(self._steps) - 1

    def noted(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The facts of a stream, with the step for the next run."""
        others = {name: fact for name, fact in facts.items() if name != "step"}
        return others | ({"step": self.step} if self.step else {})

    def shrink(self) -> None:
        self._enough = min(self._enough * (2 if self._has_grown else 1), MOST_CALM_PAGES)
        self._move(self.step + 1)

    def rest(self) -> None:
        """After an answer: grows after enough of them in a row."""
        self._calm += 1
        self._is_on_trial = False
        if self._calm >= self._enough and self.step:
            self._move(self.step - 1)
            self._has_grown = self._is_on_trial = True

    def _move(self, step: int) -> None:
        self.step, self._calm, self._is_on_trial = step, 0, False
        self.first, self.nested = self._steps[step]


def halves(number: int) -> list[int]:
    """
    >>> halves(30)
    [30, 15, 7, 3, 1]
    """
    found = [number]
    while found[-1] > 1:
        found.append(found[-1] // 2)
    return found
