"""How much a record batch holds: bytes of its values, from which the size of its output is guessed.

Only lengths and types are looked at, never the values. How guesses become parts is `runs`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

    Measure = Callable[[pa.Array], int]


class Scale:
    """Weighs the batches of one schema; what its types mean is looked up once."""

    def __init__(self, schema: pa.Schema) -> None:
        self._measures = [_measure(kind) for kind in schema.types]

    def weight(self, batch: pa.RecordBatch) -> int:
        """Bytes of the batch's values.

        NULL weighs nothing, so that sparse rows teach no wrong ratio. A dictionary's values weigh
        as often as they occur.
        """
        return sum(
            measure(column) for measure, column in zip(self._measures, batch.columns, strict=True)
        )


def least_bytes(column: pa.Array) -> int:
    """A lower bound of what a column's values take, without delimiters or lengths."""
    values = column.dictionary if isinstance(column, pa.DictionaryArray) else column
    if values.type not in _OFFSETS:
        return len(column) - int(column.null_count)
    import pyarrow.compute as pc  # 40 ms, for a rare case

    lengths = pc.binary_length(values)
    if values is not column:
        lengths = lengths.take(column.indices)
    total: int | None = pc.sum(lengths).as_py()
    return total or 0


def _measure(kind: pa.DataType) -> Measure:
    if pa.types.is_null(kind):
        return lambda column: 0
    if pa.types.is_dictionary(kind):
        of_values = _measure(kind.value_type)
        return lambda column: (
            (len(column) - column.null_count)
            * of_values(column.dictionary)
            // max(1, len(column.dictionary))
        )
    if isinstance(kind, pa.BaseExtensionType):
        of_storage = _measure(kind.storage_type)
        return lambda column: of_storage(column.storage)
    if pa.types.is_nested(kind) or pa.types.is_run_end_encoded(kind) or kind in _VIEWS:
        return lambda column: int(column.nbytes)
    if kind in _OFFSETS:
        offset = _OFFSETS[kind]
        return lambda column: max(0, column.nbytes - offset * len(column))
    width = max(1, kind.bit_width // 8)
    return lambda column: (len(column) - column.null_count) * width


_VIEWS: Final = (pa.string_view(), pa.binary_view())
# Bytes of an offset of the types whose values differ in length.
_OFFSETS: Final[dict[Any, int]] = {
    pa.string(): 4,
    pa.binary(): 4,
    pa.large_string(): 8,
    pa.large_binary(): 8,
}
