"""Own pictures become a dataset of a store.

    source = importing.at(path)                    # a folder, a zip, or a CSV or JSONL list beside pictures; or
    source = importing.Archive(file, "pets.zip")   # a zip in memory; or
    source = importing.Uploads([("cat/1.jpg", file), …])
    request = importing.Request(name="pets", size=64)
    plan = importing.plan(source, request, store.own_datasets)      # nothing is written: what was understood
    adding = importing.start(store.folder, request, source)         # in a process of its own
    adding.progress(); adding.cancel(); adding.result()

`current(store.folder)` finds the import that is under way, after a reload or in another process. One that failed leaves
its sentence, which result() raises, until forget(). Everything a user can cause raises an ImgrecError.
"""

from imgrec.importing.archives import Archive
from imgrec.importing.building import Progress, Result
from imgrec.importing.examples import examples
from imgrec.importing.opening import at
from imgrec.importing.plan import NotTaken, Plan, PlannedClass, plan
from imgrec.importing.process import Import, current, start
from imgrec.importing.request import MOST_LETTERS, SIZES, Limits, Request, limits
from imgrec.importing.sources import Folder, Source, Uploads

__all__ = [
    "MOST_LETTERS",
    "SIZES",
    "Archive",
    "Folder",
    "Import",
    "Limits",
    "NotTaken",
    "Plan",
    "PlannedClass",
    "Progress",
    "Request",
    "Result",
    "Source",
    "Uploads",
    "at",
    "current",
    "examples",
    "limits",
    "plan",
    "start",
]
