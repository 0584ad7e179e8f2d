"""The list of tables, each after what it is made of. To add one: one file, one line here, one story test per rule."""

from __future__ import annotations

from types import ModuleType

from quality.contract import Table
from transform.core import (
    changes,
    comments,
    commits,
    contributions,
    identities,
    interactions,
    issues,
    people,
    repositories,
    reviews,
    spells,
)
from transform.influence import concentration, scores
from transform.ops import coverage, definitions, quality_results, quarantine, runs, tombstones
from transform.retention import (
    break_transitions,
    breaks,
    cohorts,
    curves,
    determinants,
    early_warning_calibration,
    early_warnings,
    group_curves,
    group_tests,
    newcomers,
    policy_findings,
)

BUILT: tuple[ModuleType, ...] = (
    repositories,
    identities,
    people,
    issues,
    changes,
    reviews,
    comments,
    commits,
    contributions,
    interactions,
    spells,
    newcomers,
    curves,
    group_curves,
    group_tests,
    determinants,
    cohorts,
    breaks,
    break_transitions,
    early_warnings,
    early_warning_calibration,
    policy_findings,
    scores,
    concentration,
    coverage,
    quarantine,
    tombstones,
)
"""Tables with a `build` of their own."""

TABLES: tuple[Table, ...] = tuple(module.TABLE for module in (*BUILT, definitions, runs, quality_results))
