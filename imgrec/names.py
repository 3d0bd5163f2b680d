"""What people may call a run, a class of images, and the words they may tag a run with."""

import re
import unicodedata

from imgrec.errors import SettingsError

MAX_NAME = 60
"""Letters of a run's name that fit a card on a phone in two lines."""

_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
"""The flags of England, Scotland, Wales and others: a black flag, and its name in letters that no one sees."""

_NO_LETTERS = re.compile(
    "[\u202a-\u202e\u2066-\u2069"  # turn the direction of all that follows, also of what is not part of the name
    "\u206a-\u206f\ufeff\ufff0-\ufffb\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"  # not seen, and in no one's writing
)

_BLANK = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\u2800\u3164\uffa0]"
)
"""Letters, signs and joiners of which nothing is seen where they stand alone."""

_JOINER = "\u200d"


def tidied(text: str) -> str:
    """Return a text with single spaces, and each letter in its usual form: é as one, however it was typed (NFC)."""
    return unicodedata.normalize("NFC", " ".join(text.split()))


def checked(name: str) -> str:
    """Return a run's name with its spaces tidied. Raises SettingsError where it is unusable."""
    clean = tidied(name)
    why = unusable(clean)
    if why or len(clean) > MAX_NAME:
        raise SettingsError(f"A run's name needs 1 to {MAX_NAME} printable characters. Received: {name[:80]!r}{why}.")
    return clean


def unusable(text: str) -> str:
    """Say what keeps a text from being a name, to end a sentence with; nothing where it can be one.

    All that people write is allowed, with the joiners of emoji and of Persian; refused are controls, what turns the
    direction of the text around it, and what no one sees.
    """
    for letter in _FLAG.sub("", text):
        kind = unicodedata.category(letter)
        # Letters younger than this Python are "not assigned", as are those that never will be.
        never = ord(letter) & 0xFFFE == 0xFFFE or "\ufdd0" <= letter <= "\ufdef"
        if kind in {"Cc", "Cs", "Co", "Zl", "Zp"} or never or _NO_LETTERS.match(letter):
            return f", with U+{ord(letter):04X} in it. Leave that out"
    seen = (letter for letter in _BLANK.sub("", text) if unicodedata.category(letter)[0] not in "MZ")
    return "" if any(seen) else ", of which nothing is seen"


def cut(text: str, letters: int) -> str:
    """Return the beginning of a name: at most so many letters, and no sign that was cut in two."""
    if len(text) <= letters:
        return text
    place = letters
    # What follows belongs to what stands before it: a joiner, a mark, a tone of skin, the name of a flag.
    while place and (_belongs(text[place]) or text[place - 1] == _JOINER):
        place -= 1
    return text[:place].rstrip()


def _belongs(letter: str) -> bool:
    marks = unicodedata.category(letter)[0] == "M" or letter == _JOINER
    return marks or "\U0001f3fb" <= letter <= "\U0001f3ff" or "\U000e0020" <= letter <= "\U000e007f"
