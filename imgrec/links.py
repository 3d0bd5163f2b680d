"""JSON from outside, and share links: JSON in letters that a URL can hold."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

from imgrec.errors import SettingsError


def packed(data: object) -> str:
    """Return data that JSON can hold as letters, digits, - and _."""
    compressed = zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(compressed).decode().rstrip("=")


def unpacked(link: str, most: int) -> str:
    """Return the JSON text that was packed, of which no more than one letter above most is unpacked.

    Raises SettingsError where the letters are damaged.
    """
    try:
        compressed = base64.b64decode(link + "=" * (-len(link) % 4), altchars=b"-_", validate=True)
        unpack = zlib.decompressobj()
        text = unpack.decompress(compressed, most + 1).decode()
        complete = unpack.eof or len(text) > most  # the latter is for who reads it to refuse
    except (ValueError, zlib.error):
        complete = False
    if not complete:
        raise SettingsError("A share link needs all its letters. This one is damaged; copy it again.")
    return text


def read(text: str, what: str, most: int) -> Any:
    """Return what JSON text holds that is to be a config or the like. Raises SettingsError where it is no JSON."""
    if len(text) > most:
        raise SettingsError(f"A {what} needs at most {most:,} characters. Received: {len(text):,}.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"A {what} needs to be JSON. Received text that is not: {error}.") from None
    except RecursionError:
        raise SettingsError(f"A {what} needs at most three brackets within each other. Received far more.") from None
    except ValueError:  # all that Python has against a number
        raise SettingsError(f"A {what} needs numbers of at most 4,300 digits. Received a longer one.") from None


def read_file(path: Path, what: str, most: int) -> Any:
    """Return what a JSON file holds that is to be a config or the like. Raises SettingsError where it is none."""
    try:
        with path.open(encoding="utf-8-sig") as file:  # Windows editors begin files with a mark
            text = file.read(most + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"A {what} file is needed. {path} cannot be read: {why}. Check its name.") from None
    return read(text, what, most)
