"""Boundaries: which room may import what. A module that belongs to no room, or imports past its room, fails here."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

PLAIN = (
    "errors",
    "files",
    "records",
    "quantities",
    "names",
    "settings",
    "profiles",
    "layers",
    "augmentations",
    "optimizers",
    "links",
    "config",
    "sweep",
    "varying",
    "presets",
    "adaptation",
    "templates",
    "architecture",
    "transfer",
    "fixes",
    "excess",
)
"""Instant to import: the standard library, pydantic, and the names to their left."""


@dataclass(frozen=True)
class Room:
    """What the modules of one room may import beside the standard library and each other.

    A room's name is a module or a package with all below it; also names modules outside of that package.
    """

    libraries: str = ""
    rooms: str = ""
    rooms_inside_functions: str = ""
    also: str = ""
    each_other: bool = True


WEB = (
    "addresses edge examples outcome runs classroom jobs datasets importing inspection findings differences "
    "metrics framing uploads classifier variations verdict predictor swept charts spreadsheet"
)
ROOMS = {
    "imgrec": Room(),
    **{f"imgrec.{name}": Room("pydantic pydantic_core", " ".join(PLAIN[:i])) for i, name in enumerate(PLAIN)},
    "imgrec.datasets": Room("numpy PIL pooch requests filelock pydantic", "PLAIN locks"),
    "imgrec.features": Room("numpy", "PLAIN datasets findings lite examples"),
    "imgrec.inspection": Room("numpy pydantic", "PLAIN locks datasets findings features"),
    "imgrec.differences": Room("", "PLAIN datasets"),
    "imgrec.spreadsheet": Room("", "PLAIN"),
    "imgrec.metrics": Room("numpy", "PLAIN"),
    "imgrec.swept": Room("numpy", "PLAIN metrics"),
    "imgrec.findings": Room("numpy", "PLAIN datasets metrics"),
    "imgrec.png": Room("", "PLAIN"),
    "imgrec.limits": Room("", "PLAIN"),
    "imgrec.locks": Room("filelock", "PLAIN"),
    "imgrec.addresses": Room("", "PLAIN"),
    "imgrec.framing": Room("numpy PIL", "PLAIN"),
    "imgrec.uploads": Room("numpy PIL pi_heif", "PLAIN png framing"),
    "imgrec.variations": Room("numpy PIL", "PLAIN uploads"),
    "imgrec.classifier": Room("numpy", "PLAIN uploads datasets"),
    "imgrec.lite": Room("numpy ai_edge_litert", "PLAIN datasets classifier"),
    "imgrec.charts": Room("numpy pandas plotly", "PLAIN metrics swept"),
    "imgrec.runs": Room("numpy filelock pydantic", "PLAIN locks datasets"),
    "imgrec.examples": Room("numpy", "PLAIN runs"),
    "imgrec.edge": Room("", "PLAIN datasets runs"),
    "imgrec.classroom": Room("filelock pydantic pydantic_core", "PLAIN datasets runs"),
    "imgrec.jobs": Room("filelock psutil", "PLAIN locks cluster runs datasets classroom examples"),
    "imgrec.outcome": Room("", "PLAIN runs jobs datasets metrics"),
    "imgrec.scheduler": Room("filelock", "PLAIN edge jobs runs"),
    "imgrec.verdict": Room("numpy", "PLAIN metrics runs"),
    "imgrec.predictor": Room("numpy", "PLAIN runs framing uploads classifier"),
    "imgrec.quick": Room("numpy filelock", "PLAIN edge executor lite runs jobs datasets"),
    "imgrec.allowance": Room("", "PLAIN limits runs jobs"),
    "imgrec.worker": Room(
        "filelock",
        "PLAIN edge limits allowance executor cluster fitting runs jobs datasets metrics",
        rooms_inside_functions="quick",
    ),
    "imgrec.cli": Room(
        "numpy tqdm",
        "PLAIN edge examples outcome runs jobs datasets importing differences metrics uploads verdict predictor "
        "spreadsheet",
        also="imgrec.__main__",
    ),
    "imgrec.importing": Room(
        "numpy psutil pydantic pydantic_core", "PLAIN locks limits framing uploads datasets findings"
    ),
    "imgrec.fitting": Room("numpy", "PLAIN datasets"),
    "imgrec.executor": Room("numpy", "PLAIN limits datasets fitting", rooms_inside_functions="engine"),
    "imgrec.cluster": Room("numpy filelock ray", "PLAIN limits datasets fitting executor"),
    "imgrec.engine": Room("numpy keras tensorflow", "PLAIN datasets fitting limits framing uploads classifier lite"),
    "imgrec.server": Room("starlette streamlit google", "PLAIN addresses edge"),
    "imgrec.ui": Room("streamlit starlette numpy pandas PIL plotly pydantic", f"PLAIN {WEB}"),
    "pages": Room("streamlit", f"PLAIN {WEB} ui", each_other=False),
    "app": Room("streamlit starlette", f"PLAIN {WEB} ui server"),
}


def module_of(path: Path) -> str:
    """Return the dotted name of a file: imgrec.engine for imgrec/engine/__init__.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_of(path): path
    for path in sorted([*ROOT.glob("app.py"), *ROOT.glob("pages/**/*.py"), *ROOT.glob("imgrec/**/*.py")])
}


def room_of(module: str) -> str | None:
    """Return the room a module lies in, or None. The package itself is a room, but not one for all below it."""
    for name, room in ROOMS.items():
        inside = module.startswith(f"{name}.") and name != "imgrec"
        if module == name or inside or module in room.also.split():
            return name
    return None


def imported(module: str, source: str, is_package: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield every module that a source imports, and whether it does so inside a function."""
    tree = ast.parse(source)
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
    late = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level + is_package or None] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            inner = [f"{origin}.{alias.name}" for alias in node.names]
            names = [name if name in FILES else origin for name in inner]
        else:
            continue
        yield from ((name, id(node) in late) for name in names)


def offences(module: str, source: str, is_package: bool = False) -> list[str]:
    """Say in words which imports of a source its room does not allow."""
    home = room_of(module) or module
    room = ROOMS[home]
    found = []
    for name, late in imported(module, source, is_package):
        if name.split(".")[0] in {"imgrec", "pages", "app"}:
            allowed = room.rooms + (f" {room.rooms_inside_functions}" if late else "")
            names = {f"imgrec.{n}" for n in allowed.replace("PLAIN", " ".join(PLAIN)).split()}
            fine = room_of(name) in names | {"imgrec"} or (room_of(name) == home and room.each_other)
        else:
            fine = name.split(".")[0] in {*sys.stdlib_module_names, *room.libraries.split()}
        if not fine:
            found.append(f"{module} imports {name}, which the room {home} may not")
    return found


def test_every_module_belongs_to_a_room():
    homeless = [module for module in FILES if room_of(module) is None]
    assert not homeless, f"A new module needs a room: add it to ROOMS above. Received: {', '.join(homeless)}."


def test_no_module_belongs_to_two_rooms():
    for name, room in ROOMS.items():
        others = [other for other in ROOMS if other not in {name, "imgrec"}]
        for module in (name, *room.also.split()):
            assert not any(module == other or module.startswith(f"{other}.") for other in others)


@pytest.mark.parametrize("module", [module for module in FILES if room_of(module)])
def test_a_module_imports_only_what_its_room_may(module):
    source = FILES[module].read_text(encoding="utf-8")
    assert offences(module, source, FILES[module].name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("imgrec.layers", "import numpy"),
        ("imgrec.layers", "from imgrec.config import RunConfig"),
        ("imgrec.layers", "from .config import RunConfig"),
        ("imgrec.layers", "from . import config"),
        ("imgrec.metrics", "import pandas as pd"),
        ("imgrec.charts", "import streamlit"),
        ("imgrec.charts", "from imgrec import runs"),
        ("imgrec.runs", "def later():\n    import tensorflow"),
        ("imgrec.jobs", "def later():\n    from imgrec.engine import training"),
        ("imgrec.worker", "def main():\n    from imgrec.engine.training import train"),
        ("imgrec.executor", "from imgrec.engine.fit import fit"),
        ("imgrec.engine.network", "from imgrec import runs"),
        ("imgrec.engine.network", "from ..runs import Run"),
        ("imgrec.engine.network", "import os, streamlit"),
        ("imgrec.ui.draft", "import keras.layers"),
        ("imgrec.ui.draft", "from imgrec import layers, engine"),
        ("imgrec.ui.draft", "def later():\n    import imgrec.engine.prediction as p"),
        ("pages.train", "import pages.start"),
        ("pages.train", "from imgrec.engine import pipeline"),
        ("app", "import tensorflow"),
        ("imgrec.server.uploads", "from imgrec import ui"),
    ],
)
def test_an_import_past_the_room_is_found(module, source):
    assert len(offences(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("imgrec.layers", "import os.path\nfrom imgrec.errors import ShapeError\nfrom imgrec import __version__"),
        ("imgrec.executor", "def fit():\n    from imgrec.engine.fit import fit"),
        ("imgrec.engine.training", "import numpy.typing\nfrom imgrec.engine import pipeline\nfrom . import network"),
        ("pages.train", "from imgrec.ui import draft\nfrom imgrec import charts"),
    ],
)
def test_an_import_within_the_room_is_fine(module, source):
    assert offences(module, source) == []


def loaded_by(code: str) -> set[str]:
    """Return the outermost packages that a fresh Python has loaded after running code."""
    code += "\nimport sys\nprint(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.slow
def test_the_plain_modules_load_neither_numpy_nor_pandas():
    loaded = loaded_by("\n".join(f"import imgrec.{name}" for name in PLAIN))
    assert not loaded & {"numpy", "pandas", "PIL", "streamlit", "plotly", "tensorflow", "keras"}
    assert "pydantic" in loaded


@pytest.mark.slow
def test_the_web_process_and_the_command_line_do_not_load_tensorflow():
    """The first page is drawn, too; and the warm child itself has TensorFlow only from its first model on."""
    web = [m for m in FILES if m.startswith("imgrec.") and room_of(m) not in {"imgrec.engine", None}]
    code = [f"import {module}" for module in [*web, "imgrec.engine.serve"] if module != "imgrec.ui.shell"]
    draw = [
        "from streamlit.testing.v1 import AppTest",
        "assert not AppTest.from_file('imgrec/ui/shell.py').run(timeout=60).exception",
    ]
    loaded = loaded_by("\n".join([*code, *draw]))
    assert not loaded & {"tensorflow", "keras", "jax", "torch"}
    assert {"imgrec", "streamlit", "numpy"} <= loaded
