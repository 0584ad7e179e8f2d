"""core.affiliations: for whom somebody worked, and when (ORG-03).

Registered spans first, then what their addresses say, then the organisation whose repository it is, if the forge shows
that they belong to it.
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import AFFILIATION_CLASS, ORGANISATION, PERSON_ID
from transform.core.aliases import said_by_hosts
from transform.parameters import Parameters

RULES = ("mapping", "address", "membership")
"""In the order in which they go before one another."""
EMPLOYERS = ("registered", "known", "institution")
"""What a verified site must be for an organisation of a forge to be somebody's employer: see domains."""
ALWAYS, STILL = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
WHO = ("organisation", "affiliation_class")

TABLE = Table(
    schema="core",
    name="affiliations",
    grain="one row per person and span of time in which it is known for whom they worked",
    key=("person_id", "from_at"),
    inputs=(
        *("core.commits", "core.aliases", "raw.enrolments", "raw.memberships", "raw.organisations"),
        *("raw.organisation_places", "raw.organisation_domains"),
    ),
    definition="ORG-03/2",
    formula="a registered span; else the months in which most commits of the person that say anything say the same "
    "organisation by their address, and affiliation_reach_days before and after, as far as nothing else is said; else the "
    "time through which the forge shows them as members of an organisation that is registered for an employer, or whose "
    "site it has verified to be one's, and affiliation_reach_days after the last look",
    source="order of rules: gitdm and SortingHat, which register domains and dated enrolments; membership: ours",
    parameters={"affiliation_reach_days": "transform.parameters", "fewest_persons_of_a_domain": "transform.parameters"},
    may_be_empty="Nobody is registered, and no address names an organisation.",
    columns=(
        PERSON_ID,
        ORGANISATION,
        AFFILIATION_CLASS,
        Column("rule", pl.String, "A registration, addresses under commits, or a membership.", one_of=RULES),
        Column("from_at", INSTANT, "First instant of the span; 1970 when it has no beginning."),
        Column("to_at", INSTANT, "First instant behind the span; null when it has no end.", nullable=True),
    ),
    caveats="Spans of a person do not overlap. Whoever has no span at an instant is unknown then, and no volunteer. A "
    "membership is known from the day on which it was first seen, unless the forge dates it.",
)


def build(
    commits: pl.LazyFrame,
    aliases: pl.LazyFrame,
    enrolments: pl.LazyFrame,
    memberships: pl.LazyFrame,
    organisations: pl.LazyFrame,
    organisation_places: pl.LazyFrame,
    organisation_domains: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    reach = parameters.affiliation_reach_days
    employers = employing(organisations, organisation_places, organisation_domains)
    spans = [
        registered_spans(enrolments, aliases),
        address_spans(commits, aliases, reach),
        membership_spans(memberships, employers, aliases, reach),
    ]
    return (
        without_overlaps(pl.concat(spans))
        .with_columns(to_at=pl.when(pl.col("to_at") < STILL).then("to_at"))
        .select(TABLE.column_names)
    )


def registered_spans(enrolments: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """What was registered for any alias of a person; of two at once the one that began later."""
    return (
        enrolments.join(aliases.select("alias_id", "person_id"), on="alias_id")
        .with_columns(pl.col("from_at").fill_null(ALWAYS), pl.col("to_at").fill_null(STILL))
        .filter(pl.col("from_at") < pl.col("to_at"))
        .select("person_id", *WHO, "from_at", "to_at", rule=pl.lit("mapping"), rank=-pl.col("from_at").dt.epoch("s"))
    )


def address_spans(commits: pl.LazyFrame, aliases: pl.LazyFrame, reach_days: int) -> pl.LazyFrame:
    """Spans in which a person's addresses name one organisation; months decide, for many have two addresses at once."""
    reach = pl.duration(days=reach_days)
    says = aliases.filter(pl.col("affiliation_class") != "unknown").select(
        *WHO, pl.col("alias_id").alias("author_alias_id")
    )
    months = (
        commits.select("person_id", "author_alias_id", "authored_at")
        .join(says, on="author_alias_id")
        .group_by("person_id", pl.col("authored_at").dt.truncate("1mo").alias("month"), *WHO)
        .agg(n=pl.len(), first_at=pl.col("authored_at").min(), last_at=pl.col("authored_at").max())
        .sort("person_id", "month", "n", "organisation", descending=[False, False, True, False], nulls_last=True)
        .unique(["person_id", "month"], keep="first", maintain_order=True)
    )
    same = pl.struct("person_id", *WHO)
    is_break = (same != same.shift()) | (pl.col("first_at") - pl.col("last_at").shift() > 2 * reach)
    runs = months.with_columns(run=is_break.fill_null(value=True).cum_sum()).group_by("run", "person_id", *WHO)
    spans = runs.agg(pl.col("first_at").min(), pl.col("last_at").max()).sort("person_id", "first_at")
    before, after = pl.col("last_at").shift().over("person_id"), pl.col("first_at").shift(-1).over("person_id")
    return spans.select(
        "person_id",
        *WHO,
        from_at=pl.max_horizontal(pl.col("first_at") - reach, before),
        to_at=pl.min_horizontal(pl.col("last_at") + reach, after),
        rule=pl.lit("address"),
        rank=pl.col("first_at").dt.epoch("s"),
    )


def membership_spans(
    memberships: pl.LazyFrame, employers: pl.LazyFrame, aliases: pl.LazyFrame, reach_days: int
) -> pl.LazyFrame:
    """From when the forge says, else from the first look, up to the last look; beyond it while no look missed them."""
    believed = pl.when(pl.col("missed_at").is_null()).then(pl.duration(days=reach_days)).otherwise(pl.duration(days=0))
    return (
        memberships.join(employers, on="organisation_id")
        .join(aliases.select("alias_id", "person_id"), left_on="account_id", right_on="alias_id")
        .with_columns(from_at=pl.coalesce("since_at", "first_seen_at"), to_at=pl.col("last_seen_at") + believed)
        .filter(pl.col("from_at") < pl.col("to_at"))
        .select(
            "person_id",
            *WHO,
            "from_at",
            "to_at",
            rule=pl.lit("membership"),
            rank=pl.col("from_at").dt.epoch("s"),
        )
    )


def employing(organisations: pl.LazyFrame, places: pl.LazyFrame, domains: pl.LazyFrame) -> pl.LazyFrame:
    """Organisations of forges that employ people: registered ones, and those with an employer's site that is verified.

    All others may be nothing but the community itself, of whose members nobody is paid by it.
    """
    shown = organisations.unique("organisation_id", keep="any")
    sites = shown.filter(pl.col("is_verified").fill_null(value=False), pl.col("host").is_not_null())
    registered = places.select("place", *(pl.col(name).alias(f"registered_{name}") for name in WHO))
    of_groups = shown.join(registered, how="cross").filter(within("place", "place_right"))
    nearest = of_groups.sort(pl.col("place_right").str.len_chars(), descending=True).unique(
        "organisation_id", keep="first"
    )
    said = sites.join(said_by_hosts(sites, domains), on="host").filter(pl.col("affiliation_reason").is_in(EMPLOYERS))
    named = nearest.select("organisation_id", *(pl.col(f"registered_{name}").alias(name) for name in WHO))
    verified = said.join(named, on="organisation_id", how="anti").select("organisation_id", *WHO)
    return pl.concat([named, verified]).filter(pl.col("affiliation_class") != "unknown")


def within(place: str, around: str) -> pl.Expr:
    """Whether a group is another, or below it."""
    return (pl.col(place) == pl.col(around)) | pl.col(place).str.starts_with(pl.col(around) + "/")


def without_overlaps(spans: pl.LazyFrame) -> pl.LazyFrame:
    """Spans cut at each other's ends; of two that lie over each other the earlier rule wins, then the lower rank."""
    ends = (
        pl.concat([spans.select("person_id", at=end) for end in ("from_at", "to_at")]).unique().sort("person_id", "at")
    )
    pieces = ends.with_columns(until=pl.col("at").shift(-1).over("person_id")).drop_nulls("until")
    decided = (
        pieces.join(spans, on="person_id")
        .filter(pl.col("from_at") <= pl.col("at"), pl.col("until") <= pl.col("to_at"))
        .sort("person_id", "at", pl.col("rule").cast(pl.Enum(RULES)), "rank", "organisation", nulls_last=True)
        .unique(["person_id", "at"], keep="first", maintain_order=True)
    )
    same = pl.struct("person_id", "rule", *WHO)
    is_new = (same != same.shift()) | (pl.col("at") != pl.col("until").shift())
    runs = decided.with_columns(run=is_new.fill_null(value=True).cum_sum()).group_by("run", "person_id", "rule", *WHO)
    return runs.agg(from_at=pl.col("at").min(), to_at=pl.col("until").max())


def affiliated(acts: pl.LazyFrame, affiliations: pl.LazyFrame, aliases: pl.LazyFrame) -> pl.LazyFrame:
    """Acts with organisation and affiliation_class at the time of each: a commit is judged by a registration, by its own
    address (`alias_id`) or, where that says nothing, by a membership; other acts (whose alias_id is null) by the spans
    of the person."""
    spans = affiliations.select(
        "person_id", "rule", "from_at", "to_at", *(pl.col(name).alias(f"span_{name}") for name in WHO)
    )
    has_spans = acts.join(spans.select("person_id").unique(), on="person_id", how="semi").sort("contributed_at")
    dated = has_spans.join_asof(
        spans.sort("from_at"),
        left_on="contributed_at",
        right_on="from_at",
        by="person_id",
        strategy="backward",
        check_sortedness=False,
    )
    others = acts.join(spans.select("person_id").unique(), on="person_id", how="anti")
    own = aliases.select("alias_id", *(pl.col(name).alias(f"own_{name}") for name in WHO))
    is_in_span = (pl.col("contributed_at") < pl.col("to_at")).fill_null(value=True) & pl.col("from_at").is_not_null()
    says_nothing = pl.col("own_affiliation_class").fill_null("unknown") == "unknown"
    goes_before = (pl.col("rule") == "mapping") | ((pl.col("rule") == "membership") & says_nothing)
    by_span = is_in_span & (goes_before | pl.col("alias_id").is_null())
    return (
        pl.concat([dated, others], how="diagonal")
        .join(own, on="alias_id", how="left")
        .with_columns(pl.when(by_span).then(f"span_{name}").otherwise(f"own_{name}").alias(name) for name in WHO)
        .with_columns(pl.col("affiliation_class").fill_null("unknown"))
        .drop("rule", "from_at", "to_at", *(f"{which}_{name}" for which in ("span", "own") for name in WHO))
    )
