"""What the tests with real processes share."""

from tests.homeserver.fixtures import (
    homeserver,
    running_homeserver,
    running_stock_homeserver,
    stock_homeserver,
)

__all__ = [
    "homeserver",
    "running_homeserver",
    "running_stock_homeserver",
    "stock_homeserver",
]
