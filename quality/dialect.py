"""How SQLAlchemy, and so Great Expectations, may read a DuckDB file.

Great Expectations 1.24 fetches a result after it has closed the connection, and the rollback that SQLAlchemy sends on
closing throws DuckDB's pending result away. An audit only reads, so here no transaction is begun, ended or undone.
Columns are described from DuckDB's own catalogue, because duckdb-engine asks PostgreSQL's, which it only imitates.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa
from duckdb_engine import Dialect as DuckDBDialect
from sqlalchemy.dialects import registry

from quality.contract import literal

DatabaseError = duckdb.Error
_TYPES: dict[str, Any] = {
    "BIGINT": sa.BigInteger,
    "INTEGER": sa.Integer,
    "DOUBLE": sa.Float,
    "VARCHAR": sa.String,
    "BOOLEAN": sa.Boolean,
    "DATE": sa.Date,
    "TIMESTAMP WITH TIME ZONE": sa.DateTime,
}
_COLUMNS = (
    "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE database_name = current_database() "
    "AND table_name = :table AND schema_name = coalesce(:schema, current_schema()) ORDER BY column_index"
)


class AuditDialect(DuckDBDialect):
    """DuckDB, read-only and without transactions."""

    supports_statement_cache = False

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing is written, so nothing is begun."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing is written, so nothing is kept."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """A rollback would throw the pending result away."""

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        rows = connection.execute(sa.text(_COLUMNS), {"table": table_name, "schema": schema}).fetchall()
        return [
            {"name": name, "type": _TYPES.get(kind, sa.types.NullType)(), "nullable": nullable, "default": None}
            for name, kind, nullable in rows
        ]

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> list[Any]:
        return []

    get_foreign_keys = get_unique_constraints = get_indexes


registry.register("duckdbaudit", __name__, "AuditDialect")


def url(path: Path, access: str = "READ_ONLY") -> str:
    """The address of a DuckDB file, opened read-only unless said otherwise."""
    return f"duckdbaudit:///{path}?access_mode={access}"


@contextmanager
def attached(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB's own connection to a database in memory; the file, which is only read, is attached to it as `draft`."""
    with duckdb.connect() as db:
        db.execute(f"ATTACH {literal(str(path))} AS draft (READ_ONLY)")
        yield db
