"""Who may have a server run programs: PostgreSQL's rule for COPY TO PROGRAM, asked of the server.

An export from outside runs its program elsewhere; the rule is kept so that nobody exports who could
not on the server. The words are DoCopy's (copy.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from holofast.errors import CopyError
from holofast.programs.commands import NO_PRIVILEGE
from holofast.sources.postgres.connection import execute

if TYPE_CHECKING:
    import psycopg

# Superusers have the privileges of every role.
_MAY: Final = """
SELECT r.rolsuper OR EXISTS (
    SELECT FROM pg_roles AS p
    WHERE p.rolname = 'pg_execute_server_program' AND pg_has_role(p.oid, 'USAGE'))
FROM pg_roles AS r WHERE r.rolname = current_user"""

_HINT: Final = (
    "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone."
)
_REWORDED: Final = 160_000


def check_program(connection: psycopg.Connection[Any]) -> None:
    """Raise CopyError 42501 unless the session's user may run programs on the server."""
    ((may,),) = execute(connection, _MAY)
    if may:
        return
    if connection.info.server_version < _REWORDED:
        raise CopyError("42501", NO_PRIVILEGE, hint=_HINT)
    raise CopyError(
        "42501",
        "permission denied to COPY to or from an external program",
        detail='Only roles with privileges of the "pg_execute_server_program" role may COPY to or '
        "from an external program.",
        hint=_HINT,
    )
