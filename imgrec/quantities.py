"""Shares, durations and sizes in words: on pages and on the command line alike."""

UNKNOWN = "–"


def percent(share: float | None, digits: int = 1) -> str:
    """Say a share: 86.4 %."""
    return UNKNOWN if share is None else f"{100 * share:.{digits}f} %"


def count(number: int, what: str) -> str:
    """Say how many there are: 1 run, 2 runs."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Say a time in the two largest units that it needs: 8 s, 2 min 5 s, 3 h 20 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(disk_bytes: int) -> str:
    """Say how much something takes on the disk: 14 kB, 6.3 MB."""
    return f"{disk_bytes / 1e6:,.1f} MB" if disk_bytes >= 1e5 else f"{disk_bytes / 1e3:,.0f} kB"
