"""Datasets of one's own pictures as cards: what each holds, its versions, and how it is removed."""

import streamlit as st

from imgrec import jobs, quantities
from imgrec.datasets import DATASETS, own
from imgrec.datasets.own import OwnDataset, Version
from imgrec.errors import DatasetError
from imgrec.ui import assignment, browser, cached, draft, icons, ready_made, sheets, words

EXAMPLES = 6
"""Classes of which a card shows an image."""


def every() -> list[OwnDataset]:
    """List the datasets of this visitor's own pictures."""
    return own.every(browser.store().own_datasets)


def card(kept: OwnDataset) -> None:
    """Draw the card of a dataset: of the version in use, else of the newest."""
    try:
        versions = kept.versions()
        used = next((version for version in versions if used_name(kept, version) == draft.get().dataset), None)
        shown = used or kept.newest
        _card(kept, versions, shown, in_use=used is not None)
    except DatasetError as error:
        st.markdown(f"**{kept.name}**")
        st.error(words.literal(str(error)), icon=":material/error:")
        _removal(kept, kept.name)


def used_name(kept: OwnDataset, version: Version) -> str:
    """Return what a config calls a version."""
    return f"{kept.name}@{version.id}"


def use(kept: OwnDataset, version: Version) -> None:
    """Make a version the dataset of the draft."""
    ready_made.take_dataset(used_name(kept, version))


def in_use() -> tuple[OwnDataset, Version] | None:
    """Return the dataset of own pictures that the draft learns from, and its version; None of a built-in one."""
    name, _, id = draft.get().dataset.partition("@")
    if not id:
        return None
    kept = OwnDataset(browser.store().own_datasets / name)
    return kept, kept.version(id)


def _card(kept: OwnDataset, versions: list[Version], shown: Version, *, in_use: bool) -> None:
    dataset, fixed = kept.dataset(shown), assignment.is_fixed("dataset")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{words.literal(dataset.title)}**", width="content")
        with st.container(horizontal=True, width="content", gap="xsmall"):
            st.button(
                "In use" if in_use else "Use",
                icon=":material/check:" if in_use else None,
                key=f"use-{kept.name}",
                disabled=in_use or fixed,
                on_click=use,
                args=(kept, shown),
            )
            with st.popover(icons.of("More", kept.manifest.title), key=f"more-{kept.name}"):
                _versions(kept, versions, shown, fixed=fixed)
                _removal(kept, kept.manifest.title)
    height, width, channels = dataset.image_shape
    grey = ", grey" if channels == 1 else ""
    st.caption(
        f"{dataset.train_images:,} training and {dataset.test_images:,} test images · "
        f"{len(dataset.class_names)} classes · {width}×{height} pixels{grey}"
    )
    with st.container(horizontal=True, gap="xsmall", wrap=False):
        for label, name in enumerate(dataset.class_names[:EXAMPLES]):
            image = sheets.of_class(dataset.name, label, 1, 1, 0)
            if image:
                st.image(image, width=48, alt=name)
    st.caption(f"Your own pictures, from {words.literal(dataset.source)}")


def _versions(kept: OwnDataset, versions: list[Version], shown: Version, *, fixed: bool) -> None:
    """Draw the versions, the newest first, each with what was changed and a button that uses it."""
    st.markdown("**Versions**")
    for version in versions:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            images = quantities.count(version.train + version.validation + version.test, "image")
            said = f"{version.number} · {words.literal(version.change)} {images}"
            st.markdown(f"**{said}**" if version is shown else said, width="content")
            if version is not shown:
                key = f"version-{kept.name}-{version.id}"
                st.button("Use", key=key, disabled=fixed, on_click=use, args=(kept, version))


def _removal(kept: OwnDataset, title: str) -> None:
    if st.button("Remove …", icon=":material/delete:", key=f"remove-{kept.name}", type="tertiary"):
        _ask(kept, title)


@st.dialog("Remove this dataset?", icon=":material/delete:")
def _ask(kept: OwnDataset, title: str) -> None:
    size = quantities.size(kept.disk_bytes())
    st.markdown(
        f"**{words.literal(title)}** and all its versions are deleted ({size}). Runs that learnt from it stay, with "
        "their results and models, but can no longer show its images. This cannot be undone."
    )
    if learning := jobs.learning_from(browser.store(), kept.name):
        names = ", ".join(words.literal(run.name) for run in learning[:3])
        st.warning(f"{names} still needs it. Stop that first, or wait until it has ended.", icon=":material/lock:")
    with st.container(horizontal=True):
        removed = st.button(
            "Remove", type="primary", key="remove", disabled=bool(learning), on_click=_remove, args=(kept,)
        )
        if st.button("Keep it") or removed:
            st.rerun()


def _remove(kept: OwnDataset) -> None:
    jobs.remove_dataset(browser.store(), kept.name)
    if draft.get().dataset.startswith(f"{kept.name}@"):
        ready = next((name for name in DATASETS if cached.is_available(name)), next(iter(DATASETS)))
        ready_made.take_dataset(ready)
