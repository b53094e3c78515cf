"""What deploy/README.md tells people to type is there to be typed."""

import re
import shlex
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bot.config import load_config
from tests.deploy.dockerfile import read_stages
from tests.deploy.pages import DEPLOY, is_command, read_unit, shell_lines
from tests.deploy.yaml import at, read_yaml, table
from tests.docs.tables import ROOT

PAGE: Final = (DEPLOY / "README.md").read_text()
WAYS: Final = [f"## With {part}" for part in re.split(r"^## With ", PAGE, flags=re.MULTILINE)[1:]]
PROGRAMS: Final = [
    "apt",
    "cat",
    "cd",
    "docker",
    "git",
    "install",
    "journalctl",
    "mkdir",
    "openssl",
    "python3",
    "rm",
    "systemctl",
    "systemd-creds",
    "tar",
]
COMPOSE: Final = ["build", "down", "logs", "ps", "run", "start", "stop", "up"]
SYSTEMCTL: Final = [
    "daemon-reload",
    "disable",
    "edit",
    "enable",
    "restart",
    "start",
    "status",
    "stop",
]


def _commands(page: str) -> Iterator[list[str]]:
    """Yield each command's words, without `sudo`."""
    for line in shell_lines(page):
        for command in line.split(" | "):
            words = shlex.split(command)
            yield words[1:] if words[0] == "sudo" else words


def _bare(words: list[str]) -> list[str]:
    return [word for word in words if not word.startswith("-")]


@pytest.mark.parametrize("way", WAYS, ids=["compose", "systemd"])
def test_every_program_is_known(way: str) -> None:
    """One of the system's, of the installed environment's or of this folder's."""
    commands = list(_commands(way))
    assert len(commands) > 20
    for program, *_ in commands:
        assert (
            program in PROGRAMS
            or program == "/opt/hearthkey/bin/python"
            or (ROOT / program).stat().st_mode & 0o111
        ), program


@pytest.mark.parametrize("way", WAYS, ids=["compose", "systemd"])
def test_every_path_in_the_repository_exists(way: str) -> None:
    """Or was made by a line before."""
    folder, made = ROOT, {"hearthkey-data.tar.gz"}
    checked = 0
    for words in _commands(way):
        if words[0] == "cd":
            folder = folder / words[1]
        elif words[0] in {"mkdir", "install"} and not words[-1].startswith("/"):
            made.add(words[-1])
        for word in words:
            if not re.fullmatch(r"[a-z][\w.-]*/[\w./-]+|[\w-]+\.[a-z]\S*", word):
                continue
            checked += 1
            assert word in made or (folder / word).exists(), word
    assert checked > 2


def test_compose_is_told_what_it_has() -> None:
    """Its subcommands, our service, our volume, our commands."""
    compose = read_yaml((DEPLOY / "compose.yaml").read_text())
    for words in (words for words in _commands(WAYS[0]) if words[0] == "docker"):
        if words[1] == "volume":
            assert words[2:] == [
                "rm",
                f"{at(compose, 'name')}_{next(iter(table(compose, 'volumes')))}",
            ]
            continue
        assert words[1] == "compose"
        assert words[2] in COMPOSE
        if words[2] == "run":
            place = words.index("hearthkey")
            assert "--entrypoint" in words[:place] or is_command(words[place:])
        elif words[2] == "logs":
            assert words[-1] in table(compose, "services")


def test_systemd_is_told_what_it_has() -> None:
    """Its subcommands and our unit; the credentials that the unit loads."""
    unit = read_unit((DEPLOY / "hearthkey.service").read_text())
    loaded = dict(each.split(":") for each in unit["LoadCredentialEncrypted"])
    encrypted = {}
    for words in _commands(WAYS[1]):
        if words[0] == "systemctl":
            subcommand, *names = _bare(words[1:])
            assert subcommand in SYSTEMCTL
            assert names == ([] if subcommand == "daemon-reload" else ["hearthkey"])
        elif words[:2] == ["systemd-creds", "encrypt"]:
            encrypted[words[2].removeprefix("--name=")] = words[-1]
    assert encrypted == loaded


def test_the_secrets_belong_to_the_containers_user() -> None:
    """Compose shows them as they are, and the master key is refused if others can read it."""
    uid, gid = read_stages((DEPLOY / "Dockerfile").read_text())[-1].one("USER").split(":")
    compose = read_yaml((DEPLOY / "compose.yaml").read_text())
    installed = [words for words in _commands(WAYS[0]) if words[0] == "install"]
    assert {f"./{words[-1]}" for words in installed} == {
        str(at(compose, "secrets", name, "file")) for name in table(compose, "secrets")
    }
    for words in installed:
        assert words[1:7] == ["-o", uid, "-g", gid, "-m", "0400"]


def test_the_other_settings_that_are_shown_load() -> None:
    """As they stand in the page, in both ways."""
    (override,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (drop_in,) = re.findall(r"```ini\n(.*?)```", PAGE, re.DOTALL)
    shown = table(read_yaml(override), "services", "hearthkey", "environment")
    (assigned,) = read_unit(drop_in)["Environment"]
    for environment in (shown, dict([assigned.split("=", 1)])):
        config = load_config({name: str(value) for name, value in environment.items()})
        assert [endpoint.id for endpoint in config.endpoints] == ["home"]


def test_git_leaves_alone_what_people_make_here() -> None:
    """Their secrets and their own settings."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"deploy/secrets/", "deploy/compose.override.yaml"} <= set(ignored)
    assert "`compose.override.yaml`" in PAGE


@pytest.mark.parametrize("way", WAYS, ids=["compose", "systemd"])
def test_a_backup_has_everything_but_the_keys_of_a_device(way: str, tmp_path: Path) -> None:
    """The page's own command leaves out what must never be put back, and that alone."""
    (words,) = (each for each in _commands(way) if "--exclude" in " ".join(each))
    data = tmp_path / "hearthkey"
    for name in ("hearthkey.db", "backups/old.db", "matrix/DEVICE.db"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).touch()
    options = words[words.index("-C") + 2 : words.index(">") if ">" in words else None]
    made = tmp_path / "hearthkey-data.tar.gz"
    above = data if "." in options else tmp_path
    with made.open("wb") as file:
        subprocess.run(["tar", "-C", above, *options], cwd=tmp_path, stdout=file, check=True)
    with tarfile.open(made) as copy:
        files = {Path(each.name).name for each in copy if each.isfile()}
    assert files == {"hearthkey.db", "old.db"}
