"""Read by every Python whose PYTHONPATH names this folder: its worker trains with the stub engine."""

from benchmarks import stub_engine

stub_engine.install()
