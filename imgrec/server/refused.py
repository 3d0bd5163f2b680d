"""How many requests were refused, by kind: in a file that the operator's command reads."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from starlette.types import Scope

from imgrec import files
from imgrec.server import log
from imgrec.server.addresses import address_of

WRITE_SECONDS = 1.0
LOG_SECONDS = 60.0


class Refused:
    """Counts since the start of the server. A path of None keeps them in memory."""

    def __init__(self, path: Path | None) -> None:
        self.counts: Counter[str] = Counter()
        self._path = path
        self._since = datetime.now(UTC).isoformat(timespec="seconds")
        self._writing: asyncio.Task[None] | None = None
        self._logged: dict[str, float] = {}
        if path:
            self._write(dict(self.counts))  # those of an earlier start are not shown as today's

    def count(self, kind: str, scope: Scope) -> None:
        """Count a refusal. The file follows within a second, and the log says each kind once a minute at most."""
        self.counts[kind] += 1
        if self._path is None:
            return
        now = time.monotonic()
        if now - self._logged.get(kind, -LOG_SECONDS) >= LOG_SECONDS:
            self._logged[kind] = now
            log.say("warning", "refused", kind=kind, count=self.counts[kind], address=log.hashed(address_of(scope)))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(WRITE_SECONDS)
        counts = dict(self.counts)
        await asyncio.to_thread(self._write, counts)
        if counts != self.counts:
            self._writing = asyncio.create_task(self._write_soon())

    def _write(self, counts: dict[str, int]) -> None:
        assert self._path is not None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            files.write_json(self._path, {"since": self._since, "counts": counts})
        except OSError as error:
            log.say("error", files.cannot_write(self._path, error))
