"""The server under the pages: what its answers carry, what it does not answer, its limits, errors and log.

To add a limit: a budget in profiles.py, a middleware in a module here, and its line in `middleware`.
"""

import sys

from starlette.middleware import Middleware

from imgrec import edge, profiles
from imgrec.errors import ImgrecError
from imgrec.profiles import Profile
from imgrec.server import log
from imgrec.server.connections import LimitConnections
from imgrec.server.faults import CatchFaults, noted
from imgrec.server.headers import SecureHeaders
from imgrec.server.paths import CloseRoutes
from imgrec.server.rate import LimitRequests
from imgrec.server.refused import Refused
from imgrec.server.uploads import LimitUploads

__all__ = ["hosted", "middleware", "noted", "start"]


def hosted(profile: Profile) -> bool:
    """Return whether strangers use this server: they see no tracebacks, and there is a log."""
    return profile.name == "hosted"


def start() -> Profile:
    """Return the profile of this server; where strangers use it, open its log and say what they may do.

    A profile that cannot be read ends the process with one sentence.
    """
    try:
        profile = profiles.current()
    except ImgrecError as error:
        sys.exit(str(error))
    if hosted(profile):
        log.begin(edge.home())
        sys.stdout.write(_said(profile))
        sys.stdout.flush()
        log.say("info", "started", profile=profile.model_dump())
    return profile


def _said(profile: Profile) -> str:
    rows = profiles.lines(profile)
    wide, value_wide = (max(len(row[column]) for row in rows) for column in (0, 1))
    table = [f"  {title:{wide}}  {value:{value_wide}}  {meaning}".rstrip() for title, value, meaning in rows]
    return "\n".join(["", "  What visitors of this server may do:", "", *table, "", ""])


def middleware(profile: Profile) -> list[Middleware]:
    """Return what stands before the pages, the outermost first. A limit that the profile does not set is left out."""
    refused = Refused(edge.refused() if hosted(profile) else None)
    found = [Middleware(SecureHeaders, frame_ancestors=profile.frame_ancestors)]
    if hosted(profile):
        found.append(Middleware(CatchFaults))
    found.append(Middleware(CloseRoutes, refused=refused))
    if profile.requests_per_second:
        found.append(Middleware(LimitRequests, per_second=profile.requests_per_second, refused=refused))
    if profile.sessions or profile.sessions_of_address or profile.requests_per_second:
        found.append(Middleware(LimitConnections, profile=profile, refused=refused))
    if profile.uploads_mb or profile.uploads_mb_in_all:
        found.append(Middleware(LimitUploads, profile=profile, refused=refused))
    return found
