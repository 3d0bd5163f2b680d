"""Presets and templates become the draft, adapted to the images of its dataset."""

from imgrec import presets
from imgrec.config import RunConfig
from imgrec.presets import Preset
from imgrec.templates import Template
from imgrec.ui import browser, draft


def take_preset(preset: Preset) -> None:
    """Make a preset the draft, for its own dataset, or for the draft's where no preset was measured on that."""
    kept = draft.get().dataset
    config = preset.config if kept in presets.MEASURED_ON else preset.config.replace(dataset=kept)
    _take(config, f"the preset **{preset.title}**")


def take_template(template: Template) -> None:
    """Put the layers of a template into the draft."""
    _take(draft.get().replace(layers=template.layers), f"the layers of the template **{template.title}**")


def _take(config: RunConfig, what: str) -> None:
    info = browser.store().dataset(config.dataset).info
    config, reasons = presets.adapted(config, info.image_shape, len(info.class_names))
    draft.replace(config, what, reasons)
