"""What a layer is, and what one says where it cannot stand."""

from imgrec.errors import ShapeError
from imgrec.settings import NamedSettings

Shape = tuple[int, ...]
"""What flows between layers: an image (height, width, channels) or a vector (features,)."""

ACTIVATIONS = ("linear", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh")


class Layer(NamedSettings):
    """A layer of the stack; parameters count every weight that Keras stores, also those not trained."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape after this layer. Raises ShapeError where the layer cannot stand."""
        return shape

    def count_params(self, shape: Shape) -> int:
        """Count the weights of this layer on an input of this shape."""
        return 0

    def multiply_adds(self, shape: Shape) -> int:
        """Count the multiply-add operations of convolutions and matrix products for one image."""
        return 0

    def summary(self) -> str:
        """Say the settings in one line."""
        return ""


def image_shape(layer: Layer, shape: Shape) -> tuple[int, int, int]:
    """Return height, width and channels. Raises ShapeError where the layer is given a vector."""
    if len(shape) != 3:
        raise ShapeError(
            f"{type(layer).__name__} needs an image. Received: a vector of {shape[0]:,} numbers. "
            "Move it above the layer that makes the vector (Flatten or global pooling), or remove it."
        )
    return shape[0], shape[1], shape[2]


def require_pixels(layer: Layer, shape: Shape, setting: str, remedy: str) -> None:
    """Raise ShapeError, with the remedy, where an image is smaller than the square whose side is this setting."""
    side = getattr(layer, setting)
    if min(shape[:2]) < side:
        raise ShapeError(
            f"{type(layer).__name__}({setting}={side}) needs at least {side}×{side} pixels. "
            f"Received: {pixels(shape)}. {remedy}"
        )


def window(layer: Layer, shape: Shape, kernel_size: int, strides: int, padding: str) -> tuple[int, int]:
    """Return height and width after a filter has slid over the image. Raises ShapeError where it does not fit."""
    height, width, _ = image_shape(layer, shape)
    if padding == "same":
        return -(-height // strides), -(-width // strides)
    if min(height, width) < kernel_size:
        raise ShapeError(
            f"{type(layer).__name__}(kernel_size={kernel_size}, padding=valid) needs at least "
            f"{kernel_size}×{kernel_size} pixels. Received: {pixels(shape)}. "
            "Choose padding=same or a smaller kernel_size, or remove a pooling layer above it."
        )
    return (height - kernel_size) // strides + 1, (width - kernel_size) // strides + 1


def pixels(shape: Shape) -> str:
    """Say height and width: 32×32 pixels."""
    return f"{shape[0]}×{shape[1]} pixels"
