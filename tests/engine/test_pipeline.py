"""Batches: every image once an epoch, and nothing but the seed decides what they look like."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from imgrec.augmentations import AUGMENTATIONS, HorizontalFlip
from imgrec.engine import augment, pipeline

EVERYTHING = [cls() for cls in AUGMENTATIONS.values()]
PIXELS = np.random.default_rng(3).integers(0, 256, (50, 16, 16, 3), dtype=np.uint8)
LABELS = np.arange(50) % 10
INDICES = np.arange(3, 48)


def epoch_of(augmentations=EVERYTHING, batch_size=10, seed=5, epoch=2):
    """Return all batches of one epoch."""
    chunks = pipeline.chunks(PIXELS, LABELS, INDICES, batch_size, augmentations, seed=seed, epoch=epoch)
    return [(images[0], labels[0]) for images, labels in chunks]


def test_the_order_of_an_epoch_is_a_permutation():
    assert sorted(pipeline.order(1000, seed=0, epoch=0)) == list(range(1000))


def test_the_order_follows_from_seed_and_epoch_alone():
    first = pipeline.order(100, seed=1, epoch=1)
    np.random.default_rng().random(5)
    assert np.array_equal(pipeline.order(100, seed=1, epoch=1), first)
    assert not np.array_equal(pipeline.order(100, seed=1, epoch=2), first)
    assert not np.array_equal(pipeline.order(100, seed=2, epoch=1), first)


def test_an_epoch_shows_each_image_of_the_indices_once_with_its_own_label():
    seen = [(image, label) for images, labels in epoch_of([]) for image, label in zip(images, labels, strict=True)]
    assert len(seen) == len(INDICES)
    places = [int(np.flatnonzero((image == PIXELS).all(axis=(1, 2, 3)))[0]) for image, _ in seen]
    assert sorted(places) == list(INDICES)
    assert [label for _, label in seen] == list(LABELS[places])


@pytest.mark.parametrize(
    ("batch_size", "sizes"), [(10, [10, 10, 10, 10, 5]), (45, [45]), (2048, [45]), (9, [9] * 5), (44, [44, 1])]
)
def test_the_last_batch_may_be_smaller_and_nothing_is_dropped(batch_size, sizes):
    assert [len(labels) for _, labels in epoch_of(batch_size=batch_size)] == sizes
    assert pipeline.steps(len(INDICES), batch_size) == len(sizes)


@pytest.mark.parametrize("first", [1, 3, 4, 5])
def test_an_epoch_goes_on_in_its_middle_with_the_very_batches_that_were_left(first):
    whole = epoch_of()
    rest = list(pipeline.chunks(PIXELS, LABELS, INDICES, 10, EVERYTHING, seed=5, epoch=2, first=first))
    assert len(rest) == len(whole) - first
    for (images, labels), (wanted, answers) in zip(rest, whole[first:], strict=True):
        assert np.array_equal(images[0], wanted)
        assert np.array_equal(labels[0], answers)


def test_no_indices_make_no_batches():
    nothing = np.arange(0)
    assert list(pipeline.chunks(PIXELS, LABELS, nothing, 10, EVERYTHING, seed=0, epoch=0)) == []


def test_batches_are_bytes_of_the_images_shape():
    for images, labels in epoch_of():
        assert images.dtype == np.uint8
        assert images.shape == (len(labels), 16, 16, 3)


@pytest.mark.parametrize(
    ("batch_size", "steps", "sizes"),
    [
        (10, [1, 1, 1, 1, 1], [(1, 10)] * 4 + [(1, 5)]),
        (10, [2, 1, 64, 64], [(2, 10), (1, 10), (1, 10), (1, 5)]),
        (10, [4, 4], [(4, 10), (1, 5)]),
        (9, [3, 3], [(3, 9), (2, 9)]),
        (2048, [7], [(1, 45)]),
    ],
)
def test_chunks_hold_the_same_batches_however_many_steps_are_asked_for(batch_size, steps, sizes):
    asked = iter(steps)
    chunks = list(
        pipeline.chunks(PIXELS, LABELS, INDICES, batch_size, EVERYTHING, seed=5, epoch=2, steps=lambda: next(asked))
    )
    assert [labels.shape for _, labels in chunks] == sizes
    assert next(asked, None) is None
    flat = [pair for images, labels in chunks for pair in zip(images, labels, strict=True)]
    for (images, labels), (alone, labels_alone) in zip(flat, epoch_of(batch_size=batch_size), strict=True):
        assert images.dtype == np.uint8
        assert np.array_equal(images, alone)
        assert np.array_equal(labels, labels_alone)


def test_how_many_steps_a_chunk_has_is_asked_when_it_is_begun():
    steps = 1
    chunks = pipeline.chunks(PIXELS, LABELS, INDICES, 10, [], seed=5, epoch=2, steps=lambda: steps)
    assert len(next(chunks)[1]) == 1
    steps = 2
    assert len(next(chunks)[1]) == 2


def test_what_is_made_ahead_comes_whole_and_in_order():
    assert list(pipeline.ahead(range(100))) == list(range(100))
    assert list(pipeline.ahead([])) == []


def test_the_next_item_is_made_while_one_is_in_use():
    begun = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        begun.set()
        yield 2

    ahead = pipeline.ahead(items())
    assert next(ahead) == 1
    assert begun.wait(10)
    assert list(ahead) == [2]


def test_what_goes_wrong_ahead_is_raised_where_it_is_asked_for():
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    ahead = pipeline.ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="no more"):
        next(ahead)


@pytest.mark.parametrize("taken", [1, 3])
def test_the_thread_ends_with_what_it_serves(taken):
    threads = set(threading.enumerate())
    ahead = pipeline.ahead(range(3))
    for _ in range(taken):
        next(ahead)
    assert set(threading.enumerate()) != threads
    ahead.close()
    assert set(threading.enumerate()) == threads


def test_the_same_seed_gives_the_same_batches():
    for (images, labels), (again, labels_again) in zip(epoch_of(), epoch_of(), strict=True):
        assert np.array_equal(images, again)
        assert np.array_equal(labels, labels_again)


@pytest.mark.parametrize("other", [{"seed": 6}, {"epoch": 3}])
def test_another_seed_or_epoch_draws_anew(other):
    assert not np.array_equal(epoch_of()[0][0], epoch_of(**other)[0][0])


def test_each_step_draws_anew():
    alike = np.repeat(PIXELS[:1], 50, axis=0)
    first, second = list(pipeline.chunks(alike, LABELS, np.arange(50), 25, EVERYTHING, seed=0, epoch=0))
    assert not np.array_equal(first[0], second[0])


def seen(epoch, seed=5, batch_size=10):
    """Return the images that an alternating flip shows in an epoch, in the order of INDICES."""
    flip = [HorizontalFlip(alternate=True)]
    shown = np.concatenate([images for images, _ in epoch_of(flip, batch_size, seed, epoch)])
    return shown[np.argsort(pipeline.order(len(INDICES), seed, epoch))]


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_two_neighbouring_epochs_of_an_alternating_flip_show_both_views_of_every_image(epoch):
    one, other, third = seen(epoch), seen(epoch + 1), seen(epoch + 2)
    assert np.array_equal(other, one[:, :, ::-1])
    assert np.array_equal(third, one)


def test_which_images_an_alternating_flip_mirrors_first_is_drawn_from_the_seed():
    first = (seen(1) != PIXELS[INDICES]).any(axis=(1, 2, 3))
    assert 0.2 < first.mean() < 0.8
    assert not np.array_equal(seen(1), seen(1, seed=6))
    assert np.array_equal(seen(1), seen(1, batch_size=7))


def test_the_images_given_stay_as_they_are():
    before = PIXELS.copy()
    epoch_of()
    pipeline.preview(PIXELS, EVERYTHING, seed=1)
    assert np.array_equal(PIXELS, before)


def global_state() -> str:
    return str(np.random.get_state(legacy=False))  # noqa: NPY002


def test_the_global_random_state_has_no_part_in_it():
    first = epoch_of()
    np.random.seed(8)  # noqa: NPY002 (the global state is what this test is about)
    before = global_state()
    assert np.array_equal(epoch_of()[0][0], first[0][0])
    after = global_state()
    assert after == before


def test_a_preview_shows_what_training_would_do(monkeypatch):
    """The preview goes through the function that makes the batches, with every argument as it stands."""
    calls = []

    def recorded(images, augmentations, _):
        calls.append(augmentations)
        images += 1

    monkeypatch.setattr(augment, "apply", recorded)
    assert np.array_equal(pipeline.preview(PIXELS, EVERYTHING, seed=1), PIXELS + 1)
    epoch_of()
    assert len(calls) == 1 + 5
    assert all(augmentations is EVERYTHING for augmentations in calls)


def test_a_preview_changes_with_its_seed_only():
    first = pipeline.preview(PIXELS, EVERYTHING, seed=1)
    assert np.array_equal(pipeline.preview(PIXELS, EVERYTHING, seed=1), first)
    assert not np.array_equal(pipeline.preview(PIXELS, EVERYTHING, seed=2), first)


def test_the_order_and_the_first_batch_of_an_epoch_share_no_random_numbers():
    """SeedSequence fills up with zeros, so that [seed, epoch] and [seed, epoch, 0] would be one stream."""
    streams = [pipeline._random(*path).random() for path in [(0,), (0, 0), (0, 0, 0), (0, 1), (1,), (1, 0)]]
    assert len(set(streams)) == len(streams)
