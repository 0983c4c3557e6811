"""Parquet and Arrow IPC files, read batch by batch with the metadata of their fields.

Which types have a COPY form is `schema`'s business; DuckDB, which reads Parquet too, knows no
metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from holofast.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

_PARQUET: Final = b"PAR1"
_ARROW_FILE: Final = b"ARROW1"


def open_file(path: Path) -> pa.RecordBatchReader:
    """A reader of a file, told by its first bytes: Parquet, or Arrow IPC as a file or a stream.

    Raises SourceError 58P01 or 42501 for a file that cannot be opened, XX001 for another one.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(6)
        if magic.startswith(_PARQUET):
            from pyarrow.parquet import ParquetFile

            parquet = ParquetFile(path)
            return pa.RecordBatchReader.from_batches(parquet.schema_arrow, parquet.iter_batches())
        mapped = pa.memory_map(str(path))
        if magic == _ARROW_FILE:
            ipc = pa.ipc.open_file(mapped)
            batches = (ipc.get_batch(i) for i in range(ipc.num_record_batches))
            return pa.RecordBatchReader.from_batches(ipc.schema, batches)
        return pa.ipc.open_stream(mapped)
    except FileNotFoundError:
        raise SourceError("58P01", f'could not open file "{path}": No such file') from None
    except OSError as error:
        words = error.strerror or str(error)
        raise SourceError("42501", f'could not open file "{path}": {words}') from error
    except pa.ArrowException as error:
        raise SourceError(
            "XX001",
            f'file "{path}" is neither Parquet nor Arrow IPC: {error}',
            hint="Give a file in one of these formats.",
        ) from error
