"""Which settings of a config can vary, what people call them, and between which values they may vary at first."""

from pydantic.fields import FieldInfo

from imgrec.config import RunConfig, Training
from imgrec.settings import entries, is_log, is_whole, limits, options, title
from imgrec.sweep import Varied


def can_vary(config: RunConfig) -> dict[str, str]:
    """Return the settings of a config that a sweep can vary, each with what people call it."""
    training = {
        f"training.{name}": title(name, field)
        for name, field in Training.model_fields.items()
        if name not in {"seed", "devices"} and _varies(field)
    }
    optimizer = type(config.training.optimizer)
    parts = {
        "training.optimizer": (optimizer.__name__, config.training.optimizer),
        **{
            f"layers.{place}": (f"Layer {place + 1} {type(one).__name__}", one)
            for place, one in enumerate(config.layers)
        },
        **{f"augmentations.{place}": (type(one).__name__, one) for place, one in enumerate(config.augmentations)},
    }
    own = {
        f"{path}.{name}": f"{called} · {title(name, field)}"
        for path, (called, part) in parts.items()
        for name, field in type(part).model_fields.items()
        if _varies(field)
    }
    return training | own


def suggested(config: RunConfig, path: str) -> Varied:
    """Return how a setting of a config may vary at first: around its value, or over all that it can be."""
    field, value = config.field(path), config.setting(path)
    bounds, offered = limits(field), options(field) or list(entries(field))
    if offered or bounds is None:
        return Varied(setting=path, values=tuple(offered) or (False, True))
    low, high = bounds
    log = is_log(field) or (is_whole(field) and value >= 8)  # 16, 32, 64 rather than 16, 40, 64
    if log and not value:  # switched off: what is usual when it is on
        step = float(field.json_schema_extra["step"])  # type: ignore[index, arg-type]
        around = step, min(high, 1000 * step)
    elif log:
        around = max(low, value / 4), min(high, value * 4)
    else:
        reach = max((high - low) / 10, abs(value) / 2, 1 if is_whole(field) else 0)
        around = max(low, value - reach), min(high, value + reach)
    whole_numbers = is_whole(field)
    readable = (float(round(edge) if whole_numbers else f"{edge:.3g}") for edge in around)
    first, last = (min(max(edge, low), high) for edge in readable)
    return Varied(setting=path, low=first, high=last, log=log)


def _varies(field: FieldInfo) -> bool:
    return bool(limits(field) or options(field) or entries(field)) or field.annotation is bool
