"""Documentation: its commands run, its links lead somewhere, its tables hold what the code holds."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from streamlit.config import get_config_options

from benchmarks import stage
from imgrec import __version__, cli, runs
from imgrec.augmentations import AUGMENTATIONS
from imgrec.datasets import DATASETS
from imgrec.layers import ACTIVATIONS, LAYERS
from imgrec.optimizers import OPTIMIZERS
from imgrec.presets import PRESETS

ROOT = Path(__file__).resolve().parents[1]
PAPERS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
CLI = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BOUNDARIES = runpy.run_path(str(ROOT / "tests/test_boundaries.py"))
PLAIN, ROOMS = BOUNDARIES["PLAIN"], BOUNDARIES["ROOMS"]
RUN_APP, RUN_TESTS = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)


def section(paper: str, heading: str) -> str:
    """Return the text below a heading, up to the next one of any level."""
    return re.split(r"^#+ ", paper.split(f"# {heading}\n")[1], flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of a text's table, without its head."""
    found = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in cells] for cells in found][2:]


def ticked(text: str) -> set[str]:
    """Return what stands between backticks, blocks of code left out."""
    return set(re.findall(r"`([^`]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)))


def pins(name: str) -> dict[str, str]:
    """Return the exact versions in a requirements file; fails where a line is no pin."""
    lines = [line.split(" #")[0] for line in (ROOT / name).read_text().splitlines() if line[:1] not in "#-"]
    return dict(line.split("==") for line in lines)


def run(*command: str, cwd: Path) -> str:
    """Run Python in a folder and return its output; fail with it where it fails."""
    done = subprocess.run([sys.executable, *command], cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_readme_has_two_commands_that_differ_in_what_they_run():
    start = "python3 -m venv .venv && .venv/bin/pip install -r {} && .venv/bin/{}"
    assert start.format("requirements.txt", "streamlit run app.py") == RUN_APP
    assert start.format("requirements-dev.txt", "python -m pytest -n 2") == RUN_TESTS
    assert README.index("![") < README.index(RUN_APP) < README.index(RUN_TESTS) < README.index("\n## ")


def test_readme_is_read_in_a_few_minutes():
    assert len(README.splitlines()) <= 150


def test_ci_runs_readmes_test_command():
    """With its own two lines; a change of README that they no longer find is seen here."""
    script = (ROOT / ".ci/run").read_text()
    finding = re.search(r"^setup_and_test=.*\nsetup=.*$", script, re.MULTILINE)
    assert finding is not None
    printed = subprocess.run(
        ["bash", "-c", f'{finding[0]}\nprintf "%s\\n" "$setup_and_test" "$setup"'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.splitlines() == [RUN_TESTS, RUN_TESTS.removesuffix(" && .venv/bin/python -m pytest -n 2")]
    assert script.endswith('bash -c "$setup_and_test"\n')
    assert os.access(ROOT / ".ci/run", os.X_OK)


@pytest.mark.parametrize(
    ("python3", "others", "newest"),
    [
        ("3.11.7", ["3.12", "3.13"], "3.13"),
        ("3.11.7", ["3.12"], "3.12"),
        ("3.12.1", ["3.12", "3.13"], "3.13"),
        ("3.12.1", ["3.12"], ""),
        ("3.13.0", ["3.12", "3.13"], ""),
        ("3.11.7", [], ""),
    ],
)
def test_ci_finds_the_newest_python_that_is_newer_than_python3(tmp_path, python3, others, newest):
    """Among those that answer: a command of pyenv fails where its version is not set."""
    for name, does in {
        "python3": f"echo Python {python3}",
        **{f"python{other}": f'[ "$PYENV_VERSION" = {other} ]' for other in others},
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    finding = re.search(r"^newest=\n.*?^done$", (ROOT / ".ci/run").read_text(), re.MULTILINE | re.DOTALL)
    bash = shutil.which("bash")
    assert finding is not None
    assert bash is not None
    found = subprocess.run(
        [bash, "-euc", f'{finding[0]}\necho "$newest"'],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == f"{newest}\n"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pins_are_what_the_tests_run_with(name):
    assert pins(name) == {library: version(library) for library in pins(name)}


def locked(name):
    """Return the exact versions in a lock file, which holds nothing but them and the hashes of their files."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", text, re.MULTILINE)
    assert len(text.splitlines()) == 1 + sum(1 + hashes.count("--hash") for _, _, hashes in entries)
    return {library: found for library, found, _ in entries}


def test_the_locks_hold_the_pins_and_are_what_the_tests_run_with():
    running, more = locked("requirements.lock"), locked("requirements-dev.lock")
    both = running | more
    assert both == {library: version(library) for library in both}
    assert pins("requirements.txt").items() <= running.items()
    assert pins("requirements-dev.txt").items() <= both.items()
    for name in ("requirements", "requirements-dev"):
        assert f"-r {name}.lock" in (ROOT / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def test_requirements_are_the_projects_dependencies_within_their_ranges():
    ranges = {needed.name: needed for needed in map(Requirement, PROJECT["project"]["dependencies"])}
    assert list(pins("requirements.txt")) == list(ranges)
    for name, pinned in pins("requirements.txt").items():
        assert pinned in ranges[name].specifier


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_exist(paper):
    for link in re.findall(r"\]\(([^)]+)\)", paper.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        file, _, heading = link.partition("#")
        target = paper.parent / file if file else paper
        assert target.exists(), link
        titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE) if heading else []
        assert not heading or heading in {title.lower().replace(" ", "-") for title in titles}, link


@pytest.mark.parametrize("name", [*LAYERS, *ACTIVATIONS, *AUGMENTATIONS, *OPTIMIZERS, *DATASETS])
def test_readme_names_what_can_be_chosen(name):
    assert name in ticked(section(README, "What it does"))


def test_readme_lists_the_presets_with_what_was_measured():
    said = [[f"`{preset.name}`", preset.description, preset.measured] for preset in PRESETS.values()]
    assert rows(section(README, "Presets")) == said
    assert all(preset.measured for preset in PRESETS.values())


def test_the_commands_are_listed(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    commands = re.findall(r"^    (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert {name.strip("`") for name, _ in rows(section(CLI, "The command line"))} == set(commands)


def test_every_environment_variable_is_named_and_no_other():
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("imgrec/**/*.py"))
    used = set(re.findall(r'(?:environ[.\w]*[(\[]|variable=)"(IMGREC_\w+)"', code))
    assert {row[0].strip("`") for row in rows(section(CLI, "What is kept where"))} == used


def test_the_variables_of_a_cluster_are_those_that_are_read():
    code = (ROOT / "imgrec/cluster/environment.py").read_text(encoding="utf-8")
    used = set(re.findall(r'"(IMGREC_\w+)"', code))
    deploy = (ROOT / "docs/deploy.md").read_text(encoding="utf-8").split("### A Ray cluster")[1].split("### ")[0]
    assert {row[0].strip("`") for row in rows(deploy)} == used


def test_the_changelog_has_this_version():
    assert PROJECT["project"]["version"] == __version__
    assert re.search(rf"^## .*\b{re.escape(__version__)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_architecture_lists_the_files_of_a_run_as_the_code_does():
    said = [cells[0].strip("`") for cells in rows(section(ARCHITECTURE, "The run folder").split("\n\n")[0])]
    assert said == [cells[0] for cells in rows(sys.modules[runs.Run.__module__].__doc__ or "")]


def test_the_architecture_lists_the_states_of_a_run():
    table = section(ARCHITECTURE, "The run folder").split("| files | state |")[1]
    assert set(re.findall(r"\| (\w+) \|$", table, re.MULTILINE)) == set(runs.State)


def test_the_map_has_every_module():
    there = {path.name for path in [*ROOT.glob("imgrec/**/*.py"), *ROOT.glob("pages/*.py")]} - {"__init__.py"}
    assert set(re.findall(r"[\w.]+\.py", section(ARCHITECTURE, "The map"))) == there | {"app.py", "setup.py"}


def test_the_table_of_imports_is_the_one_that_is_enforced():
    said = {}
    for names, libraries, rooms in rows(section(ARCHITECTURE, "Who may import what"))[1:]:
        always, _, inside = rooms.partition("inside functions")
        room, *also = re.findall(r"`(\w+)`", names)
        said[room] = also, ticked(libraries), ticked(always), ticked(inside), "no other page" not in rooms
    enforced = {
        name.removeprefix("imgrec."): (
            [module.removeprefix("imgrec.") for module in room.also.split()],
            set(room.libraries.split()),
            set(room.rooms.replace("PLAIN", "plain").split()),
            set(room.rooms_inside_functions.split()),
            room.each_other,
        )
        for name, room in ROOMS.items()
        if name != "imgrec" and name.removeprefix("imgrec.") not in PLAIN
    }
    assert said == enforced
    assert re.findall(r"`(\w+)`", rows(section(ARCHITECTURE, "Who may import what"))[0][0]) == list(PLAIN)


def test_the_options_for_hosting_exist_in_streamlit():
    named = {word for word in ticked(DEPLOY) if re.fullmatch(r"(server|client|browser|runner|theme)\.\w+", word)}
    named |= set(re.findall(r"--((?:server|client|browser)\.\w+)", DEPLOY))
    assert len(named) > 5
    assert named <= get_config_options().keys()


@pytest.fixture
def with_a_layer(tmp_path):
    """Return a copy of the code with the example of a layer put where CONTRIBUTING says."""
    layer, entry = re.findall(r"^```python\n(.*?)^```", section(CONTRIBUTING, "Add a layer"), re.MULTILINE | re.DOTALL)
    for name in ("imgrec", "tests", "benchmarks"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / "imgrec/layers/__init__.py"
    before, table = path.read_text(encoding="utf-8").split("LAYERS: ")
    last = "        Dense,\n"
    path.write_text(f"{before}{layer}\n\nLAYERS: {table.replace(last, last + entry)}", encoding="utf-8")
    return tmp_path


def test_the_example_of_a_layer_is_written_read_traced_and_refused(with_a_layer):
    said = run(
        "-c",
        "from imgrec.architecture import trace\n"
        "from imgrec.config import RunConfig\n"
        'config = RunConfig.from_json(\'{"layers": [{"type": "DepthwiseConv2D", "kernel_size": 5}]}\')\n'
        "assert RunConfig.from_link(config.to_link()) == config\n"
        "row = trace(config.layers, (32, 32, 3), 10).rows[0]\n"
        "print(row.output_shape, row.params, row.multiply_adds)\n"
        "print(trace(config.layers, (10,), 10).problem)",
        cwd=with_a_layer,
    )
    shape, problem = said.splitlines()
    assert shape == "(32, 32, 3) 78 76800"
    assert problem.startswith("Layer 1: DepthwiseConv2D needs an image.")
    run("-m", "pytest", "-q", "tests/test_layers.py", "-k", "DepthwiseConv2D", cwd=with_a_layer)


@pytest.mark.slow
def test_the_example_of_a_layer_is_what_keras_builds(with_a_layer):
    run("-m", "pytest", "-q", "tests/engine/test_network.py", "-k", "DepthwiseConv2D", cwd=with_a_layer)


@pytest.mark.slow
def test_readmes_first_command_serves_the_app(tmp_path):
    """With this environment's streamlit, and a port that the system chooses."""
    *program, script = RUN_APP.split(" && ")[-1].removeprefix(".venv/bin/").split()
    assert (sys.executable, "-m", *program, script) == stage.STREAMLIT
    with stage.serving(str(tmp_path)) as (_, address), urllib.request.urlopen(address, timeout=60) as page:
        assert b'<div id="root">' in page.read()


def test_the_citation_has_this_version_and_licence():
    cited = dict(re.findall(r"^(\w+): (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE))
    assert (cited["version"], cited["license"]) == (__version__, PROJECT["project"]["license"])


def test_the_workflow_runs_ci_on_every_supported_python_and_on_macos():
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    lowest, highest = re.findall(r"3\.(\d+)", PROJECT["project"]["requires-python"])
    assert set(re.findall(r'"(3\.\d+)"', workflow)) == {f"3.{minor}" for minor in range(int(lowest), int(highest))}
    assert "macos-latest" in workflow
    assert "- run: .ci/run\n" in workflow
