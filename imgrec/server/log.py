"""The log of a server that strangers use: JSON lines without names, contents, queries and cookies."""

import hashlib
import json
import logging
import secrets
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from imgrec import files

FILE_BYTES = 10_000_000
FILES = 3

_logger = logging.getLogger("imgrec.server")
_KEY = secrets.token_bytes(32)


class _Line(logging.Formatter):
    """One JSON object a line: ASCII only, in which a control character is its number."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = {"time": time, "level": record.levelname.lower(), "event": record.getMessage()}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said | getattr(record, "fields", {}), default=str)


def begin(home: Path) -> None:
    """Write the log from now on to logs/server.log, and keep from the console what visitors can put there."""
    path = home / "logs" / "server.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8")
    except OSError as error:
        raise SystemExit(files.cannot_write(path, error)) from None
    file.setFormatter(_Line())
    end()
    _logger.addHandler(file)
    _logger.setLevel(logging.INFO)
    _logger.propagate = False
    # The web server says the address of each who connects; errors and warnings stay.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # Streamlit prints what a page raises, with the words of the visitor in it; here it stands with its number.
    logging.getLogger("streamlit.error_util").addFilter(lambda record: record.msg != "Uncaught app execution")


def end() -> None:
    """Close the log."""
    for handler in list(_logger.handlers):
        if isinstance(handler, RotatingFileHandler):
            _logger.removeHandler(handler)
            handler.close()


def say(level: str, event: str, cause: BaseException | None = None, **fields: object) -> None:
    """Write a line, with the traceback of its cause. Without `begin` nothing is written."""
    if _logger.handlers:
        _logger.log(logging.getLevelNamesMapping()[level.upper()], event, exc_info=cause, extra={"fields": fields})


def hashed(address: str) -> str:
    """Return a name for an address that tells those of one server's life apart, and says nothing to others."""
    return hashlib.blake2b(address.encode(errors="replace"), key=_KEY, digest_size=6).hexdigest()
