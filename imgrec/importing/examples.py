"""Some pictures of a source, so that people see what an import would make of them."""

from contextlib import suppress
from itertools import zip_longest

from imgrec.errors import ImageError
from imgrec.importing.plan import Labelled, details
from imgrec.importing.request import Request
from imgrec.importing.sources import Source
from imgrec.uploads import MAX_BYTES


def examples(source: Source, request: Request, most: int) -> list[tuple[str, bytes]]:
    """Return the class and the content of so many pictures at most, of the classes in turn."""
    made, pictures = details(source, request)
    of_class: dict[int, list[Labelled]] = {}
    for each in pictures:
        of_class.setdefault(each.label, []).append(each)
    in_turn = [each for turn in zip_longest(*(some[:most] for some in of_class.values())) for each in turn if each]
    files = {file.number: file for file in source.files}
    found = []
    for each in in_turn[:most]:
        with suppress(ImageError):  # it will be listed as not taken
            found.append((made.classes[each.label].name, source.read(files[each.number], MAX_BYTES)))
    return found
