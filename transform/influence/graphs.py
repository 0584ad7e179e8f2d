"""The graphs that influence.scores are told of: one a window and network, its persons and edges as numbers.

Millions of rows are sorted and matched here by numbers, which takes a fifth of the time that names take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transform.columns import NETWORKS
from transform.influence.networks import ALL_NETS, NETS_OF
from transform.influence.windows import WINDOW
from transform.statistics.graphs import Floats, Indices

N_NETS = len(ALL_NETS)
_DAYS, _KINDS = 1 << 24, 1 << 4
WINDOW_KEY = (
    pl.col("repo_id").to_physical().cast(pl.Int64) * _KINDS + pl.col("window_kind").to_physical()
) * _DAYS + pl.col("window_start").to_physical()
"""One number a window, for repositories as categories and days within 20,000 years of 1970."""


@dataclass(frozen=True)
class Graphs:
    """The graphs of one network: `nodes` has WINDOW and `person_id` of each node, in their order."""

    nodes: pl.DataFrame
    block: Indices
    source: Indices
    target: Indices
    weight: Floats


@dataclass(frozen=True)
class _Numbered:
    """Ties and active persons of all windows: `windows` and `persons` in their order, the rest their numbers."""

    windows: pl.DataFrame
    persons: pl.Series
    active: Indices
    source: Indices
    target: Indices
    net: Indices
    weight: Floats

    def node(self, window: Indices, person: Indices) -> Indices:
        return window * len(self.persons) + person


def graphs(ties: pl.DataFrame, active: pl.DataFrame, alpha: Mapping[str, float]) -> Iterator[tuple[str, Graphs]]:
    """Each network with its graphs, from one row a window, net, giver and receiver, and one a window and active person.

    The weight of an edge is the sum of alpha ln(1 + weight) over the nets. A window without a tie has no graph; in the
    others whoever was active has a place.
    """
    known = _numbered(ties, active, alpha)
    for network in NETWORKS:
        of_network = [ALL_NETS.index(net) for net in NETS_OF[network]]
        yield network, _graphs(known, np.isin(known.net, of_network))


def _numbered(ties: pl.DataFrame, active: pl.DataFrame, alpha: Mapping[str, float]) -> _Numbered:
    keyed = [frame.select(*WINDOW, key=WINDOW_KEY) for frame in (ties, active)]
    windows = pl.concat([rows.unique("key") for rows in keyed]).unique("key")
    windows = windows.sort(pl.col("repo_id").cast(pl.String), *WINDOW[1:]).with_row_index("window")
    ends = [ties["source_person_id"], ties["target_person_id"], active["person_id"]]
    persons = pl.concat([end.unique() for end in ends]).unique().cast(pl.String).sort()
    number = {name: place for place, name in enumerate(ALL_NETS)}
    by_net = np.array([alpha[net] for net in ALL_NETS])
    net = ties["net"].replace_strict(number, return_dtype=pl.Int64).to_numpy()
    by_key = windows.sort("key")
    order, numbers = by_key["key"].to_numpy(), by_key["window"].to_numpy().astype(np.int64)
    of_ties, of_active = (numbers[np.searchsorted(order, rows["key"].to_numpy())] for rows in keyed)
    source, target, who = (_places(end, persons) for end in ends)
    n = len(persons)
    return _Numbered(
        windows,
        persons,
        of_active * n + who,
        of_ties * n + source,
        of_ties * n + target,
        net,
        np.log1p(ties["weight"].to_numpy()) * by_net[net],
    )


def _places(names: pl.Series, persons: pl.Series) -> Indices:
    """Of categories: where each is in `persons`."""
    seen = names.unique()
    order = pl.DataFrame({"name": persons}).with_row_index("place")
    named = pl.DataFrame({"code": seen.to_physical(), "name": seen.cast(pl.String)}).join(order, on="name")
    codes = named["code"].to_numpy()
    of_code: Indices = np.zeros(int(codes.max(initial=0)) + 1, dtype=np.int64)
    of_code[codes] = named["place"].to_numpy()
    found: Indices = of_code[names.to_physical().to_numpy()]
    return found


def _graphs(known: _Numbered, kept: npt.NDArray[np.bool_]) -> Graphs:
    n_persons = max(len(known.persons), 1)
    source, target = known.source[kept], known.target[kept]
    has_ties = np.zeros(len(known.windows), dtype=bool)
    has_ties[source // n_persons] = True
    active = known.active[has_ties[known.active // n_persons]]
    nodes = _distinct(np.concatenate([source, target, active]))
    pairs = np.searchsorted(nodes, source) * len(nodes) + np.searchsorted(nodes, target)
    # nets are added in one order, so that sums never differ
    order = np.argsort(pairs * N_NETS + known.net[kept], kind="stable")
    pairs, weight = pairs[order], known.weight[kept][order]
    first = np.flatnonzero(np.diff(pairs, prepend=-1))
    window, person = np.divmod(nodes, n_persons)
    return Graphs(
        known.windows[window].select(WINDOW).with_columns(person_id=known.persons.gather(person)),
        np.cumsum(np.diff(window, prepend=window[:1]) != 0),
        *np.divmod(pairs[first], max(len(nodes), 1)),
        np.add.reduceat(weight, first) if len(first) else weight,
    )


def _distinct(numbers: Indices) -> Indices:
    """In their order; a hash table before the sort, as most come many times."""
    found: Indices = pl.Series(numbers, dtype=pl.Int64).unique().sort().to_numpy()
    return found
