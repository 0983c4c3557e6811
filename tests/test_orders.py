"""What the grammar tells of the order of a query's rows."""

from __future__ import annotations

import pytest
from holofast.statement.splits import is_ordered


@pytest.mark.parametrize(
    ("text", "ordered"),
    [
        ("SELECT a FROM t", False),
        ("SELECT a FROM t ORDER BY a", True),
        ("((SELECT a FROM t ORDER BY a))", True),
        ("SELECT a FROM t UNION SELECT a FROM u ORDER BY 1 LIMIT 2", True),
        ("WITH w AS (SELECT a FROM t ORDER BY a) SELECT a FROM w", False),
        ("SELECT array_agg(a ORDER BY a) FROM t", False),
        ("VALUES (2), (1) ORDER BY 1", True),
        ("DELETE FROM t RETURNING a", False),
        (f"SELECT {'1 + ' * 200} a FROM t", True),
    ],
)
def test_an_order_is_seen(text: str, ordered: bool) -> None:
    assert is_ordered(text) == ordered
