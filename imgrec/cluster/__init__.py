"""Trainings on a Ray cluster that exists already: the worker here stays the one writer of the run's folder.

| module | process | what it does |
|---|---|---|
| environment.py | every one | reads from the environment whether there is a cluster, and what a run takes of it |
| executor.py | the worker | RayExecutor: asks the bridge, and again from the newest checkpoint where it is lost |
| bridge.py | one beside each worker | connects to Ray, whose own library ends a process that has lost its cluster |
| images.py | the same | the images that a node keeps, for all runs |
| node.py | one on a node for each run | computes with LocalExecutor |
"""

from imgrec.cluster.environment import chosen
from imgrec.cluster.slots import known_slots

__all__ = ["chosen", "known_slots"]
