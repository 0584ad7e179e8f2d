"""The list of tables, each after what it is made of. To add one: one file, one line here, one story test per rule."""

from __future__ import annotations

from types import ModuleType

from quality.contract import Table
from transform.core import (
    affiliations,
    aliases,
    changes,
    comments,
    commits,
    contributions,
    events,
    interactions,
    issues,
    norm_documents,
    people,
    repositories,
    reviews,
    spells,
)
from transform.influence import concentration, scores
from transform.ops import changes as changes_since
from transform.ops import corrections, coverage, definitions, held_back, quality_results, quarantine, runs, tombstones
from transform.retention import (
    break_transitions,
    breaks,
    cohorts,
    contributor_types,
    curve_summaries,
    curves,
    determinants,
    early_warning_calibration,
    early_warnings,
    first_outcomes,
    first_questions,
    first_responses,
    funnel,
    group_curves,
    group_tests,
    ltc_conversion,
    newcomers,
    other_definitions,
    outcome_effects,
    policy_findings,
    quasi_contributors,
    responders,
    response_effects,
    response_times,
    second_contributions,
    turnover,
    waiting,
)

BUILT: tuple[ModuleType, ...] = (
    repositories,
    aliases,
    people,
    events,
    issues,
    changes,
    reviews,
    comments,
    commits,
    norm_documents,
    affiliations,
    contributions,
    interactions,
    spells,
    newcomers,
    curves,
    curve_summaries,
    cohorts,
    first_responses,
    response_times,
    first_outcomes,
    outcome_effects,
    first_questions,
    response_effects,
    waiting,
    funnel,
    second_contributions,
    contributor_types,
    quasi_contributors,
    ltc_conversion,
    turnover,
    other_definitions,
    group_curves,
    group_tests,
    determinants,
    breaks,
    break_transitions,
    early_warnings,
    early_warning_calibration,
    policy_findings,
    scores,
    responders,
    concentration,
    coverage,
    quarantine,
    tombstones,
)
"""Tables with a `build` of their own."""

TABLES: tuple[Table, ...] = tuple(
    module.TABLE for module in (*BUILT, definitions, corrections, changes_since, runs, held_back, quality_results)
)
