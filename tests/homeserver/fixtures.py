"""One homeserver for all the tests of a process; in each of them every name is somebody new."""

from collections.abc import Iterator

import pytest

from tests.homeserver.synapse import Synapse, synapse


@pytest.fixture(scope="session")
def running_homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """Run what `shared_homeserver` returns."""
    with synapse(tmp_path_factory.mktemp("homeserver")) as server:
        yield server


@pytest.fixture(scope="session")
def running_stock_homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """Run what `shared_stock_homeserver` returns."""
    with synapse(tmp_path_factory.mktemp("homeserver"), has_limits=True) as server:
        yield server


@pytest.fixture
def shared_homeserver(running_homeserver: Synapse) -> Synapse:
    """Return a running homeserver that holds nobody back."""
    return _anew(running_homeserver)


@pytest.fixture
def shared_stock_homeserver(running_stock_homeserver: Synapse) -> Synapse:
    """Return a running homeserver with Synapse's stock rate limits."""
    return _anew(running_stock_homeserver)


def _anew(server: Synapse) -> Synapse:
    """Return it running, whatever the test before did to it, and with nobody known."""
    if not server.is_running:
        server.stop()
        server.start()
    server.forget()
    return server
