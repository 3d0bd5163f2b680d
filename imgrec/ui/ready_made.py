"""Presets, templates and datasets come into the draft, adapted to each other."""

from contextlib import suppress

from imgrec import adaptation, presets
from imgrec.errors import DatasetError
from imgrec.presets import Preset
from imgrec.templates import Template
from imgrec.ui import browser, draft, words


def take_preset(preset: Preset) -> None:
    """Make a preset the draft, for its own dataset, or for the draft's where no preset was measured on that."""
    kept = draft.get().dataset
    info = browser.store().dataset(preset.config.dataset if kept in presets.MEASURED_ON else kept).info
    config, reasons = adaptation.fitted(preset.config, info)
    draft.replace(config, f"the preset **{preset.title}**", reasons)


def take_template(template: Template) -> None:
    """Put the layers of a template into the draft."""
    info = draft.dataset().info
    config = draft.get().replace(layers=template.layers, start=None)
    config, reasons = presets.adapted(config, info.image_shape, len(info.class_names))
    draft.replace(config, f"the layers of the template **{template.title}**", reasons)


def take_dataset(name: str) -> None:
    """Make a dataset the draft's. Layers and training settings that are those of a preset are adapted to it.

    Layers that are copied from a run stay: changed, they would not be what has learnt.
    """
    store, config = browser.store(), draft.get()
    info = store.dataset(name).info
    adapted = config.replace(dataset=name)
    reasons: tuple[str, ...] = ()
    with suppress(DatasetError):  # the dataset before was removed: what had been adapted to it is not known
        before = store.dataset(config.dataset).info
        for preset in presets.PRESETS.values():
            then, _ = adaptation.fitted(preset.config, before)
            if config.layers == then.layers and config.start is not None:
                if config.training == then.training:
                    training, reasons = adaptation.for_few_images(preset.config.training, info.train_images)
                    adapted = adapted.replace(training=training)
                break
            if config.layers == then.layers:
                now, reasons = adaptation.fitted(preset.config, info)
                training = now.training if config.training == then.training else config.training
                adapted = adapted.replace(layers=now.layers, training=training)
                break
    if (adapted.layers, adapted.training) == (config.layers, config.training):
        draft.put(adapted)
    else:
        draft.replace(adapted, f"for **{words.literal(info.title)}**", reasons)
