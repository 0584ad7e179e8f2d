"""The filter of `--where`: parsed, checked against the promise of the table, and handed to DuckDB as parameters.

    repository = 'commons/almanac' and family in ('any', 'code') and day >= 90 and not survival_share is null

Comparisons (=, !=, <, <=, >, >=, in, between, like, is null) of a column with values, put together by and, or, not and
brackets. Nothing of what was typed becomes SQL but the names of columns that the table has.

Errors:

    Exception
    └── BadFilter   the filter cannot be understood, or asks for a column or value that there is not
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches

from quality.contract import EVERY, Column, Table, literal, quoted

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,))"
)
COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")
PEOPLE_AND_PLACES = {
    "repository": ("repo_id", "coalesce((SELECT full_name FROM core.repositories AS r WHERE r.repo_id = {0}), {0})"),
    "login": ("person_id", "(SELECT login FROM core.people AS p WHERE p.person_id = {})"),
}
"""Names people know, for the ids that the tables have."""
EXAMPLE = "repository = 'owner/name' and family = 'any' and day >= 90"
DEEPEST = 50


class BadFilter(Exception):
    """The filter cannot be understood, or asks for what there is not: one paragraph with what is allowed."""


@dataclass(frozen=True)
class Filter:
    """A condition as SQL with a question mark for every value, the values, and how SQL asks for the columns in it."""

    sql: str
    values: list[object] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)


def parse(text: str | None, table: Table) -> Filter:
    """The filter over rows of the table. Raises BadFilter; nothing given is every row."""
    if not (text or "").strip():
        return Filter("true")
    reader = _Reader(_tokens(str(text)), table)
    found = reader.any_of()
    if reader.next != ("end", ""):
        raise BadFilter(
            f"The filter goes on with {reader.next[1]!r} where it should end or say and, or. {_help(table)}"
        )
    return Filter(found.sql, found.values, reader.columns)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise BadFilter(
                f"The filter cannot be read from {text[at : at + 20]!r} on. Texts stand between '...', a quote inside one "
                f"is doubled. Example: {EXAMPLE}"
            )
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return [*tokens, ("end", "")]


class _Reader:
    """Reads tokens from left to right; each method gives the condition that begins at the next one."""

    def __init__(self, tokens: list[tuple[str, str]], table: Table) -> None:
        self._tokens, self._table, self._depth = tokens, table, 0
        self.columns: dict[str, str] = {}

    @property
    def next(self) -> tuple[str, str]:
        return self._tokens[0]

    def any_of(self) -> Filter:
        return self._joined("or", self._all_of)

    def _all_of(self) -> Filter:
        return self._joined("and", self._one)

    def _joined(self, word: str, part: Callable[[], Filter]) -> Filter:
        parts = [part()]
        while self._takes(word):
            parts.append(part())
        return Filter(f" {word} ".join(f"({one.sql})" for one in parts), [v for one in parts for v in one.values])

    def _one(self) -> Filter:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadFilter(f"The filter is nested deeper than {DEEPEST} levels. Write it flatter.")
        if self._takes("not"):
            inner = self._one()
            found = Filter(f"NOT ({inner.sql})", inner.values)
        elif self._takes("("):
            found = self.any_of()
            self._expects(")")
        else:
            found = self._comparison()
        self._depth -= 1
        return found

    def _comparison(self) -> Filter:
        name = self._word()
        column, sql = _column(name, self._table)
        self.columns[name] = sql
        if self._takes("is"):
            is_not = self._takes("not")
            self._expects("null")
            return Filter(f"{sql} IS {'NOT ' if is_not else ''}NULL")
        negated = "NOT " if self._takes("not") else ""
        if self._takes("in"):
            values = self._listed(column)
            return Filter(f"{sql} {negated}IN ({', '.join('?' * len(values))})", values)
        if self._takes("between"):
            low = self._value(column)
            self._expects("and")
            return Filter(f"{sql} {negated}BETWEEN ? AND ?", [low, self._value(column)])
        if self._takes("like"):
            return Filter(f"{sql} {negated}LIKE ?", [self._pattern(column)])
        if negated or self.next[1] not in COMPARISONS:
            raise BadFilter(
                f"After {name} there must be =, !=, <, <=, >, >=, in, between, like or is null, not {self.next[1]!r}. "
                f"Example: {EXAMPLE}"
            )
        sign = self._tokens.pop(0)[1]
        return Filter(f"{sql} {sign} ?", [self._value(column, is_exact=sign in ("=", "!=", "<>"))])

    def _listed(self, column: Column) -> list[object]:
        self._expects("(")
        values = [self._value(column)]
        while self._takes(","):
            values.append(self._value(column))
        self._expects(")")
        return values

    def _word(self) -> str:
        kind, said = self._tokens.pop(0)
        if kind != "word":
            raise BadFilter(f"There must be a column where {said or 'the end'!r} is. {_help(self._table)}")
        return said

    def _value(self, column: Column, *, is_exact: bool = True) -> object:
        kind, said = self._tokens.pop(0)
        if kind in ("sign", "end") or (kind == "word" and said.lower() not in ("true", "false")):
            raise BadFilter(
                f"{column.name} is compared with {said or 'nothing'!r}. Give a number, true, false, or a text between '...'."
            )
        return _checked(column, said[1:-1].replace("''", "'") if kind == "text" else said, is_exact=is_exact)

    def _pattern(self, column: Column) -> str:
        kind, said = self._tokens.pop(0)
        if kind != "text" or column.sql_type != "VARCHAR":
            raise BadFilter(
                f"like asks a column of text for a pattern such as 'change:%'; {column.name} is another case."
            )
        return said[1:-1].replace("''", "'")

    def _takes(self, word: str) -> bool:
        is_it = self.next[0] in ("word", "sign") and self.next[1].lower() == word
        if is_it:
            self._tokens.pop(0)
        return is_it

    def _expects(self, word: str) -> None:
        if not self._takes(word):
            raise BadFilter(f"There must be {word!r} where {self.next[1] or 'the end'!r} is. Example: {EXAMPLE}")


def _column(name: str, table: Table) -> tuple[Column, str]:
    """The column of that name, and how SQL asks for it."""
    known = {column.name: column for column in table.columns}
    if name in known and known[name].sql_type.endswith("[]"):
        raise BadFilter(f"{name} holds lists, which a filter cannot compare. Ask with SQL for those.")
    if name in known:
        return known[name], f"here.{quoted(name)}"
    stands_for, sql = PEOPLE_AND_PLACES.get(name, ("", ""))
    if stands_for in known:
        return Column(name, known[stands_for].dtype, "A name for the id."), sql.format(f"here.{quoted(stands_for)}")
    named = [word for word, (of, _) in PEOPLE_AND_PLACES.items() if of in known]
    close = get_close_matches(name, [*known, *named], n=1)
    guess = f" Did you mean {close[0]}?" if close else ""
    raise BadFilter(f"{table} has no column {name!r}.{guess} {_help(table)}")


def _help(table: Table) -> str:
    names = [*table.column_names, *(name for name, (of, _) in PEOPLE_AND_PLACES.items() if of in table.column_names)]
    return f"Columns: {', '.join(names)}."


def _checked(column: Column, said: str, *, is_exact: bool) -> object:
    """The value in the column's own type. Raises BadFilter, with what the column can be."""
    if is_exact and column.one_of and said not in column.one_of and said != EVERY.get(column.name):
        raise BadFilter(f"{column.name} is never {said!r}. It is one of {', '.join(column.one_of)}.")
    try:
        return _typed(column.sql_type, said)
    except ValueError:
        wanted = {
            "BIGINT": "a whole number",
            "INTEGER": "a whole number",
            "DOUBLE": "a number",
            "BOOLEAN": "true or false",
            "DATE": "a day such as '2024-01-31'",
        }.get(column.sql_type, "an instant such as '2024-01-31T02:00:00Z'")
        raise BadFilter(f"{column.name} is {wanted}, not {said!r}.") from None


def _typed(sql_type: str, said: str) -> object:
    if sql_type in ("BIGINT", "INTEGER"):
        return int(said)
    if sql_type == "DOUBLE":
        return float(said)
    if sql_type == "BOOLEAN":
        return {"true": True, "false": False}.get(said.lower()) if said.lower() in ("true", "false") else _no(said)
    if sql_type == "DATE":
        return date.fromisoformat(said)
    if sql_type == "TIMESTAMP WITH TIME ZONE":
        instant = datetime.fromisoformat(said)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return said


def _no(said: str) -> object:
    raise ValueError(said)


def written(about: Mapping[str, object]) -> str:
    """The filter that asks for rows with these values, as one would type it."""
    return " and ".join(f"{name} = {_as_typed(value)}" for name, value in about.items())


def _as_typed(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else literal(str(value))
