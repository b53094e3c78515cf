"""What the pages name exists."""

import re
import tomllib
from pathlib import Path

import pytest

from bot.config import load_config
from bot.texts.failures import WORDS
from tests.docs.tables import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")])
_SOURCES = ("bot", "adapters", "storage", "tests", "docs", "deploy", "requirements", "scripts")


def _targets() -> set[str]:
    """Return the Makefile's targets that are no files."""
    phony = re.findall(r"^\.PHONY:(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return {name for line in phony for name in line.split()}


def _named_paths(page: Path) -> set[str]:
    """Return paths in `code` that begin in one of our folders."""
    named = re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:md|toml))`", page.read_text())
    return {path for path in named if path.split("/")[0] in _SOURCES or path.endswith(".md")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_paths_exist(page: Path) -> None:
    """In code spans, from the top of the repository."""
    missing = {path for path in _named_paths(page) if not (ROOT / path).exists()}
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Within the repository; anchors to a heading of the page they name."""
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            slugs = {
                re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings
            }
            assert anchor in slugs, target


def test_architecture_names_paths() -> None:
    """The check above has something to check."""
    assert len(_named_paths(ROOT / "ARCHITECTURE.md")) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    """Wherever `make something` is said."""
    named = set(re.findall(r"(?:^|`|\| )make ([a-z]+)", page.read_text(), re.MULTILINE))
    assert named <= _targets()


def test_contributing_names_every_door() -> None:
    """The targets that people are meant to use."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert {"run", "test", "check", "fix", "bench", "endure", "lock", "prices"} <= _targets()
    for target in ("run", "test", "check", "fix", "bench", "endure", "lock", "prices"):
        assert f"`make {target}`" in text


def test_changelog_and_package_agree() -> None:
    """The newest released version is the package's."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    released = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released[0] == version


def test_every_way_to_fail_is_in_troubleshooting() -> None:
    """Each category of failure has its heading, by the word it is stored with."""
    page = (ROOT / "docs/troubleshooting.md").read_text()
    headings = " ".join(re.findall(r"^## (.*)", page, re.MULTILINE)).lower().replace(" ", "_")
    names = {"money": "credit", "rate": "rate_limited"}
    missing = [each for each in WORDS if names.get(each, each) not in headings]
    assert missing == []


def test_the_example_configuration_loads(tmp_path: Path) -> None:
    """As it stands in the page."""
    page = (ROOT / "docs/configuration.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "config.toml"
    path.write_text(example)
    config = load_config({"HEARTHKEY_CONFIG": str(path)})
    assert [endpoint.id for endpoint in config.endpoints] == ["home"]


def test_locks_name_no_download_address() -> None:
    """A lock holds versions and hashes; where packages come from is the machine's affair."""
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert len(locks) == 5
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text
        assert not re.search(
            r"^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)", text, re.MULTILINE
        )
        assert text.count("==") > 3
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z])", text)[1:])
