"""The parts of the page Class."""
