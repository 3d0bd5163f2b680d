"""Who a request comes from."""

from starlette.types import Scope

from imgrec import addresses


def address_of(scope: Scope) -> str:
    """Return the address that limits count by.

    The web server has taken it from X-Forwarded-For where it trusts the proxy: one on this computer, or one that
    FORWARDED_ALLOW_IPS names.
    """
    client = scope.get("client")
    return addresses.counted(str(client[0])[:64] if client else "")
