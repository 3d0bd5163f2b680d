"""A process that reads pictures: `python -m imgrec.importing.reading NUMBER`, started by readers.py.

NUMBER is that of the file descriptor it has inherited: its end of the connection. It is told once where to write images
and of which shape, and then the files of pictures, one at a time; it writes the image of each to its place, and says
what it was made of, or why it cannot be read. It ends when the other side hangs up.
"""

import hashlib
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from imgrec import limits, uploads
from imgrec.errors import ImageError
from imgrec.importing.opening import opened
from imgrec.importing.tasks import Read, Task

DECODING_BYTES = 1_500_000_000
"""Memory that one picture may take while it is read: several times what 50 megapixels in colour do."""


def main(descriptor: int) -> None:
    """Answer until the other side hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is that of who started the import
    os.set_inheritable(descriptor, False)
    with Connection(descriptor) as connection, suppress(EOFError, OSError):
        task: Task = connection.recv()
        source = opened(task.spec, listed=False)
        bytes_each = task.shape[0] * task.shape[1] * task.shape[2]
        with task.images.open("r+b", buffering=0) as images:
            while True:
                place, file = connection.recv()
                try:
                    content = source.read(file, uploads.MAX_BYTES)
                    with limits.memory(DECODING_BYTES):
                        picture = uploads.read(content, task.shape, task.framing, shown_side=2 * max(task.shape[:2]))
                except ImageError as error:
                    connection.send((place, str(error)))
                    continue
                except MemoryError:
                    connection.send((place, "Reading this picture needs more memory than is free. Save it smaller."))
                    continue
                images.seek(place * bytes_each)
                images.write(picture.pixels.tobytes())
                sha256 = hashlib.sha256(content).hexdigest()
                connection.send((place, Read(sha256, *picture.size, picture.notes)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
