"""The number format of a training is what was asked for, and by default what the machine does in hardware."""

import pytest
import tensorflow as tf

from imgrec.engine import precision


@pytest.mark.parametrize("asked", ["float32", "bfloat16"])
def test_what_is_asked_for_is_chosen(asked: str) -> None:
    assert precision.chosen(asked) == asked


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["sse", "avx512f"], "float32"),
        ([], "float32"),
        (["avx512_bf16"], "bfloat16"),
        (["amx_bf16", "amx_int8"], "bfloat16"),
    ],
    ids=str,
)
def test_auto_follows_the_processor(monkeypatch: pytest.MonkeyPatch, flags: list[str], found: str) -> None:
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [])
    monkeypatch.setattr(precision, "processor_flags", lambda: frozenset(flags))
    monkeypatch.delenv(precision.LIMIT, raising=False)
    assert precision.chosen("auto") == found
    monkeypatch.setenv(precision.LIMIT, "AVX2")
    assert precision.chosen("auto") == "float32"


@pytest.mark.parametrize(("capability", "found"), [((7, 5), "float32"), ((8, 0), "bfloat16"), (None, "float32")])
def test_auto_follows_the_gpu_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int] | None, found: str
) -> None:
    details = {} if capability is None else {"compute_capability": capability}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["a GPU"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: details)
    monkeypatch.setattr(precision, "processor_flags", lambda: frozenset({"avx512_bf16"}))
    assert precision.chosen("auto") == found


def test_the_flags_of_this_processor_can_be_read() -> None:
    flags = precision.processor_flags()
    assert all(flag == flag.strip() and flag for flag in flags)
