"""The nasty values of every type, as tests/literals.py writes them. No server is asked here."""

from __future__ import annotations

from tests.literals import INT32_MAX, INT64_MAX, Value


def _integers(bits: int, *, signed: bool) -> list[Value]:
    top = 2 ** (bits - signed) - 1
    powers = [p for n in range(20) for p in (10**n - 1, 10**n) if p <= top]
    negative = [-p for p in powers] + [-top - 1] if signed else []
    return [0, *powers, top - 1, top, *negative, None]


def _decimals(precision: int) -> list[Value]:
    top = 10**precision - 1
    seeds = (0, 1, 5, 10, 100, 1234, 9999, 10_000, 10_001, 99_990_000, 10**12, 10**19 + 1, 2**64)
    values = [value for value in (*seeds, top, top - 1, 10**precision // 10) if value <= top]
    return [*values, *(-value for value in values), None]


_FLOATS: list[Value] = [
    "0", "-0", "1", "-1", "0.1", "0.5", "1.5", "100", "1000", "12345.678", "99999", "100000",
    "999999", "1000000", "1234567", "123456.7", "0.0001", "0.00012", "0.00001", "0.000099999",
    "1e-4", "9.9999e-5", "NaN", "Infinity", "-Infinity", "1e15", "1e14", "999999999999999",
    "1e16", "123456789012345", "1234567890123456", "0.3", "2.5", "3.14159265358979", "1e22",
]  # fmt: skip
_DOUBLES: list[Value] = [
    "1e23", "-1e23", "9e15", "9007199254740991", "9007199254740992", "9007199254740993",
    "9007199254740994", "6.405341515518006e16", "5e-324", "1e-323", "2.2250738585072014e-308",
    "2.2250738585072011e-308", "1e-300", "1.7976931348623157e308", "4.35", "0.1e-6", "299792458",
    "1e100", "9.5e-7", "1e21", "5.684341886080802e-14", "2e-44", "1e39", "8.988465674311579e307",
    "4.4501477170144023e-308", "3.3e16", "1.8014398509481982e16", "1e40", "1e-5",
]  # fmt: skip
_SINGLES: list[Value] = [
    "1.075e9", "-1.075e9", "1.2621775e-29", "1e-45", "1.4e-45", "1.17549435e-38",
    "1.17549421e-38", "3.4028235e38", "16777215", "16777216", "33554432", "8388608.5",
    "0.33333334", "1e10", "1e11", "2e-44", "9.999999e5", "999999.9", "1.1", "1e-10",
    "4.7683716e-07", "7.0385307e-26", "1.00000e20", "5e9", "8.5899346e9", "3.3554428e7",
]  # fmt: skip

TEXTS: list[Value] = [
    "", " ", "a", "abc", "\\N", "\\.", "\\", "\\\\", "N", ".", "\\n", "a\\b", "\\.\\.",
    "\b\f\n\r\t\v", "\b", "\f", "\n", "\r", "\t", "\v", "\r\n", "\x01\x02\x07\x1b\x1f\x7f",
    "a,b", ",", '"', '""', 'a"b', '"a"', "'", "''", "a'b", "a;b", "a|b", "NULL", "null", "nul",
    " lead", "trail ", "two  spaces", "é", "日本語", "😀", "a\u0301", "\u2028", "ソ表",
    "x" * 300, "x," * 100, "\\" * 70, '"' * 65, "\n" * 64, "0", "t", "1,5", "A",
    "^", "é,日\t本\\語", None,
]  # fmt: skip

_BYTES: list[Value] = [
    "", "00", "0a", "5c", "ff", "deadbeef", "5c78", "0d0a09", "2c22", "c3a9", "00" * 40, None,
    "".join(f"{byte:02x}" for byte in range(256)),
]  # fmt: skip

_DAYS: list[int] = [
    0, 1, -1, 10_956, 10_957, 59, 365, 11_016, 11_017, 19_782, 20_000, -25_567, -25_568,
    47_482, 73_048, -719_162, -719_163, -719_528, -719_529, -737_791, 2_932_896, 2_932_897,
    -2_440_588, -2_440_587, -141_428, -1_000_000, 10_000_000, 36_524_000,
]  # fmt: skip
_LAST_DAY = 2_145_042_905
_CLOCKS = (0, 1, 59, 60, 3599, 3600, 43_200, 86_399)
_FRACTIONS = (0, 1, 10, 100, 1000, 10_000, 100_000, 120_000, 500_000, 999_999)
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def _times(unit: str) -> list[Value]:
    per_second = _PER_SECOND[unit]
    values: list[Value] = [clock * per_second for clock in _CLOCKS]
    if unit != "s":
        values += [12_345 * per_second + f * per_second // 10**6 for f in _FRACTIONS]
    return [*values, 86_400 * per_second, None]


def _timestamps(unit: str) -> list[Value]:
    per_second = _PER_SECOND[unit]
    first, end = -210_866_803_200, min(9_224_318_016_000, (INT64_MAX - 1) // per_second)
    first = max(first, -(INT64_MAX - 1) // per_second)
    seconds = [day * 86_400 + clock for day in _DAYS for clock in (0, 86_399)]
    seconds += [1_700_000_000 + clock for clock in _CLOCKS]
    values: list[Value] = [s * per_second for s in seconds if first <= s <= end]
    values += [-946_684_801 * per_second + f * per_second // 10**6 for f in _FRACTIONS]
    values += [first * per_second + per_second, (end - 1) * per_second]
    return [*values, INT64_MAX, -INT64_MAX, -INT64_MAX - 1, None]


_BY_NAME: dict[str, list[Value]] = {
    "null": [None, None],
    "bool": [True, False, None],
    "float": [*_FLOATS, *_SINGLES, None],
    "double": [*_FLOATS, *_DOUBLES, None],
    "string": TEXTS,
    "large_string": TEXTS,
    "binary": _BYTES,
    "large_binary": _BYTES,
    "date32[day]": [*_DAYS, _LAST_DAY, INT32_MAX, -INT32_MAX, -INT32_MAX - 1, None],
    "date64[ms]": [*(day * 86_400_000 for day in (*_DAYS, _LAST_DAY)), None],
}


def values_of(name: str) -> list[Value]:
    """The nasty values of a kind."""
    if name.startswith(("int", "uint")):
        return _integers(int(name.strip("uint")), signed=name.startswith("i"))
    if name.startswith("decimal"):
        return _decimals(int(name.split("(")[1].split(",")[0]))
    unit = name.partition("[")[2].rstrip("]").split(",")[0]
    if name.startswith("timestamp"):
        return _timestamps(unit)
    if name.startswith("time"):
        return _times(unit)
    return _BY_NAME[name]
