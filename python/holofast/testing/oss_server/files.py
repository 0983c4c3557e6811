"""Bytes kept as plain files: the object `key` is the file `key` under the bucket's directory.

Files that are there when the server starts are its objects. Open uploads do not outlive it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .bodies import Data, Digest, Sums
from .messages import BLOCK_SIZE, Incoming, OssError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_UPLOADS: Final = ".uploads"  # no bucket's name begins with a dot


@dataclass(frozen=True)
class _File:
    path: Path

    def blocks(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` to `stop`, read as they are asked for."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(start)
            while start < stop and (block := file.read(min(BLOCK_SIZE, stop - start))):
                start += len(block)
                yield block


class FileStorage:
    """Objects under `root`/`bucket`; parts, until they are joined, in a directory beside it."""

    md5 = True

    def __init__(self, root: Path, bucket: str) -> None:
        self._objects = root / bucket
        self._uploads = root / _UPLOADS
        self._numbers = itertools.count()
        shutil.rmtree(self._uploads, ignore_errors=True)
        self._objects.mkdir(parents=True, exist_ok=True)
        self._uploads.mkdir()

    def existing(self) -> Iterator[tuple[str, Data, Sums]]:
        """The objects that are there: key, bytes, and sums taken by reading them."""
        for path in sorted(self._objects.rglob("*")):
            if path.is_file():
                file, digest = _File(path), Digest(md5=True)
                for block in file.blocks(0, path.stat().st_size):
                    digest.update(block)
                yield path.relative_to(self._objects).as_posix(), file, digest.sums()

    def receive(self, body: Incoming, digest: Digest) -> Data:
        """See Storage."""
        path = self._uploads / str(next(self._numbers))
        try:
            with path.open("wb") as file:
                for block in body.blocks():
                    digest.update(block)
                    file.write(block)
        except BaseException:
            path.unlink()
            raise
        return _File(path)

    def keep(self, key: str, pieces: Sequence[Data]) -> Data:
        """See Storage. Raises InvalidObjectName for a key that cannot be a file's name here."""
        first, *others = [piece.path for piece in pieces if isinstance(piece, _File)]
        path = self._path(key)
        with first.open("ab") as target:
            for other in others:
                with other.open("rb") as source:
                    shutil.copyfileobj(source, target, BLOCK_SIZE)
        os.replace(first, path)
        for other in others:
            other.unlink()
        return _File(path)

    def drop(self, data: Data) -> None:
        """See Storage; directories that become empty go with their last file."""
        if not isinstance(data, _File):
            return
        data.path.unlink()
        parent = data.path.parent
        with contextlib.suppress(OSError):
            while self._objects in parent.parents:
                parent.rmdir()
                parent = parent.parent

    def close(self) -> None:
        """Remove what open uploads left."""
        shutil.rmtree(self._uploads, ignore_errors=True)

    def _path(self, key: str) -> Path:
        path = self._objects / key
        usable = "\0" not in key and not any(step in ("", ".", "..") for step in key.split("/"))
        try:
            if usable:
                path.parent.mkdir(parents=True, exist_ok=True)
                usable = not path.is_dir()
        except (NotADirectoryError, FileExistsError):
            usable = False
        if not usable:
            raise OssError(
                400, "InvalidObjectName", f"With --root, {key!r} would have to be a file's name."
            )
        return path
