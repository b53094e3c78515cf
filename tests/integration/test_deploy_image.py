"""The image, as far as it can be told and built without a container engine."""

import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.dockerfile import exec_form, is_ignored, read_rules, read_stages
from tests.deploy.pages import DEPLOY, is_command, unknown_settings
from tests.docs.tables import ROOT

DOCKERFILE: Final = (DEPLOY / "Dockerfile").read_text()
BUILDER, IMAGE = read_stages(DOCKERFILE)
RULES: Final = read_rules((ROOT / ".dockerignore").read_text())
PACKAGES: Final = ("bot", "adapters", "storage")


def _copied() -> list[tuple[str, str]]:
    """Return what the builder copies from the repository, and where to."""
    lines = [line.split() for line in BUILDER.all("COPY")]
    return [(source, target) for *sources, target in lines for source in sources]


def _files(source: str) -> list[Path]:
    """Return the files of a COPY's source that are sent to the builder, from the top."""
    path = ROOT / source
    found = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    relative = [each.relative_to(ROOT) for each in found]
    return [each for each in relative if not is_ignored(RULES, each.as_posix())]


def test_a_dockerfile_is_read_as_an_engine_reads_it() -> None:
    """Comments are left out, lines that go on are one."""
    first, last = read_stages("FROM a AS b\n# no\nRUN x \\\n  # no\n    && y\n\nFROM c\nUSER 1\n")
    assert (first.base, first.name, first.one("RUN")) == ("a", "b", "x && y")
    assert (last.base, last.name, last.one("USER")) == ("c", "", "1")


@pytest.mark.parametrize(
    ("rules", "path", "ignored"),
    [
        (["*", "!bot"], "bot/cli.py", False),
        (["*", "!bot"], "deploy/secrets/master_key", True),
        (["*", "!bot", "**/__pycache__"], "bot/config/__pycache__/kinds.pyc", True),
        (["*.md", "!README.md"], "README.md", False),
        (["*.md"], "docs/costs.md", False),
    ],
)
def test_the_last_rule_that_fits_decides(rules: list[str], path: str, ignored: bool) -> None:
    """A rule for a folder holds for what is in it."""
    assert is_ignored(rules, path) == ignored


def test_all_that_is_copied_is_there_and_sent() -> None:
    """And goes where its name says."""
    assert {source for source, _ in _copied()} >= {*PACKAGES, "pyproject.toml"}
    for source, target in _copied():
        assert _files(source), source
        assert target in {source, "./", f"{Path(source).parent}/"}


def test_nothing_else_is_sent() -> None:
    """No secret, no repository, no environment, no cache can get into the image."""
    named = {".git/config", ".venv/bin/python", "deploy/secrets/master_key", "tests/conftest.py"}
    for path in (*named, ".env", "master.key", "bot/__pycache__/cli.cpython-311.pyc"):
        assert is_ignored(RULES, path), path


def test_the_linter_is_content() -> None:
    """Hadolint, which also reads the shell in RUN."""
    tool = Path(sys.executable).with_name("hadolint")
    ran = subprocess.run(
        [tool, "--failure-threshold", "style", DEPLOY / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "")


def test_both_stages_stand_on_the_same_fixed_base() -> None:
    """The virtual environment is bound to the Python it was made with."""
    assert BUILDER.base == IMAGE.base
    name, tag = BUILDER.base.split(":")
    assert name == "python"
    major, minor = tag.split("-")[0].split(".")
    assert (int(major), int(minor)) >= (3, 11)
    assert tag.endswith("-slim-bookworm")


def test_nothing_is_fetched_but_locked_wheels() -> None:
    """By hash, for any processor, and without a compiler."""
    steps = [step for run in BUILDER.all("RUN") for step in run.split("&&") if " pip " in step]
    assert len(steps) == 4
    for step in steps:
        words = shlex.split(step)
        if "-r" in words:
            assert (ROOT / words[words.index("-r") + 1]).is_file()
            assert {"--require-hashes", "--only-binary"} <= set(words)
        else:
            assert {"--no-index", "--no-deps"} <= set(words)
    assert not BUILDER.all("ADD")
    assert not IMAGE.all("ADD")
    for word in ("curl", "wget", "apt-get", "--platform", "TARGETARCH", "latest"):
        assert word not in DOCKERFILE


def test_it_runs_as_nobody_in_particular() -> None:
    """A fixed number that owns the data folder and nothing else, said last."""
    uid, gid = IMAGE.one("USER").split(":")
    made = IMAGE.one("RUN")
    assert f"groupadd --gid {gid} " in made
    assert f"useradd --uid {uid} " in made
    assert "install -d -o hearthkey -g hearthkey -m 0700 /data" in made
    assert int(uid) > 1000
    words = [each.word for each in IMAGE.instructions]
    assert max(words.index(word) for word in ("RUN", "COPY", "VOLUME")) < words.index("USER")
    assert "--chown" not in IMAGE.one("COPY")


def test_the_data_folder_is_the_one_volume() -> None:
    """All else may be read-only."""
    environment = IMAGE.environment()
    assert exec_form(IMAGE.one("VOLUME")) == [environment["HEARTHKEY_DATA_DIR"]]
    assert unknown_settings(set(environment)) == set()


def test_what_it_starts_and_checks_exists() -> None:
    """Without a shell between, so that signals arrive."""
    assert is_command(exec_form(IMAGE.one("ENTRYPOINT")) + exec_form(IMAGE.one("CMD")))
    check = IMAGE.one("HEALTHCHECK").partition("CMD ")[2]
    assert is_command(exec_form(check))
    assert IMAGE.one("STOPSIGNAL") == "SIGTERM"


def test_its_labels_are_those_of_the_package() -> None:
    """Version, licence and description."""
    labels = dict(word.split("=", 1) for word in shlex.split(IMAGE.one("LABEL")))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "org.opencontainers.image"
    assert labels[f"{prefix}.version"] == project["version"]
    assert labels[f"{prefix}.licenses"] == project["license"]
    assert labels[f"{prefix}.description"] == project["description"]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Run the builder's own steps on what is sent to it; return the virtual environment.

    What would be fetched is left out: this interpreter's environment builds.
    """
    source, made, wheels = (tmp_path / name for name in ("src", "made", "wheels"))
    for path in (each for copied, _ in _copied() for each in _files(copied)):
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, source / path)
    places = {"/build/bin/python": sys.executable, "/opt/hearthkey": made, "/wheels": wheels}
    for step in (step.strip() for run in BUILDER.all("RUN") for step in run.split("&&")):
        if " -r " in step or step.endswith(" /build"):
            continue
        for place, here in places.items():
            step = step.replace(place, str(here))  # noqa: PLW2901
        ran = subprocess.run(
            ["sh", "-c", step], cwd=source, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return made


def test_the_builder_makes_the_whole_command(built: Path) -> None:
    """Every file of the packages is in, every module compiled, and it starts without pip."""
    (site,) = built.glob("lib/python3.*/site-packages")
    for package in PACKAGES:
        for path in _files(package):
            assert (site / path).read_bytes() == (ROOT / path).read_bytes()
            if path.suffix == ".py":
                cache = site / path.parent / "__pycache__"
                assert list(cache.glob(f"{path.stem}.*.pyc")), path
    assert not list(built.glob("bin/pip*"))
    ran = subprocess.run(
        [built / "bin/hearthkey", "--version"],
        cwd=built,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("hearthkey ")
