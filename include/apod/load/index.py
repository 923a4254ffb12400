"""After loading: the index of words in PostgreSQL, by which the page searches.

It is no part of the proof, so nobody waits for it: a publish of many rows takes it away, and this makes it again when
table and CSV are visible.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from include.apod.adapters.database import transaction
from include.apod.errors import NotPublished
from include.apod.formats.statements import statement
from include.apod.run import Report

if TYPE_CHECKING:
    from psycopg import Connection


def index(connection: Connection) -> Report:
    """Makes the index where it is missing.

    Raises:
        NotPublished: there is no table yet.
    """
    row = connection.execute(statement("index/has_index")).fetchone()
    if row == (None,):
        raise NotPublished("no words to index yet; ./apod trigger ingest brings the first pictures")
    if row == (True,):
        return Report(False, "every word is in the index already")
    with transaction(connection):
        connection.execute(statement("index/create_index"))
    sys.audit("apod.index.created")
    return Report(True, "all words of the archive are in the index")
