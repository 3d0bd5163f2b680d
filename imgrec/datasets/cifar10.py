"""CIFAR-10 in its binary version: downloaded once, or read from the folder that IMGREC_CIFAR10 names."""

from imgrec.datasets.cifar import LICENCE, SOURCE, CifarFiles
from imgrec.datasets.dataset import Dataset
from imgrec.datasets.download import Remote

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

FILES = CifarFiles(
    name="cifar10",
    title="CIFAR-10",
    variable="IMGREC_CIFAR10",
    contents="six .bin files",
    megabytes=360,
    remotes=(
        Remote(
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    ),
    train={f"data_batch_{number}.bin": 10_000 for number in range(1, 6)},
    test={"test_batch.bin": 10_000},
    label_bytes=1,
    classes=len(CLASS_NAMES),
)

TWINS = 441
"""Test images with a near duplicate among the training images: cropped, mirrored, recoloured or saved again.

Counted by imgrec.findings, with `python -m benchmarks.findings`, on a copy of the images that was saved as JPEG; by
looking, some ten of them are only much alike. Barz and Denzler 2020, “Do We Train on Test Data?”, found 3.3 %.
"""

DATASET = Dataset(
    name=FILES.name,
    title=FILES.title,
    description="Small colour photos of ten kinds of animals and vehicles: the classic first challenge.",
    image_shape=(32, 32, 3),
    class_names=CLASS_NAMES,
    train_images=50_000,
    test_images=10_000,
    source=SOURCE,
    licence=LICENCE,
    download_bytes=FILES.download_bytes,
    is_ready=FILES.is_ready,
    prepare=FILES.prepare,
    read=FILES.read,
    variable=FILES.variable,
    caution=f"{TWINS} of the 10,000 test images are almost the same as a training image, so test accuracy flatters "
    "every network a little. Counted by imgrec's own search for near duplicates, on a copy of the images saved as "
    "JPEG.",
)
