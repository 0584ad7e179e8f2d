"""core.identity_links: what ties aliases to one person, and what does not, each with its evidence (ID-02)."""

from __future__ import annotations

import polars as pl

from quality.contract import INSTANT, Column, Table
from transform.columns import share
from transform.core.accounts_of_addresses import account_of_address, accounts_elsewhere
from transform.identity.deciding import Candidate, Decider, Node, canonical
from transform.identity.machines import by_login
from transform.parameters import Parameters

RULES = ("A2", "A3", "A4", "B1", "B2", "C1", "C2", "H")
STATUSES = ("accepted", "queued", "quarantined", "forbidden", "overruled")

TABLE = Table(
    schema="core",
    name="identity_links",
    grain="one row per pair of aliases and rule that says, or asks, whether they are one person",
    key=("alias_id", "other_alias_id", "rule"),
    inputs=(
        "raw.accounts",
        "raw.emails",
        "raw.email_links",
        "raw.mailmap_links",
        "raw.name_links",
        "raw.alias_names",
        "raw.signature_classes",
        "raw.identity_decisions",
        "raw.actor_decisions",
    ),
    definition="ID-02/5",
    formula="links in order of trust join groups unless that unites two accounts of one forge, a program and a human, or "
    "what somebody decided is apart; from a score of 0.8 on without a person; groups beyond 8 names or 15 addresses are "
    "taken to pieces",
    source="rules and caps after gambit, Bird et al. 2006 and SortingHat; the scores are ours",
    parameters={"identities": "parameters.identities"},
    may_be_empty="No address is tied to anybody.",
    columns=(
        Column("alias_id", pl.String, "Account id, or 'mail:' and the keyed hash of an address."),
        Column("other_alias_id", pl.String, "The other alias."),
        Column("rule", pl.String, "Rule that found it; H is a person.", one_of=RULES),
        share("confidence_share", "How sure the rule is."),
        Column("evidence", pl.String, "Why, in words that name nobody."),
        Column("status", pl.String, "What became of it.", one_of=STATUSES),
        Column("status_reason", pl.String, "Why it does not hold; empty where it does."),
        Column("decided_by", pl.String, "A rule, or a human.", one_of=("rule", "human")),
        Column(
            "decided_at",
            INSTANT,
            "When a human decided; for a rule the build's instant, for rules decide in every build.",
        ),
        Column("person_id", pl.String, "The person both are; null where the link does not hold.", nullable=True),
    ),
    caveats="Names and addresses are not kept here; the identity store of the data directory has them.",
)


def build(
    accounts: pl.LazyFrame,
    emails: pl.LazyFrame,
    links: pl.LazyFrame,
    mailmap: pl.LazyFrame,
    name_links: pl.LazyFrame,
    names: pl.LazyFrame,
    machines: pl.LazyFrame,
    decisions: pl.LazyFrame,
    classes: pl.LazyFrame,
    *,
    parameters: Parameters,
) -> pl.LazyFrame:
    now = pl.lit(parameters.as_of, INSTANT)
    emails = emails.filter(~pl.col("is_only_named").fill_null(value=False))
    stars = account_of_address(accounts, emails, links).pipe(with_cuts, decisions).with_columns(decided_at=now)
    held = stars.filter(pl.col("status") == "accepted").select("alias_id", node="other_alias_id")
    aliases = pl.concat(
        [
            stars.select("alias_id"),
            emails.select(alias_id=mail("email_key")).unique(),
            accounts.select(alias_id="account_id"),
        ]
    )
    looks = name_links.filter(parameters.identities == "likely")
    elsewhere = by_rule(accounts_elsewhere(links, stars))
    asked = pl.concat(
        [elsewhere, from_mailmap(mailmap), by_rule(looks), from_people(decisions)], how="diagonal_relaxed"
    ).with_columns(pl.col("decided_at").fill_null(now))
    known = aliases.unique()
    candidates = (
        asked.join(known, on="alias_id", how="semi")
        .join(known.rename({"alias_id": "other_alias_id"}), on="other_alias_id", how="semi")
        .pipe(with_nodes, held)
        .pipe(without_the_lone, alone(decisions))
        .pipe(with_facts, held, names, machine_nodes(accounts, emails, machines, classes, held))
    )
    decided = candidates.map_batches(_decided, schema=DECIDED, validate_output_schema=False)
    people = pl.concat(
        [
            decided.select(other_alias_id="node", person="person"),
            decided.select(other_alias_id="other_node", person="other_person"),
        ]
    )
    tied = stars.join(people.unique("other_alias_id"), on="other_alias_id", how="left").with_columns(
        person_id=pl.when(pl.col("status") == "accepted").then(pl.coalesce("person", "other_alias_id"))
    )
    columns = TABLE.column_names
    return pl.concat([tied.select(columns), decided.filter(pl.col("rule") != "apart").select(columns)])


def mail(key: str) -> pl.Expr:
    return pl.lit("mail:") + pl.col(key)


def alone(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """Aliases that somebody set apart from everybody."""
    return decisions.filter(pl.col("kind") == "alone").select("alias_id").unique()


def without_the_lone(links: pl.LazyFrame, lone: pl.LazyFrame) -> pl.LazyFrame:
    for end in ("alias_id", "other_alias_id", "node", "other_node"):
        links = links.join(lone.select(pl.col("alias_id").alias(end)), on=end, how="anti")
    return links


def with_cuts(stars: pl.LazyFrame, decisions: pl.LazyFrame) -> pl.LazyFrame:
    """What somebody decided goes before what the forge says: an address apart from its account is its own again."""
    said = decisions.filter(pl.col("kind") == "apart")
    pairs = pl.concat(
        [said.select("alias_id", "other_alias_id"), said.select(alias_id="other_alias_id", other_alias_id="alias_id")]
    )
    lone = alone(decisions)
    cut = (
        pl.concat(
            [
                stars.join(pairs, on=["alias_id", "other_alias_id"], how="semi"),
                stars.join(lone, on="alias_id", how="semi"),
            ]
        )
        .select("alias_id", is_cut=pl.lit(value=True))
        .unique()
    )
    is_cut = pl.col("is_cut").fill_null(value=False)
    return stars.join(cut, on="alias_id", how="left").with_columns(
        status=pl.when(is_cut).then(pl.lit("overruled")).otherwise(pl.lit("accepted")),
        status_reason=pl.when(is_cut).then(pl.lit("somebody decided that they are two persons")).otherwise(pl.lit("")),
        decided_by=pl.lit("rule"),
    )


def from_mailmap(mailmap: pl.LazyFrame) -> pl.LazyFrame:
    pairs = mailmap.select(alias_id=mail("email_key"), other_alias_id=mail("proper_email_key"))
    return pairs.unique().select(
        "alias_id",
        "other_alias_id",
        rule=pl.lit("A4"),
        confidence_share=pl.lit(0.98),
        evidence=pl.lit("the mailmap of a repository"),
        decided_by=pl.lit("rule"),
    )


def by_rule(links: pl.LazyFrame) -> pl.LazyFrame:
    return links.with_columns(decided_by=pl.lit("rule"))


def from_people(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """Merges, and what is apart, which joins nobody and keeps others from doing so."""
    said = decisions.filter(pl.col("kind").is_in(["merge", "apart"])).sort("decided_at", "decision_id")
    rule = pl.when(pl.col("kind") == "merge").then(pl.lit("H")).otherwise(pl.lit("apart"))
    return said.select(
        "alias_id",
        "other_alias_id",
        rule=rule,
        confidence_share=pl.lit(1.0),
        evidence="reason",
        decided_by=pl.lit("human"),
        decided_at="decided_at",
    ).unique(["alias_id", "other_alias_id", "rule"], keep="last", maintain_order=True)


def with_nodes(links: pl.LazyFrame, held: pl.LazyFrame) -> pl.LazyFrame:
    """An address that is an account for certain stands for the account."""
    other = held.select(other_alias_id="alias_id", other_node="node")
    return (
        links.join(held, on="alias_id", how="left")
        .join(other, on="other_alias_id", how="left")
        .with_columns(
            pl.coalesce("node", "alias_id").alias("node"),
            pl.coalesce("other_node", "other_alias_id").alias("other_node"),
        )
    )


def machine_nodes(
    accounts: pl.LazyFrame, emails: pl.LazyFrame, machines: pl.LazyFrame, classes: pl.LazyFrame, held: pl.LazyFrame
) -> pl.LazyFrame:
    """Nodes that are programs for certain: by a decision, which goes before all else, by the forge, by [bot], by a login
    or a signature that is known for it."""
    login = pl.col("login").str.to_lowercase()
    known = login.is_in([name for name, _ in by_login()])
    is_bot = (pl.col("account_type") == "bot") | login.str.ends_with("[bot]") | known
    told = pl.concat(
        [
            accounts.filter(is_bot).select(alias_id="account_id"),
            emails.filter("is_bot").select(alias_id=mail("email_key")),
            machines.select("alias_id"),
        ]
    ).join(classes, on="alias_id", how="anti")
    found = pl.concat([told, classes.filter(pl.col("actor_class").is_in(["bot", "agent"])).select("alias_id")])
    return found.join(held, on="alias_id", how="left").select(node=pl.coalesce("node", "alias_id")).unique()


def with_facts(links: pl.LazyFrame, held: pl.LazyFrame, names: pl.LazyFrame, machines: pl.LazyFrame) -> pl.LazyFrame:
    """What the caps and the never-merge rules ask of each node."""
    said = (
        names.join(held, on="alias_id", how="left")
        .group_by(node=pl.coalesce("node", "alias_id"))
        .agg(names=pl.col("name_key").unique().sort())
    )
    addresses = held.group_by("node").agg(n_addresses=pl.len().cast(pl.Int64))
    nodes = pl.concat([links.select("node"), links.select(node="other_node")]).unique()
    facts = (
        nodes.join(said, on="node", how="left")
        .join(addresses, on="node", how="left")
        .join(machines.with_columns(is_machine=pl.lit(value=True)), on="node", how="left")
        .select("node", facts=pl.struct("names", "n_addresses", "is_machine"))
    )
    return links.join(facts, on="node", how="left").join(
        facts.rename({"node": "other_node", "facts": "other_facts"}), on="other_node", how="left"
    )


DECIDED: dict[str, pl.DataType | type[pl.DataType]] = {
    "alias_id": pl.String,
    "other_alias_id": pl.String,
    "rule": pl.String,
    "confidence_share": pl.Float64,
    "evidence": pl.String,
    "status": pl.String,
    "status_reason": pl.String,
    "decided_by": pl.String,
    "decided_at": INSTANT,
    "person_id": pl.String,
    "person": pl.String,
    "other_person": pl.String,
    "node": pl.String,
    "other_node": pl.String,
}


def _decided(links: pl.DataFrame) -> pl.DataFrame:
    """Statuses, and the person that each end belongs to in the end."""
    rows = links.sort("rule", "alias_id", "other_alias_id").to_dicts()
    nodes = {
        row[end]: _node(row[end], row[facts])
        for row in rows
        for end, facts in (("node", "facts"), ("other_node", "other_facts"))
    }
    decider = Decider(nodes, apart=[(row["node"], row["other_node"]) for row in rows if row["rule"] == "apart"])
    asked = [row for row in rows if row["rule"] != "apart"]
    told = decider.decide(
        [Candidate(row["node"], row["other_node"], row["rule"], row["confidence_share"]) for row in asked]
    )
    people = {node: canonical(decider.groups.members(node)) for node in nodes}
    found = []
    for row, (status, reason) in zip(asked, told, strict=True):
        person, other = people[row["node"]], people[row["other_node"]]
        row |= {"status": status, "status_reason": reason, "person": person, "other_person": other}
        found.append(row | {"person_id": person if status == "accepted" else None})
    return pl.DataFrame(found, schema=DECIDED)


def _node(name: str, facts: dict[str, object] | None) -> Node:
    told = facts or {}
    names, addresses = told.get("names") or [], told.get("n_addresses")
    is_address = name.startswith("mail:")
    return Node(
        forge=None if is_address else name.rpartition(":")[0],
        is_machine=bool(told.get("is_machine")),
        n_addresses=1 if is_address else int(str(addresses or 0)),
        names=frozenset(map(str, names)) if isinstance(names, list) else frozenset(),
    )
