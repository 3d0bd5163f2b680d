"""A Ray cluster on this machine alone: its nodes have addresses of their own on the loopback interface."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks import contest

START_SECONDS = 120.0


class LocalCluster:
    """A head, which trains nothing, and some nodes; each is a group of processes that can be killed."""

    def __init__(self, nodes: int, cpus: int, environment: dict[str, str] | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True)
        self._environment = {**(environment or os.environ), "RAY_USAGE_STATS_ENABLED": "0"}
        self._cpus = cpus
        self._nodes: dict[int, subprocess.Popen[bytes]] = {}
        self.port = 0
        self._count = nodes
        self.start_all()

    @property
    def address(self) -> str:
        return f"127.0.0.2:{self.port}"

    def start_all(self) -> None:
        """Start the head, at the port that it has had before if any, and the nodes, one after another.

        Those that start at once on one machine may choose the same ports.
        """
        self.port = self.port or _free_port()
        options = [f"--port={self.port}", "--include-dashboard=false", "--num-cpus=0", "--memory=1000000000"]
        self._head = self._started("127.0.0.2", ["--head", *options, "--temp-dir", self._folder.name])
        for number in range(self._count):
            self.start(number)

    def start(self, number: int) -> None:
        """Start a node."""
        options = [f"--address={self.address}", f"--num-cpus={self._cpus}", "--memory=20000000000"]
        self._nodes[number] = self._started(f"127.0.0.{number + 3}", options)

    def kill(self, number: int) -> None:
        """Kill a node with all its processes, as a machine that loses its power."""
        _kill(self._nodes.pop(number))

    def kill_all(self) -> None:
        """Kill the head and the nodes."""
        for number in [*self._nodes]:
            self.kill(number)
        _kill(self._head)

    def close(self) -> None:
        """Kill everything."""
        self.kill_all()
        self._folder.cleanup()

    def _started(self, address: str, options: list[str]) -> subprocess.Popen[bytes]:
        ray = Path(sys.executable).with_name("ray")
        common = [f"--node-ip-address={address}", "--object-store-memory=150000000", "--block"]
        log = Path(self._folder.name) / f"{address}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [ray, "start", *options, *common],
                cwd=contest.ROOT,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while "runtime started" not in log.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > deadline:
                _kill(process)
                raise RuntimeError(f"The node did not start. Its log:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        return process


@contextmanager
def cluster(nodes: int = 2, cpus: int = 1, environment: dict[str, str] | None = None) -> Iterator[LocalCluster]:
    """Give a cluster, and end it."""
    found = LocalCluster(nodes, cpus, environment)
    try:
        yield found
    finally:
        found.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Those that train have process groups of their own.
    with suppress(psutil.Error):
        for each in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
            with suppress(psutil.Error):
                each.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.2", 0))
        port: int = found.getsockname()[1]
        return port
