"""Build a convolutional network layer by layer, train it live, and see what it gets wrong and why."""

from pathlib import Path

__version__ = "0.1.0"

_HERE = Path(__file__).resolve().parent

_PACKED = _HERE / "app" / "app.py"

APP = _PACKED if _PACKED.exists() else _HERE.parent / "app.py"
"""What `streamlit run` starts: in a wheel it lies in the package, in a checkout beside it."""
