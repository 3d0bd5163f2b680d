"""`python -m imgrec.cluster.bridge DESCRIPTOR`: stands between a worker and a Ray cluster, in a process of its own.

Ray's library ends the process that it is in when it has lost its cluster: that shall not be the worker. The file
descriptor is that of its end of a connection with the worker. Messages from there: ("do", name, arguments, key),
("asked", what) and ("images", pixels). Messages to there: ("slots", how many runs the cluster takes at once),
("place", the name of the node), ("need", key), and those of imgrec/cluster/node.py; and ("died", why) where the process
on the node has ended, and not the node.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from imgrec.cluster.environment import Cluster, chosen
from imgrec.cluster.node import Node, Where, versions
from imgrec.errors import SettingsError

POLL_SECONDS = 0.2
"""How long a question to the node stays open, and so how late it hears of a stop at most."""

SLOTS_SECONDS = 10.0
"""How often it is looked how many runs the cluster takes."""

CONNECT_SECONDS = 60.0
"""How long connecting may take: Ray waits for ever for a cluster that is gone, and another one may have its address."""

LOSS_SECONDS = 3.0
"""How long Ray may take to learn that a node is gone whose processes no longer answer."""


class Bridge:
    """Passes on what a worker asks of a node, and what that answers."""

    def __init__(self, connection: "Connection[Any, Any]", cluster: Cluster) -> None:
        self._connection, self._cluster = connection, cluster
        self._asked: Any = None
        self._told_slots = float("-inf")
        self._where: Where | None = None

    def serve(self) -> None:
        """Connect, and pass on until the worker closes the connection: EOFError is raised then."""
        waiting = threading.Timer(CONNECT_SECONDS, _give_up)
        waiting.start()
        ray.init(address=self._cluster.address, namespace="imgrec", log_to_driver=False, logging_level=logging.ERROR)
        waiting.cancel()
        self._tell_slots()
        actor: Any = ray.remote(Node).options(**self._cluster.options)
        self._node = actor.remote(self._cluster.cpus, self._cluster.images)
        self._where = self._answer(self._node.where.remote())
        if self._where.versions != versions():
            raise SettingsError(
                f"The node {self._where.name} needs the versions of this computer, {_listed(versions())}. It has "
                f"{_listed(self._where.versions)}. Install them there, and resume the run."
            )
        self._connection.send(("place", self._where.name))
        while True:
            match self._connection.recv():
                case ("do", name, arguments, key):
                    self._do(name, arguments, key)
                case ("asked", what):
                    self._asked = what

    def why_lost(self, error: RayActorError) -> str | None:
        """Return why the process on the node has ended; None where the node is gone with it, or the whole cluster."""
        deadline = time.monotonic() + LOSS_SECONDS
        while self._where is not None and time.monotonic() < deadline:
            nodes = _in_time(_nodes)
            if nodes is None or self._where.id not in [node["NodeID"] for node in nodes if node["Alive"]]:
                return None
            time.sleep(POLL_SECONDS)
        return str(error)

    def _do(self, name: str, arguments: tuple[Any, ...], key: str | None) -> None:
        if key is not None and not self._answer(self._node.has.remote(key)):
            self._connection.send(("need", key))
            self._answer(self._node.keep.remote(key, ray.put(self._images())))
        self._answer(self._node.begin.remote(name, arguments, key))
        while True:
            for message in self._answer(self._node.next.remote(self._asked, POLL_SECONDS)):
                self._connection.send(message)
                if message[0] in {"done", "raised"}:
                    return

    def _images(self) -> Any:
        while True:
            match self._connection.recv():
                case ("images", pixels):
                    return pixels
                case ("asked", what):
                    self._asked = what

    def _answer(self, reference: Any) -> Any:
        """Wait for an answer of the node, and hear meanwhile what the worker says."""
        while not ray.wait([reference], timeout=POLL_SECONDS)[0]:
            self._hear()
        self._hear()
        return ray.get(reference)

    def _hear(self) -> None:
        while self._connection.poll():
            _, self._asked = self._connection.recv()
        if time.monotonic() - self._told_slots > SLOTS_SECONDS:
            self._tell_slots()

    def _tell_slots(self) -> None:
        self._told_slots = time.monotonic()
        nodes = [node["Resources"] for node in _nodes() if node["Alive"]]
        self._connection.send(("slots", self._cluster.slots(nodes)))


def main(descriptor: int) -> int:
    """Serve a worker. Return the exit status: 0 where it needs nothing more, 1 where the cluster is lost."""
    cluster = chosen()
    assert cluster is not None  # the worker has asked
    with Connection(descriptor) as connection:
        bridge = Bridge(connection, cluster)
        try:
            bridge.serve()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return 0
        except SettingsError as error:
            connection.send(("raised", error))
        except RayActorError as error:
            if why := bridge.why_lost(error):
                connection.send(("raised", _cannot_import(error)) if "failed to import" in why else ("died", why))
        except RayTaskError as error:
            connection.send(("raised", RuntimeError(str(error))))
        except (RayError, ConnectionError, TimeoutError) as error:
            print(f"The cluster at {cluster.address} does not answer: {error}", file=sys.stderr)  # noqa: T201 - the log
        except RuntimeError as error:  # Ray has no other for two versions of itself or of Python
            connection.send(("raised", SettingsError(f"The cluster at {cluster.address} cannot be used. {error}")))
    return 1


def _give_up() -> None:
    os._exit(1)  # Ray's library listens to nothing else


def _cannot_import(error: RayActorError) -> SettingsError:
    return SettingsError(
        "Every node of the cluster needs imgrec and its requirements, in the versions of this computer. One of them "
        f"cannot import it. Ray says: {error}"
    )


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {each}" for name, each in found.items())


def _nodes() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return found


def _in_time(ask: Callable[[], Any]) -> Any:
    """Return what a question to the head of the cluster gives, or None where it does not answer."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(ask()), daemon=True)
    thread.start()
    thread.join(LOSS_SECONDS)
    return found[0] if found else None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
