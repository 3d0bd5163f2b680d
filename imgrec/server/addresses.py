"""Who a request comes from: its internet address, as far as one visitor may choose it."""

import ipaddress

from starlette.types import Scope


def address_of(scope: Scope) -> str:
    """Return the address that limits count by. Of IPv6 it is the network, in which one visitor has 2^64 addresses.

    The web server has taken it from X-Forwarded-For where it trusts the proxy: one on this computer, or one that
    FORWARDED_ALLOW_IPS names.
    """
    client = scope.get("client")
    text = str(client[0])[:64] if client else ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
