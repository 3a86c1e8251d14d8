"""Writes many rows of one table in one statement: the rows go to PostgreSQL as one JSON parameter.

Django's bulk_create spends ten times as long on building parameters (measured in the audit worker); where a batch
is on the hot path it is written here. Names come from models, values only ever as a parameter.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection, models

_encoder = msgspec.json.Encoder(decimal_format="number")


def insert(
    model: type[models.Model],
    rows: Sequence[dict[str, Any]],
    *,
    update_on: str | None = None,
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """INSERT rows given as {column: JSON-able value}; all have the keys of the first.

    `update_on`: columns of a unique index ("a, b"); a row that exists there is overwritten. `returning`: columns to
    give back, one tuple a row in no promised order. Columns left out take their database default.
    """
    if not rows:
        return []
    table, names = model._meta.db_table, list(rows[0])
    columns = ", ".join(f'"{n}"' for n in names)
    sql = f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::"{table}", %s::json)'  # noqa: S608
    if update_on:
        keys = {k.strip() for k in update_on.split(",")}
        changes = ", ".join(f'"{n}" = excluded."{n}"' for n in names if n not in keys)
        sql += f" ON CONFLICT ({update_on}) DO UPDATE SET {changes}"
    if returning:
        sql += f" RETURNING {', '.join(returning)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [_encoder.encode(rows).decode()])
        return cursor.fetchall() if returning else []
