"""The wheel holds everything: installed outside of the checkout, it has the command line and opens the pages."""

import os
import site
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from benchmarks import stage

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that has the wheel, and finds the libraries of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    # From a copy of what is committed or would be, as building leaves folders behind.
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "benchmarks/")):
            (folder / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "checkout" / name).write_bytes((ROOT / name).read_bytes())
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(folder / "checkout")]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("imgrec-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "libraries.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    found = folder / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", str(found), "install", "--no-deps", "--no-index", str(wheel)], check=True)
    (folder / "checkout").rename(folder / "gone")
    return found


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "IMGREC_HOME": str(home)}


def test_the_command_line_is_there_and_imports_the_wheel(python: Path, home: Path, tmp_path: Path) -> None:
    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment(home), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    code = "import imgrec, imgrec.ui; print(imgrec.APP, imgrec.ui.PAGES, sep='\\n')"
    for path in map(Path, run(str(python), "-c", code).splitlines()):
        assert path.exists()
        assert python.parents[1] in path.parents
    imgrec = str(python.with_name("imgrec"))
    assert "imgrec 0." in run(imgrec, "--version")
    assert run(imgrec, "runs", "--json").endswith('"runs": []}\n') or '"runs": []' in run(imgrec, "runs", "--json")
    assert "streamlit run" in run(imgrec, "ui", "--help")


def test_the_pages_open_from_an_empty_folder(python: Path, home: Path, tmp_path: Path) -> None:
    command = [str(python.with_name("imgrec")), "ui"]
    server, address = stage.start_server(str(home), command=command, folder=tmp_path)
    try:
        with urllib.request.urlopen(f"{address}/train", timeout=60) as page:
            assert b'<div id="root">' in page.read()
    finally:
        server.terminate()
        server.wait(timeout=60)
    # localhost alone, as the packaged config says: Streamlit would print a network address too.
    assert "Network URL" not in (home / "server.log").read_text()
