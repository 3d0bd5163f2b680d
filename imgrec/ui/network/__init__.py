"""The parts of the Network page."""
