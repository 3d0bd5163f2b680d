"""A class: a folder with the task and the nickname of each member. Nothing but this module reads or writes it.

    classes/ID/class.json            the task, when it was made, the SHA-256 of the teacher's secret
    classes/ID/members/STORE.json    a nickname, and since when it is a member's; STORE names a visitor's store
    visitors/STORE/class.json        the id of the class that this visitor has joined

Who has the id may join, who has the secret is the teacher. A visitor is a member as long as both of the last two files
are there, so that a class that is removed has no members.
"""

import hashlib
import hmac
import json
import re
import secrets
import time
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from imgrec import files, names, profiles, quantities
from imgrec.classroom.task import Task
from imgrec.errors import BudgetError, ClassError, SettingsError
from imgrec.runs import VISITORS, Store

MAX_NICKNAME = 24

DAY = 24 * 3600.0

CLASSES = "classes"

_CLASS = "class.json"
_ID = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Member:
    """A pupil: the store, the nickname, and since when the runs of the store count as those of the class."""

    store: Store
    nickname: str
    joined: datetime


@dataclass(frozen=True)
class Classroom:
    """A class, by its folder."""

    folder: Path

    @property
    def id(self) -> str:
        """What stands in the link for pupils."""
        return self.folder.name

    @property
    def home(self) -> Path:
        """The home of the stores of its members."""
        return self.folder.parents[1]

    @property
    def task(self) -> Task:
        """What the class is asked to do. Raises ClassError where the class is gone or cannot be read."""
        return _read(self.folder / _CLASS, files.mark(self.folder / _CLASS))[0]

    def is_teachers(self, secret: str) -> bool:
        """Return whether this is the teacher's secret."""
        kept = _read(self.folder / _CLASS, files.mark(self.folder / _CLASS))[1]
        return hmac.compare_digest(kept, _hashed(secret))

    def members(self) -> list[Member]:
        """List the members whose store is still there, in the order in which they joined."""
        found = [member for path in self._places.glob("*.json") if (member := self._member(path))]
        return sorted((member for member in found if member.store.folder.is_dir()), key=lambda member: member.joined)

    def member(self, store: Store) -> Member | None:
        """Return whoever has this store as a member of the class."""
        return self._member(self._place(store))

    def remove(self, store: Store) -> None:
        """Let whoever has this store be no member any more. Their runs stay theirs."""
        with _lock(self.home):
            self._place(store).unlink(missing_ok=True)

    def end(self) -> None:
        """Remove the class. The runs of its members stay theirs."""
        with _lock(self.home), suppress(FileNotFoundError):
            files.remove_folder(self.folder)

    @property
    def last_change(self) -> float:
        """When it was made, someone joined, or a member's last run was made: seconds since 1970."""
        stores = [member.store.runs for member in self.members()]
        places = (self.folder / _CLASS, *self._places.glob("*.json"), *stores)
        return max((mark[0] / 1e9 for place in places if (mark := files.mark(place))), default=0.0)

    @property
    def _places(self) -> Path:
        return self.folder / "members"

    def _place(self, store: Store) -> Path:
        return self._places / f"{store.folder.name}.json"

    def _member(self, path: Path) -> Member | None:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            joined = datetime.fromisoformat(found["joined"])
            return Member(Store(self.home / VISITORS / path.stem), str(found["nickname"]), joined)
        except (OSError, ValueError, KeyError, TypeError):  # has left, or is damaged
            return None


def create(home: Path, task: Task) -> tuple[Classroom, str]:
    """Make a class and return it with the teacher's secret, which is kept nowhere.

    Raises BudgetError where the server has as many classes as it may, ClassError where it cannot be written.
    """
    room, secret = Classroom(home / CLASSES / secrets.token_hex(16)), secrets.token_hex(16)
    record = {
        "task": task.model_dump(mode="json"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "teacher": _hashed(secret),
    }
    most = profiles.current().classes
    with _lock(home):
        if most is not None and (there := len(all_of(home))) >= most:
            raise BudgetError(
                f"On this server, there are at most {most:,} classes at once. There are {there:,}. End one that is "
                "over, or try again in some days."
            )
        try:
            with files.new_folder(room.folder) as building:
                (building / "members").mkdir()
                files.write_json(building / _CLASS, record)
        except OSError as error:
            raise ClassError(files.cannot_write(room.folder.parent, error)) from error
    return room, secret


def all_of(home: Path) -> list[Classroom]:
    """List the classes of a home."""
    return [Classroom(folder) for folder in sorted((home / CLASSES).glob("*/")) if _ID.fullmatch(folder.name)]


def get(home: Path, class_id: str) -> Classroom:
    """Return the class of this id. Raises ClassError where there is none."""
    room = Classroom(home / CLASSES / class_id)
    if not _ID.fullmatch(class_id) or not (room.folder / _CLASS).is_file():
        raise ClassError("There is no such class: it has ended, or a letter of the link is missing. Ask your teacher.")
    return room


def for_teacher(home: Path, class_id: str, secret: str) -> Classroom:
    """Return the class of this id for whoever has its teacher's secret. Raises ClassError for any other."""
    room = get(home, class_id)
    if not room.is_teachers(secret):
        raise ClassError("This link opens no class for its teacher: a letter of it is missing or wrong. Copy it again.")
    return room


def join(room: Classroom, store: Store, nickname: str) -> Member:
    """Make whoever has this store a member of a class, by a nickname that no other member has.

    Raises SettingsError for an unusable nickname or one that is taken, ClassError for a member of another class and
    where it cannot be written, BudgetError where the class is full.
    """
    clean = checked_nickname(nickname)
    if (other := of(store)) and other != room:
        raise ClassError(f"You are in the class {other.task.title}. Leave it first.")
    most = profiles.current().pupils
    # No run is made between the check of its config and the moment from which runs count.
    with _lock(room.home), store.lock("launch"):
        get(room.home, room.id)  # has not ended meanwhile
        others = [member for member in room.members() if member.store != store]
        if any(_alike(member.nickname) == _alike(clean) for member in others):
            raise SettingsError(f"A nickname needs to be nobody else's in the class. {clean} is taken. Choose another.")
        if most is not None and len(others) >= most:
            raise BudgetError(f"On this server, a class has at most {quantities.count(most, 'pupil')}.")
        record = {"nickname": clean, "joined": datetime.now(UTC).isoformat(timespec="microseconds")}
        try:
            files.write_json(room._place(store), record)
            files.write_json(store.folder / _CLASS, {"class": room.id})
        except OSError as error:
            raise ClassError(files.cannot_write(store.folder, error)) from error
    member = room.member(store)
    assert member is not None
    return member


def leave(store: Store) -> None:
    """Let whoever has this store be in no class any more. Their runs stay theirs, and leave the table."""
    room = of(store)
    if room is not None:
        room.remove(store)
    with suppress(FileNotFoundError):
        (store.folder / _CLASS).unlink()


def of(store: Store) -> Classroom | None:
    """Return the class that whoever has this store is a member of."""
    if not store.is_visitors:
        return None
    try:
        class_id = json.loads((store.folder / _CLASS).read_text(encoding="utf-8"))["class"]
        room = get(store.home, str(class_id))
        _ = room.task
    except (OSError, ValueError, KeyError, TypeError, ClassError):  # none, or it has ended
        return None
    return room if room.member(store) else None


def checked_nickname(text: str) -> str:
    """Return a nickname with its spaces tidied. Raises SettingsError where it is unusable."""
    clean = names.tidied(text)
    why = names.unusable(clean)
    if why or len(clean) > MAX_NICKNAME:
        raise SettingsError(f"A nickname needs 1 to {MAX_NICKNAME} printable characters. Received: {text[:80]!r}{why}.")
    return clean


def sweep(home: Path) -> int:
    """Remove the classes in which nothing has been done for as long as the profile says. Return how many."""
    days = profiles.current().class_days
    if days is None:
        return 0
    gone = [room for room in all_of(home) if room.last_change < time.time() - days * DAY]
    for room in gone:
        room.end()
    return len(gone)


def _alike(nickname: str) -> str:
    """Return what nicknames that people take for the same have in common."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", nickname).casefold())


def _lock(home: Path) -> FileLock:
    # Beside the folders of the classes: one in a class that ends meanwhile would bring its folder back.
    return FileLock(home / "classes.lock")


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@lru_cache(maxsize=256)
def _read(path: Path, mark: tuple[int, int] | None) -> tuple[Task, str]:
    """Return the task and the hash of the teacher's secret; the mark is there to be compared."""
    del mark
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Task.parse(found["task"]), str(found["teacher"])
    except (OSError, ValueError, KeyError, TypeError, SettingsError) as error:
        raise ClassError(f"The class cannot be read: {path.name} is damaged or gone. Make a new one.") from error
