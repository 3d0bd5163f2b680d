"""A bound on the memory that a part of a program may take, where the system has one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def memory(more: int) -> Iterator[None]:
    """Let this process take so many bytes more meanwhile; then MemoryError is raised. Only Linux has such a bound."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource  # noqa: PLC0415 - which Windows lacks

    before = resource.getrlimit(resource.RLIMIT_DATA)
    bound = _taken() + more
    if before[1] != resource.RLIM_INFINITY:
        bound = min(bound, before[1])
    resource.setrlimit(resource.RLIMIT_DATA, (bound, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _taken() -> int:
    """Return the size of this process's data in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmData:")[1].split()[0]) * 1024
