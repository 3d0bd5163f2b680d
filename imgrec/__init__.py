"""imgrec: build, train and understand small image classifiers."""

__version__ = "0.1.0"
