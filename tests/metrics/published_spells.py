"""Published survival data, as days of leaving and of censoring per group: "6x3" is three persons on day 6."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Lives = Mapping[str, tuple[str, str]]
"""Per group the days of exits and the days of censorings."""

LEUKAEMIA: Lives = {  # Freireich et al. 1963: weeks of remission under 6-MP and placebo
    "6-MP": ("6x3 7 10 13 16 22 23", "6 9 10 11 17 19 20 25 32x2 34 35"),
    "placebo": ("1x2 2x2 3 4x2 5x2 8x4 11x2 12x2 15 17 22 23", ""),
}
GLIOMA: Lives = {  # grade 3 glioma, radioimmunotherapy and control: Grana et al. 2002
    "RIT": ("25 53", "28 50 51 54 57x2 58 61 69"),
    "control": ("9 19 32 34", "48 50"),
}
LYMPHOMA: Lives = {  # McKelvey et al. 1976, stages III and IV
    "III": ("6 19 32 42x2 94 207 253", "43 126 169 211 227 255 270 310 316 335 346"),
    "IV": (
        "4 6 10 11x3 13 17 20x2 21 22 24x2 29 30x2 31 33 34 35 39 40 45 46 50 56 63 68 82 85 88 89 90 93 104 110 134 "
        "137 169 171 173 175 184 201 222",
        "41 43 61x2 160 235 247 260 284 290 291 302 304 341 345",
    ),
}
FLIES: Lives = {  # Walton's drosophila
    "miR-137": ("6 9x3 13x3 15x2 19x3 22x4 26x5 29x5 33x2 36x2 43 47 62x2", ""),
    "control": (
        "7 17 32 33 38x2 41x7 45x9 48x8 51x3 53x7 54x2 56x18 58x4 60x15 61x9 63x9 66x3 68x9 69x12 75",
        "7 45 60 61x2 68 69",
    ),
}
REGIMES: Lives = {  # Cheibub, Gandhi and Vreeland 2010: years in office, by kind of regime
    "Monarchy": (
        "1x3 2 3x2 4 6x2 7x2 10 11 14 18x2 23 28 29 33x2 35",
        "1 2x2 3x2 4x2 5x4 6 7x2 10x3 11 12 13 14x3 17 20 23 25 28 36 38 39 44 47",
    ),
    "Civilian Dict": (
        "1x67 2x25 3x15 4x11 5x15 6x26 7x4 8x7 9x5 10x9 11x8 12x4 13x2 14x5 15x4 16 17x3 18x4 19x2 20x2 21x3 "
        "22x4 24x2 25 26 27x2 29 30x2 31 32 35 47",
        "1x10 2x3 3x7 4x10 5x4 6x5 7x4 8x5 9x3 10x8 11x3 12 14x2 15x5 16 17x3 18x3 19x2 20 23 25x2 26 27x2 29 "
        "30 33 34 42",
    ),
    "Military Dict": (
        "1x55 2x24 3x17 4x15 5x13 6x11 7x5 8x8 9x4 10x3 11x3 12x4 13x3 14x3 16 17 18 19x2 21 22 23 26 32x2 35",
        "1x6 2 3x8 4x3 5x3 6x2 8 9 10x2 11x2 12x2 13x3 15x3 16 17 18 19x2 20 21 22x2 24 26 28 29 30x2 38 39 40 46",
    ),
    "Parliamentary Dem": (
        "1x175 2x80 3x71 4x32 5x46 6x17 7x12 8x22 9x9 10x9 11x9 12x3 13x5 14x6 15x3 16x2 17 19 23",
        "1x20 2x12 3x10 4x11 5x10 6x5 7x3 8x5 9 14x2 17 19",
    ),
    "Presidential Dem": (
        "1x99 2x19 3x14 4x68 5x46 6x16 7x3 8x7 9x2 10x5 12",
        "1x6 2x9 3x13 4x4 5x5 6x2 7x2 8x4 9 10",
    ),
    "Mixed Dem": (
        "1x104 2x59 3x33 4x19 5x8 6x4 7x7 8x2 9 10x2 11x2 13x2",
        "1x9 2x13 3x3 4x2 6x2 7x2 8",
    ),
}


def days(told: str) -> list[int]:
    return [
        int(day) for word in told.split() for day, _, times in [word.partition("x")] for _ in range(int(times or 1))
    ]


def told(lives: Lives) -> dict[str, np.ndarray]:
    """One entry per person: group number, duration and whether it ended by an exit."""
    persons = [
        (group, day, is_exit)
        for group, (exits, censorings) in enumerate(lives.values())
        for is_exit, words in ((1, exits), (0, censorings))
        for day in days(words)
    ]
    return dict(zip(("group", "duration", "is_exit"), np.array(persons).T, strict=True))
