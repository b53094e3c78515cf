"""The generated tables are those of the code."""

import pytest

from adapters.providers.catalogue import configurable
from bot.commands import COMMANDS
from bot.config.options import OPTIONS, options_of
from tests.docs.tables import EACH, PAGES, ROOT, TABLES, fresh, with_table


@pytest.mark.parametrize("path", PAGES)
def test_tables_are_up_to_date(path: str) -> None:
    """If not: `make fix`."""
    assert (ROOT / path).read_text() == fresh(path)


def test_every_setting_and_command_is_in_a_page() -> None:
    """And every table in one."""
    settings = (ROOT / "docs/configuration.md").read_text()
    for option in (*OPTIONS, *options_of([EACH])):
        assert f"`{option.variable}`" in settings
    for vendor in configurable():
        assert f"`{vendor.upper()}`" in settings
        assert f"| `{vendor}`" in (ROOT / "docs/providers.md").read_text()
    commands = (ROOT / "docs/commands.md").read_text()
    for command in COMMANDS:
        assert f"`/{command.name}" in commands
    assert "`hearthkey matrix reset-identity`" in commands
    assert sorted(TABLES) == sorted(name for names in PAGES.values() for name in names)


def test_a_page_without_a_place_for_its_table_is_noticed() -> None:
    """Rather than left as it is."""
    with pytest.raises(ValueError, match="settings"):
        with_table("# Nothing here", "settings")
