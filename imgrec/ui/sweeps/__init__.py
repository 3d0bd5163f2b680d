"""The parts of the Sweeps page: the form of a new sweep, and what came of one."""
