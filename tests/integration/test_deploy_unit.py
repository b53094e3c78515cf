"""The systemd unit, judged by systemd itself."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from storage.masterkey import CREDENTIAL
from tests.deploy.pages import DEPLOY, is_command, read_unit, unknown_settings

UNIT: Final = DEPLOY / "hearthkey.service"
DOCTOR: Final = DEPLOY / "doctor.sh"
SETTINGS: Final = read_unit(UNIT.read_text())
HOME: Final = "/opt/hearthkey"


def _analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.fail("systemd-analyze is missing; run: sudo apt install systemd")
    return subprocess.run([tool, *words], capture_output=True, text=True, check=False)


def _complaints(unit: Path) -> list[str]:
    """Return what systemd says of a unit; other units of this machine are none of our affair."""
    ran = _analyze("verify", "--recursive-errors=no", unit)
    said = [line for line in ran.stderr.splitlines() if unit.name in line]
    assert ran.returncode == 0 or said, ran.stderr
    return said


def _words() -> list[str]:
    """Return the unit's command, its program by its bare name."""
    (line,) = SETTINGS["ExecStart"]
    program, *words = shlex.split(line)
    assert program == f"{HOME}/bin/hearthkey"
    return [Path(program).name, *words]


def _here(text: str, folder: Path, name: str = UNIT.name) -> Path:
    """Write a unit that runs the command from this environment, as the installed one would."""
    path = folder / name
    path.write_text(text.replace(HOME, sys.prefix))
    return path


def test_systemd_understands_it(tmp_path: Path) -> None:
    """Every line, and the program is there in an environment that was set up."""
    assert _complaints(_here(UNIT.read_text(), tmp_path)) == []


def test_a_mistake_in_it_is_noticed(tmp_path: Path) -> None:
    """The check above can fail."""
    wrong = UNIT.read_text().replace("ProtectSystem=", "ProtectTheSystem=")
    (complaint,) = _complaints(_here(wrong, tmp_path))
    assert "ProtectTheSystem" in complaint


def test_its_sandbox_is_tight(tmp_path: Path) -> None:
    """At most 2.0 on systemd's scale of exposure, and a laxer one is noticed."""
    threshold = ("security", "--offline=true", "--threshold=20")
    ran = _analyze(*threshold, UNIT)
    assert ran.returncode == 0, ran.stdout
    lax = re.sub(r"^SystemCallFilter=.*\n", "", UNIT.read_text(), flags=re.MULTILINE)
    assert _analyze(*threshold, _here(lax, tmp_path)).returncode != 0


def test_its_command_exists() -> None:
    """And a restart is not tried where the settings are wrong."""
    assert is_command(_words())
    assert SETTINGS["Restart"] == ["on-failure"]
    assert SETTINGS["RestartPreventExitStatus"] == ["2"]
    assert int(SETTINGS["TimeoutStopSec"][0].removesuffix("s")) > 10


def test_its_settings_are_ours_and_its_secrets_are_credentials() -> None:
    """Each with a name that is read, and none in the environment."""
    environment = dict(each.split("=", 1) for each in SETTINGS["Environment"])
    assert unknown_settings(set(environment)) == set()
    assert environment["HEARTHKEY_DATA_DIR"] == f"%S/{SETTINGS['StateDirectory'][0]}"
    loaded = dict(each.split(":") for each in SETTINGS["LoadCredentialEncrypted"])
    assert loaded == {name: f"/etc/credstore.encrypted/{name}" for name in loaded}
    token = environment["HEARTHKEY_TELEGRAM_TOKEN_FILE"].removeprefix("%d/")
    assert set(loaded) == {CREDENTIAL, token}


def test_doctor_looks_with_the_units_own_eyes(tmp_path: Path) -> None:
    """What doctor.sh makes of the unit differs in what is run and how often, and is valid."""
    (script,) = re.findall(r"sed '([^']*)'", DOCTOR.read_text())
    ran = subprocess.run(
        ["sed", script], input=UNIT.read_text(), capture_output=True, text=True, check=True
    )
    made = read_unit(ran.stdout)
    changed = {name for name in SETTINGS if made[name] != SETTINGS[name]}
    assert changed == {"Type", "ExecStart", "Restart"}
    assert made["ExecStart"] == [f"{HOME}/bin/hearthkey doctor"]
    assert is_command(["hearthkey", "doctor"])
    assert _complaints(_here(ran.stdout, tmp_path, "hearthkey-doctor.service")) == []
    assert subprocess.run(["sh", "-n", DOCTOR], check=False).returncode == 0
