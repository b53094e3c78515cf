import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes the files anew."""
    parser.addoption(
        "--update-transcripts", action="store_true", help="write the bot's lines as they are"
    )
