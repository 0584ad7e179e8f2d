"""The list of tables, each after what it is made of. To add one: one file, one line here, one story test per rule."""

from __future__ import annotations

from types import ModuleType

from quality.contract import Table
from transform.core import (
    changes,
    comments,
    commits,
    contributions,
    events,
    identities,
    interactions,
    issues,
    norm_documents,
    people,
    repositories,
    reviews,
    spells,
)
from transform.influence import concentration, scores
from transform.ops import coverage, definitions, quality_results, quarantine, runs, tombstones
from transform.retention import (
    cohorts,
    contributor_types,
    curve_summaries,
    curves,
    first_outcomes,
    first_questions,
    first_responses,
    funnel,
    ltc_conversion,
    newcomers,
    other_definitions,
    outcome_effects,
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
    identities,
    people,
    events,
    issues,
    changes,
    reviews,
    comments,
    commits,
    norm_documents,
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
    scores,
    responders,
    concentration,
    coverage,
    quarantine,
    tombstones,
)
"""Tables with a `build` of their own."""

TABLES: tuple[Table, ...] = tuple(module.TABLE for module in (*BUILT, definitions, runs, quality_results))
