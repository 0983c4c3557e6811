"""What a server's conversions from UTF8 do, asked character by character. Nothing is kept here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holofast.encodings import SPELLINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

# Those that convert_to() and COPY convert to. UTF8 is the server's own, SQL_ASCII takes all bytes
# as they are, and PostgreSQL has no conversion from UTF8 to MULE_INTERNAL.
CONVERTED: Final = tuple(sorted(set(SPELLINGS) - {"UTF8", "SQL_ASCII", "MULE_INTERNAL"}))

# All characters that UTF8 can hold, without U+0000, which PostgreSQL cannot.
CHARACTERS: Final = (range(1, 0xD800), range(0xE000, 0x110000))

_FUNCTIONS: Final = """
CREATE FUNCTION pg_temp.equivalents(first int, last int, encoding name)
RETURNS TABLE (code int, bytes bytea) LANGUAGE plpgsql AS $$
BEGIN
  FOR n IN first .. last LOOP
    BEGIN
      code := n;
      bytes := convert_to(chr(n), encoding);
      RETURN NEXT;
    EXCEPTION WHEN untranslatable_character THEN
    END;
  END LOOP;
END $$;
CREATE FUNCTION pg_temp.characters(bytes bytea, encoding name)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN convert_from(bytes, encoding);
EXCEPTION WHEN untranslatable_character OR character_not_in_repertoire THEN
  RETURN NULL;
END $$;
"""

# Every sequence of two bytes, and of three behind the byte that says so.
_SEQUENCES: Final = """
SELECT set_byte(set_byte('\\x0000', 0, a), 1, b) AS bytes
FROM generate_series(128, 255) a, generate_series(33, 255) b
UNION ALL
SELECT set_byte(set_byte('\\x8f0000', 1, a), 2, b)
FROM generate_series(161, 254) a, generate_series(161, 254) b
"""


# Two of PostgreSQL's encodings have characters that its own loops take for longer than they are
# (pg_encoding_mblen): what stands behind one is not protected, and at a value's end it reads on.
# GBK's euro sign is one byte; JOHAB's with the lead byte 0x8f are taken for three of EUC's.
MISJUDGED: Final = {"GBK": b"\x80", "JOHAB": b"\x8f"}


def is_misjudged(encoding: str, code: bytes) -> bool:
    """Whether PostgreSQL's COPY takes the character of this code for longer than it is."""
    return encoding in MISJUDGED and code.startswith(MISJUDGED[encoding])


def prepare(connection: psycopg.Connection) -> None:
    """Give the session the functions that the others here call."""
    connection.execute(_FUNCTIONS.encode())


def equivalents(
    connection: psycopg.Connection, encoding: str, characters: Iterable[range] = CHARACTERS
) -> dict[int, bytes]:
    """Every character that has an equivalent, and its bytes in `encoding`; 2 us a character."""
    found: dict[int, bytes] = {}
    for part in characters:
        rows = connection.execute(
            "SELECT * FROM pg_temp.equivalents(%s, %s, %s)",
            (part[0], part[-1], encoding),
            binary=True,
        )
        found.update(rows.fetchall())
    return found


def pairs(
    connection: psycopg.Connection, encoding: str, single: Mapping[int, bytes]
) -> dict[str, bytes]:
    """Every two characters whose bytes are not those of each, `single`, one after the other.

    They are found by reading all there is in `encoding`, and then written by the server again.
    """
    rows = connection.execute(
        "SELECT characters, bytes, convert_to(characters, %(encoding)s) FROM ("
        f"  SELECT bytes, pg_temp.characters(bytes, %(encoding)s) AS characters FROM ({_SEQUENCES})"
        "  AS every"
        ") AS read WHERE length(characters) > 1",
        {"encoding": encoding},
        binary=True,
    )
    return {
        characters: code
        for characters, read, code in rows.fetchall()
        if code == read and code != b"".join(single.get(ord(char), b"") for char in characters)
    }
