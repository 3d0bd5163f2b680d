"""Deployment: what Dockerfile, compose.yaml, the unit for systemd and the profile for small hosts say is so."""

import ast
import asyncio
import configparser
import json
import re
import shlex
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from starlette.types import Scope
from streamlit.config import get_config_options
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from benchmarks import stage
from imgrec import architecture, presets, profiles
from imgrec.profiles import PROFILES

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy/imgrec.service").read_text(encoding="utf-8")
NGINX_CONF = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
SMALL = ROOT / "deploy/community-cloud.json"

INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n", "", re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    if line
]
ENVIRONMENT = dict(
    pair.split("=", 1) for name, rest in INSTRUCTIONS if name == "ENV" for pair in shlex.split(rest)
)  # a later one wins, as in the last stage


def instruction(name: str) -> str:
    """Return what the last instruction of a name says."""
    return next(rest for found, rest in reversed(INSTRUCTIONS) if found == name)


def test_what_the_image_copies_is_there_and_gets_into_the_build():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = [line[1:] for line in ignored if line.startswith("!")]
    sources = [
        source for name, rest in INSTRUCTIONS if name == "COPY" and "--from" not in rest for source in rest.split()[:-1]
    ]
    assert "imgrec" in sources
    for source in sources:
        assert list(ROOT.glob(source)), source
        assert any(fnmatch(source, pattern) for pattern in let_through), source


def known_variables() -> set[str]:
    """Return every variable that imgrec's code names, and Streamlit's for its options."""
    code = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("imgrec/**/*.py"))
    return set(re.findall(r'"(IMGREC_\w+)"', code)) | {option.env_var for option in get_config_options().values()}


@pytest.mark.parametrize("text", [DOCKERFILE, COMPOSE, UNIT, (ROOT / "docs/deploy.md").read_text(encoding="utf-8")])
def test_variables_that_are_set_exist(text):
    named = set(re.findall(r"\b((?:IMGREC|STREAMLIT)_[A-Z_]*[A-Z])\b", text))
    assert named
    assert named <= known_variables()


def test_the_image_runs_as_a_user_who_may_write_its_volume_alone():
    names = [name for name, _ in INSTRUCTIONS]
    assert instruction("USER") == "1000"
    assert names.index("USER") > max(i for i, name in enumerate(names) if name in {"RUN", "COPY"})
    assert "--uid 1000" in DOCKERFILE
    assert instruction("VOLUME") == ENVIRONMENT["IMGREC_HOME"]
    assert instruction("ENTRYPOINT").startswith('["tini"')


def test_the_image_serves_visitors_and_asks_no_other_host():
    assert ENVIRONMENT["IMGREC_PROFILE"] in PROFILES
    assert ENVIRONMENT["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"
    assert ENVIRONMENT["STREAMLIT_BROWSER_SERVER_ADDRESS"]  # without it Streamlit asks for the outside address
    assert tuple(json.loads(instruction("CMD"))) == stage.STREAMLIT[2:]


@pytest.mark.parametrize(
    ("nearest", "claimed", "counts"),
    [
        ("172.18.0.3", "198.51.100.7", "198.51.100.7"),  # nginx beside it
        (
            "10.16.4.2",
            "203.0.113.66, 198.51.100.7, 10.0.0.9",
            "198.51.100.7",
        ),  # proxies that add to what a visitor says
        ("198.51.100.7", "203.0.113.66", "198.51.100.7"),  # a visitor who gets past the proxy
    ],
)
def test_the_image_knows_who_asks_behind_a_proxy_whatever_a_visitor_claims(nearest, claimed, counts):
    found = []

    async def app(scope: Scope, _receive: object, _send: object) -> None:
        found.append(scope["client"][0])

    scope = {"type": "http", "client": (nearest, 1), "headers": [(b"x-forwarded-for", claimed.encode())]}
    trusting = ProxyHeadersMiddleware(app, ENVIRONMENT["FORWARDED_ALLOW_IPS"])  # type: ignore[arg-type]
    asyncio.run(trusting(scope, None, None))  # type: ignore[arg-type]
    assert found == [counts]


def test_the_ports_of_image_compose_and_nginx_are_the_same():
    port = ENVIRONMENT["STREAMLIT_SERVER_PORT"]
    assert instruction("EXPOSE") == port
    assert f"127.0.0.1:{port}/" in instruction("HEALTHCHECK")
    assert f'expose: ["{port}"]' in COMPOSE
    assert f"server app:{port};" in NGINX_CONF
    assert 'ports: ["80:80"]' in COMPOSE
    assert "listen 80;" in NGINX_CONF


def test_compose_mounts_what_is_there():
    mounts = re.findall(r"^ +- (\S+?):(/\S+?)(?::ro)?$", COMPOSE, re.MULTILINE)
    assert ("data", ENVIRONMENT["IMGREC_HOME"]) in mounts
    assert re.search(r"^volumes:\n  data:$", COMPOSE, re.MULTILINE)
    assert [source for source, _ in mounts if source != "data"] == ["./deploy/nginx.conf"]
    assert re.findall(r"^  (\w+):\n    (?:build|image): ", COMPOSE, re.MULTILINE) == ["app", "nginx"]


def test_the_image_installs_the_lock_by_its_hashes():
    (installing,) = [rest for name, rest in INSTRUCTIONS if name == "RUN" and "-r requirements.lock" in rest]
    assert "install --no-deps --require-hashes" in installing


def test_the_unit_leaves_trainings_alone():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT)
    assert unit["Service"]["KillMode"] == "process"
    assert unit["Service"]["OOMPolicy"] == "continue"
    assert "PrivateTmp" not in unit["Service"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("deploy/*.json")), ids=lambda path: path.name)
def test_a_profile_that_ships_can_be_read(path, monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, str(path))
    assert profiles.current().name == "hosted"


def test_the_profile_for_small_hosts_is_hosted_and_lets_the_small_presets_run(monkeypatch):
    monkeypatch.setenv(profiles.VARIABLE, str(SMALL))
    small = profiles.current()
    assert small.private
    assert small.one_tensorflow
    for name, budget in PROFILES["hosted"].model_dump().items():
        if isinstance(budget, int):
            assert getattr(small, name) is not None, name
    for name in ("quick", "article", "sprint"):
        config = presets.get(name).config
        rows = architecture.trace(config.layers, (32, 32, 3), 10).rows
        assert sum(row.params for row in rows) <= (small.parameters or 0)
        assert sum(row.multiply_adds for row in rows) <= (small.multiply_adds or 0)
        assert config.training.epochs <= (small.epochs or 0)


@pytest.mark.slow
def test_the_profile_may_stand_among_streamlits_secrets(tmp_path):
    """As on Streamlit Community Cloud; whatever app.py does at its start already finds it."""
    for name in ("app.py", "imgrec", "pages", "deploy"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit/secrets.toml").write_text('IMGREC_PROFILE = "deploy/community-cloud.json"\n')
    code = "import app; from imgrec import profiles; print(profiles.current().name)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["hosted"], done.stderr
    statements = [
        node
        for node in ast.parse((ROOT / "app.py").read_text()).body
        if not isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert ast.unparse(statements[1]) == "st.secrets.load_if_toml_exists()"  # after the docstring


@pytest.mark.slow
def test_the_health_check_of_the_image_tells_a_server_that_lives(tmp_path):
    """It needs no curl, which the image lacks. A path that is none is answered with a page, so the answer counts."""
    program, *arguments = json.loads(instruction("HEALTHCHECK").split("CMD ", 1)[1])
    assert program == "python"

    def status(address: str, path: str = "/_stcore/health") -> int:
        asked = "http://127.0.0.1:8501/_stcore/health"
        assert asked in arguments[-1]
        here = [argument.replace(asked, address + path) for argument in arguments]
        return subprocess.run([sys.executable, *here], capture_output=True, check=False).returncode

    assert status("http://127.0.0.1:9") == 1
    with stage.serving(str(tmp_path)) as (_, address):
        assert status(address) == 0
        assert status(address, "/elsewhere") == 1
