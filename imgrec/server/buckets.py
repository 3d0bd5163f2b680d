"""Token buckets: how much of something there may be in a second on average, and how much at once."""

import time
from collections import OrderedDict
from collections.abc import Callable

Clock = Callable[[], float]

MOST_BUCKETS = 10_000


class Bucket:
    """Holds at most burst tokens, and gains rate of them in a second."""

    def __init__(self, rate: float, burst: float, clock: Clock = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._level = burst
        self._filled = clock()

    def _fill(self) -> None:
        now = self._clock()
        self._level = min(self.burst, self._level + (now - self._filled) * self.rate)
        self._filled = now

    def spend(self, cost: float = 1) -> float:
        """Take tokens if they are there, and return 0; otherwise return the seconds until they will be."""
        self._fill()
        if self._level < cost:
            return (cost - self._level) / self.rate
        self._level -= cost
        return 0

    def borrow(self, cost: float = 1) -> float:
        """Take tokens in any case, and return how many seconds to wait for them."""
        self._fill()
        self._level -= cost
        return max(0.0, -self._level / self.rate)


class Buckets:
    """A bucket for each address. Only those that came last are kept, so that many addresses take no memory."""

    def __init__(self, rate: float, burst: float, most: int = MOST_BUCKETS, clock: Clock = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, address: str) -> Bucket:
        """Return the bucket of an address."""
        bucket = self._kept.pop(address, None) or Bucket(self._rate, self._burst, self._clock)
        self._kept[address] = bucket
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return bucket
