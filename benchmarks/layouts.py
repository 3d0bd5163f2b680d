"""Small pictures in the layouts that people have theirs in."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("bird", "cat", "dog")
EACH = {"train": 6, "test": 3}
"""Pictures of each class."""


def picture(seed: int, kind: str = "PNG", size: tuple[int, int] = (48, 40)) -> bytes:
    """Return the file of a random picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def pets() -> dict[tuple[str, str, str], bytes]:
    """Return pictures by split, class and file name."""
    found, seed = {}, 0
    for label in CLASSES:
        for split, count in EACH.items():
            for number in range(count):
                found[split, label, f"train {split[:2]}{number}.png"] = picture(seed)
                seed += 1
    return found


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder, by their names in it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def many(path: Path, count: int) -> Path:
    """Write a zip of two classes that takes seconds to read: large pictures, though smooth ones, so small files."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((1000, 1000)).convert("RGB").save(file, "JPEG")
    names = [f"{'cat' if number % 2 else 'dog'}/{number}.jpg" for number in range(count)]
    return zipped(path, {name: file.getvalue() + name.encode() for name in names})


def split_above(pictures: Mapping[tuple[str, str, str], bytes]) -> dict[str, bytes]:
    """Lay pictures out as Keras and torchvision have them: train/cat/1.png."""
    return {f"{split}/{label}/{name}": content for (split, label, name), content in pictures.items()}


def split_below(pictures: Mapping[tuple[str, str, str], bytes]) -> dict[str, bytes]:
    """Lay pictures out with the splits in the class folders: cat/train/1.png."""
    return {f"{label}/{split}/{name}": content for (split, label, name), content in pictures.items()}


def no_split(pictures: Mapping[tuple[str, str, str], bytes]) -> dict[str, bytes]:
    """Lay pictures out in class folders alone: cat/1.png."""
    return {f"{label}/{name}": content for (_, label, name), content in pictures.items()}


def listed_csv(pictures: Mapping[tuple[str, str, str], bytes], splits: bool = True) -> dict[str, bytes]:
    """Lay pictures out in one folder beside a CSV file."""
    rows = io.StringIO(newline="")
    writer = csv.writer(rows)
    writer.writerow(["file_name", "label", "split"][: 2 + splits])
    files = {}
    for place, ((split, label, _), content) in enumerate(sorted(pictures.items(), reverse=True)):
        files[f"images/{place}.png"] = content
        writer.writerow([f"images/{place}.png", label, split][: 2 + splits])
    return {"labels.csv": rows.getvalue().encode(), **files}


def listed_jsonl(pictures: Mapping[tuple[str, str, str], bytes]) -> dict[str, bytes]:
    """Lay pictures out as Hugging Face has them: in each split a list beside the pictures."""
    files: dict[str, bytes] = {}
    for place, ((split, label, _), content) in enumerate(pictures.items()):
        files[f"{split}/{place}.png"] = content
        line = json.dumps({"file_name": f"{place}.png", "label": label}).encode() + b"\n"
        files[f"{split}/metadata.jsonl"] = files.get(f"{split}/metadata.jsonl", b"") + line
    return files


def junk() -> dict[str, bytes]:
    """Return what systems leave beside pictures."""
    return {
        ".DS_Store": b"x",
        "Thumbs.db": b"x",
        "__MACOSX/train/cat/._1.png": b"x",
        "train/cat/.DS_Store": b"x",
        "train/.ipynb_checkpoints/1.png": b"x",
        ".hidden/1.png": b"x",
    }
