"""Checksums in JSON: a document carries the SHA-256 of the rest of it, and lines end with that of the lines."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

KEY = "sha256"


def add(value: Mapping[str, Any]) -> dict[str, Any]:
    """Add the checksum of a document. Raises ValueError for NaN and infinity, which JSON does not have."""
    return {**value, KEY: _checksum(_canonical(value))}


def verify(value: Any) -> dict[str, Any]:
    """Return a document without its checksum. Raises ValueError where the two do not agree."""
    if not isinstance(value, dict) or KEY not in value:
        raise ValueError("it has no checksum")
    rest = {key: part for key, part in value.items() if key != KEY}
    if value[KEY] != _checksum(_canonical(rest)):
        raise ValueError("its content does not have its checksum")
    return rest


def lines(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write a line of JSON for each row. Raises ValueError for NaN and infinity."""
    return "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)


def lines_with(rows: Iterable[Mapping[str, Any]]) -> str:
    """Write a line for each row and a last one with the checksum of those before it."""
    text = lines(rows)
    return text + lines([{KEY: _checksum(text)}])


def verify_lines(text: str) -> list[dict[str, Any]]:
    """Read the rows of lines that end with their checksum. Raises ValueError where the two do not agree."""
    body = text[: text.rstrip("\n").rfind("\n") + 1]
    if text != body + lines([{KEY: _checksum(body)}]):
        raise ValueError("its lines do not have their checksum")
    return [json.loads(line) for line in body.splitlines()]


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
