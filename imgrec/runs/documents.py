"""The JSON in a run folder: written whole, with checksums, and read with damage said in words."""

import errno
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from imgrec import files, records
from imgrec.errors import RunError
from imgrec.records import Record
from imgrec.runs import checksum

SCHEMA = 3
"""Raised when the meaning of a file changes; a newer folder than this code is refused in words."""

CHECKSUMS_SINCE = 2
"""The first schema whose JSON carries checksums."""

R = TypeVar("R", bound=Record)

CONFIG = "config.json"
"""The one file that a run is created with."""

EVALUATION = "evaluation.json"
"""The file whose presence means finished."""


class UnreadableError(RunError):
    """The system does not let a file of a run be read, as where a right is missing: it may be whole."""


class NewerRunError(RunError):
    """A run was written by a newer imgrec: it is whole, and not for this one."""


_NO_FILE = {errno.EISDIR, errno.ENOTDIR, errno.ELOOP}
"""How the system says that something else stands where a file should."""

_MAY_BE_HALF = re.compile(r"\\u[dD]")


@dataclass(frozen=True)
class Documents:
    """The documents of one run folder."""

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name; sorts by time of creation."""
        return self.folder.name

    @cached_property
    def record(self) -> dict[str, Any]:
        """What was written at creation: name, created, config, dataset, versions, parent, images.

        Raises RunError where it is damaged, or written by a newer imgrec.
        """
        record: dict[str, Any] = read_json(self.folder / CONFIG)
        if not _is_record(record):
            raise RunError(f"Run {self.id} has no readable config.json. It is damaged and can only be deleted.")
        if record["schema"] > SCHEMA:
            raise NewerRunError(
                f"Run {self.id} was written by a newer imgrec (schema {record['schema']}, known up to {SCHEMA}). "
                "Update imgrec to open it."
            )
        return self._checked(CONFIG, record) if record["schema"] >= CHECKSUMS_SINCE else record

    @property
    def _has_checksums(self) -> bool:
        return bool(self.record["schema"] >= CHECKSUMS_SINCE)

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        files.write_json(self.folder / name, checksum.add(value) if self._has_checksums else value)

    def _document(self, name: str) -> dict[str, Any] | None:
        value: dict[str, Any] | None = read_json(self.folder / name)
        return value if value is None or not self._has_checksums else self._checked(name, value)

    def _record(self, name: str, kind: type[R]) -> R | None:
        value = self._document(name)
        return None if value is None else self._parsed(name, kind, value)

    def _records(self, name: str, kind: type[R]) -> tuple[R, ...]:
        return tuple(self._parsed(name, kind, row) for row in self._lines(name))

    def _parsed(self, name: str, kind: type[R], value: object) -> R:
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            raise damaged(self.folder / name, records.misfit(error)) from None

    def _lines(self, name: str) -> list[dict[str, Any]]:
        try:
            text = (self.folder / name).read_text(encoding="utf-8")
            # Without a checksum, the last line may be one that was not written to its end.
            return (
                checksum.verify_lines(text)
                if self._has_checksums
                else [json.loads(row) for row in text.split("\n")[:-1]]
            )
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise damaged(self.folder / name, error) from None

    def _checked(self, name: str, value: Any) -> dict[str, Any]:
        try:
            return checksum.verify(value)
        except ValueError as error:
            raise damaged(self.folder / name, error) from None


def _is_record(record: Any) -> bool:
    if not isinstance(record, dict) or not {"schema", "name", "created", "config"} <= record.keys():
        return False
    if not isinstance(record["schema"], int) or record["schema"] < 1 or not isinstance(record["config"], dict):
        return False
    try:
        return datetime.fromisoformat(record["created"]).tzinfo is not None
    except (TypeError, ValueError):
        return False


def read_json(path: Path) -> Any:
    """Read a document of a run, or None where there is none.

    Raises RunError where it is no JSON, or holds half of a letter of UTF-16, which cannot be shown or written anywhere.
    """
    try:
        text = path.read_text(encoding="utf-8")
        value = json.loads(text)
        if _MAY_BE_HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise damaged(path, error) from None
    return value


def damaged(path: Path, why: object) -> RunError:
    """Say that a file of a run is damaged, or that the system does not let it be read."""
    what = f"{path.name} of run {path.parent.name}"
    if isinstance(why, OSError) and why.errno not in _NO_FILE:
        return UnreadableError(f"{what} cannot be read: {why.strerror}. {files.remedy(why)}")
    return RunError(f"{what} is damaged: {why}. `python -m imgrec check` says what can be done.")
