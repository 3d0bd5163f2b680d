"""Which of many are worth their price."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pareto_front(costs: ArrayLike, values: ArrayLike) -> NDArray[np.bool_]:
    """Tell for each point (N,) whether no other beats it: costs no more, is worth no less, and is not its equal.

    Equal points are both on the front. Raises ValueError for lists of different lengths or a number that is not finite.
    """
    cost, value = np.asarray(costs, np.float64), np.asarray(values, np.float64)
    if cost.ndim != 1 or cost.shape != value.shape:
        raise ValueError(f"One value per cost is needed. Received: shapes {cost.shape} and {value.shape}.")
    if not (np.isfinite(cost).all() and np.isfinite(value).all()):
        raise ValueError("Costs and values need to be finite. Received: NaN or infinity.")
    price, at = np.unique(cost, return_inverse=True)
    best = np.full(len(price), -np.inf)
    np.maximum.at(best, at, value)
    cheaper = np.concatenate(([-np.inf], np.maximum.accumulate(best)[:-1]))
    on_front: NDArray[np.bool_] = (value == best[at]) & (value > cheaper[at])
    return on_front
