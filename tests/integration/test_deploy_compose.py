"""The Compose file: one service with no rights, its secrets in files."""

from typing import Final

import pytest

from tests.deploy.dockerfile import exec_form, read_stages
from tests.deploy.pages import DEPLOY, unknown_settings
from tests.deploy.yaml import at, read_yaml, table, texts
from tests.docs.tables import ROOT

COMPOSE: Final = read_yaml((DEPLOY / "compose.yaml").read_text())
SERVICE: Final = at(COMPOSE, "services", "hearthkey")
IMAGE: Final = read_stages((DEPLOY / "Dockerfile").read_text())[-1]


def test_yaml_is_read_as_yaml() -> None:
    """Mappings, lists and texts."""
    text = 'a:\n  b: c:d\n  e:\n    - f\n    - g=h:i\n\n  # no\n  j: ["k", "l"]\nm: "3"\nn:\n'
    assert read_yaml(text) == {
        "a": {"b": "c:d", "e": ["f", "g=h:i"], "j": ["k", "l"]},
        "m": "3",
        "n": None,
    }


@pytest.mark.parametrize(
    "text",
    [
        "a: b # c",
        "a: &b c",
        "a: |\n  b",
        "a: {b: c}",
        "a: b: c",
        "a: 'b'",
        "a:\n\tb: c",
        "a: b\na: c",
        "a: b\n  c: d",
        "a:\n  - b: c",
        "a:\n    b: c\n  d: e",
        "- a",
    ],
)
def test_other_yaml_is_refused(text: str) -> None:
    """Rather than misread."""
    with pytest.raises(ValueError, match=r"needs quotes|a tab|no key|no mapping|Expecting"):
        read_yaml(text)


def test_there_is_one_service_without_rights() -> None:
    """It writes nowhere but to its volume and its /tmp, and can gain nothing."""
    assert list(table(COMPOSE, "services")) == ["hearthkey"]
    assert at(SERVICE, "read_only") == "true"
    assert texts(SERVICE, "cap_drop") == ["ALL"]
    assert texts(SERVICE, "security_opt") == ["no-new-privileges:true"]
    assert [each.partition(":")[0] for each in texts(SERVICE, "tmpfs")] == ["/tmp"]  # noqa: S108
    assert at(SERVICE, "user") == IMAGE.one("USER")
    gained = {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc", "ports"}
    assert not gained & set(table(SERVICE))


def test_it_is_limited() -> None:
    """In memory, which is not swapped, in processes, in logs."""
    assert at(SERVICE, "mem_limit") == at(SERVICE, "memswap_limit") == "256m"
    assert at(SERVICE, "pids_limit")
    assert at(SERVICE, "ulimits", "core") == "0"
    assert set(table(SERVICE, "logging", "options")) == {"max-size", "max-file"}


def test_it_is_built_from_here() -> None:
    """The folder and the file it names are there."""
    context = (DEPLOY / str(at(SERVICE, "build", "context"))).resolve()
    assert context == ROOT
    assert (context / str(at(SERVICE, "build", "dockerfile"))).is_file()


def test_every_setting_is_one() -> None:
    """Under its own name, or as a file."""
    assert unknown_settings(set(table(SERVICE, "environment"))) == set()


def test_secrets_are_files_that_git_and_the_image_never_see() -> None:
    """Each that a setting names is given to the service and declared; none is in a setting."""
    environment = table(SERVICE, "environment")
    named = {str(value) for name, value in environment.items() if name.endswith("_FILE")}
    used = texts(SERVICE, "secrets")
    assert named == {f"/run/secrets/{each}" for each in used}
    assert set(used) == set(table(COMPOSE, "secrets"))
    assert {"telegram_token", "master_key"} == set(used)
    assert not {"HEARTHKEY_TELEGRAM_TOKEN", "HEARTHKEY_MASTER_KEY"} & set(environment)
    for each in used:
        assert at(COMPOSE, "secrets", each, "file") == f"./secrets/{each}"
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_data_folder_is_a_volume() -> None:
    """A named one, declared, where the application looks."""
    (mount,) = texts(SERVICE, "volumes")
    name, _, place = mount.partition(":")
    assert name in table(COMPOSE, "volumes")
    assert place == at(SERVICE, "environment", "HEARTHKEY_DATA_DIR")
    assert place == IMAGE.environment()["HEARTHKEY_DATA_DIR"]


def test_it_is_checked_like_the_image() -> None:
    """Said twice, as not every engine keeps an image's own check."""
    options, _, command = IMAGE.one("HEALTHCHECK").partition("CMD ")
    check = dict(table(SERVICE, "healthcheck"))
    assert check.pop("test") == ["CMD", *exec_form(command)]
    image = dict(option.removeprefix("--").split("=") for option in options.split())
    assert {name.replace("_", "-"): value for name, value in check.items()} == image


def test_it_has_the_time_it_takes_to_stop() -> None:
    """More than the application's own ten seconds; then it stays stopped."""
    assert int(str(at(SERVICE, "stop_grace_period")).removesuffix("s")) > 10
    assert at(SERVICE, "init") == "true"
    assert at(SERVICE, "restart") == "unless-stopped"
