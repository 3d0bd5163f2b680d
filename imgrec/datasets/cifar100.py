"""CIFAR-100 in its binary version: downloaded once, or read from the folder that IMGREC_CIFAR100 names."""

from imgrec.datasets.cifar import LICENCE, SOURCE, CifarFiles
from imgrec.datasets.dataset import Dataset
from imgrec.datasets.download import Remote

FINE_LABEL_NAMES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
"""What fine_label_names.txt holds, which is in the archive."""
CLASS_NAMES = tuple(name.replace("_", " ") for name in FINE_LABEL_NAMES.split())
"""The names with spaces, as on the dataset's page."""

FILES = CifarFiles(
    name="cifar100",
    title="CIFAR-100",
    variable="IMGREC_CIFAR100",
    contents="two .bin files",
    megabytes=360,
    remotes=(
        # Size and checksum: tensorflow_datasets/url_checksums/cifar100.txt of https://github.com/tensorflow/datasets
        Remote(
            "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
            168_513_733,
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        ),
    ),
    train={"train.bin": 50_000},
    test={"test.bin": 10_000},
    label_bytes=2,  # the coarse label, of 20, and the fine one
    classes=len(CLASS_NAMES),
)

DATASET = Dataset(
    name=FILES.name,
    title=FILES.title,
    description="Small colour photos of a hundred kinds of things, 500 of each to learn from: harder than CIFAR-10.",
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
)
