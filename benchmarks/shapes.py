"""What the dataset shapes is worth: the article's network on it, and what augmentation does for a small subset.

    python -m benchmarks.shapes

trains three times through imgrec's own command line, in IMGREC_HOME, and prints one JSON line.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from imgrec import presets
from imgrec.augmentations import HorizontalFlip, Shift
from imgrec.config import RunConfig

ROOT = Path(__file__).resolve().parents[1]
SMALL = {"training.train_share": 0.1, "training.epochs": 20}


def test_accuracy(config: RunConfig) -> float:
    """Trains a config on the command line and gives its test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.json"
        path.write_text(config.to_json(), encoding="utf-8")
        command = [sys.executable, "-m", "imgrec", "train", "--config", str(path), "--json"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(json.loads(done.stdout.splitlines()[-1])["test_accuracy"])


def main() -> None:
    """Train and print the figures."""
    article = presets.get("article").config.replace(dataset="shapes")
    small = article
    for setting, value in SMALL.items():
        small = small.with_setting(setting, value)
    figures = {
        "article_5_epochs": test_accuracy(article.with_setting("training.epochs", 5)),
        "a_tenth_of_the_images_20_epochs": test_accuracy(small),
        "the_same_with_flip_and_shift": test_accuracy(small.replace(augmentations=(HorizontalFlip(), Shift(pixels=4)))),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
