"""The only choice of engine, native (Rust) or python (its twin), and how the native one is loaded.

There is no silent fall-back from one to the other.
"""

from __future__ import annotations

import os
from typing import Any

from holofast.errors import CopyError


def engine_name(engine: str | None) -> str:
    """The engine asked for: the argument, else HOLOFAST_ENGINE, else native.

    Raises CopyError 22023 for one that is not known.
    """
    name = engine or os.environ.get("HOLOFAST_ENGINE") or "native"
    if name not in ("native", "python"):
        raise CopyError("22023", f'engine "{name}" is not known', hint="Use native or python.")
    return name


def native() -> Any:
    """The native module; CopyError 58P01 where it is not built."""
    try:
        from holofast import _native
    except ImportError as error:
        raise CopyError(
            "58P01",
            f"the native engine cannot be loaded: {error}",
            hint='Build it with "make build" (or "maturin develop --release"), '
            "or set HOLOFAST_ENGINE=python.",
        ) from error
    return _native
