"""How much memory this process takes, and a bound on what a part of it may take, where the system knows these."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def memory(more: int) -> Iterator[None]:
    """Let this process take so many bytes more meanwhile; then MemoryError is raised. Only Linux has such a bound."""
    taken = size("VmData")
    if taken is None:
        yield
        return
    import resource  # noqa: PLC0415 - which Windows lacks

    before = resource.getrlimit(resource.RLIMIT_DATA)
    bound = taken + more
    if before[1] != resource.RLIM_INFINITY:
        bound = min(bound, before[1])
    resource.setrlimit(resource.RLIMIT_DATA, (bound, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def size(name: str) -> int | None:
    """Return a size that Linux tells of this process, as VmHWM, in bytes; None where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return int(status.split(f"{name}:")[1].split()[0]) * 1024
