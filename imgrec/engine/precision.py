"""Which number format a training computes in: bfloat16 where the processor or the GPU has instructions for it."""

import os
from pathlib import Path

import tensorflow as tf

PROCESSOR_FLAGS = ("avx512_bf16", "amx_bf16")
"""The flags of processors that multiply bfloat16 in hardware; without them it is several times slower than float32."""

LIMIT = "ONEDNN_MAX_CPU_ISA"
"""The environment variable that names the most that oneDNN may use of the processor."""

AMPERE = (8, 0)
"""The first compute capability of NVIDIA's GPUs that has bfloat16."""


def chosen(precision: str) -> str:
    """Return "float32" or "bfloat16" for the setting, which may also be "auto"."""
    if precision != "auto":
        return precision
    return "bfloat16" if _in_hardware() else "float32"


def _in_hardware() -> bool:
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        return all(found.get("compute_capability", (0, 0)) >= AMPERE for found in details)
    # oneDNN that is held to less than the processor can do refuses to compute in bfloat16.
    return os.environ.get(LIMIT, "DEFAULT") == "DEFAULT" and not processor_flags().isdisjoint(PROCESSOR_FLAGS)


def processor_flags() -> frozenset[str]:
    """Return what Linux says the first processor can do; nothing elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    flags = [line.split(":", 1)[1] for line in text.splitlines() if line.startswith("flags")]
    return frozenset(flags[0].split()) if flags else frozenset()
