"""The runs of a store: made, found and listed. What a run is stands in run.py, what a store is in store.py."""

from imgrec.names import MAX_NAME
from imgrec.runs.documents import SCHEMA
from imgrec.runs.ending import Ending
from imgrec.runs.run import COLOURS, Annotations, Run, State
from imgrec.runs.store import VISITORS, Store, is_id
from imgrec.runs.writer import RunWriter

__all__ = [
    "COLOURS",
    "MAX_NAME",
    "SCHEMA",
    "VISITORS",
    "Annotations",
    "Ending",
    "Run",
    "RunWriter",
    "State",
    "Store",
    "is_id",
]
