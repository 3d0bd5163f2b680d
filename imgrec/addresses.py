"""Internet addresses, as far as one visitor may choose them: what limits count by."""

import ipaddress


def counted(text: str) -> str:
    """Return what an address is counted as: of IPv6 the network, in which one visitor has 2^64 addresses."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
