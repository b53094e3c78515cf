"""One homeserver for all the tests of a process; in each of them every name is somebody new."""

from collections.abc import Iterator

import pytest

from tests.homeserver.synapse import NotInstalled, Synapse, synapse


def _running(factory: pytest.TempPathFactory, *, has_limits: bool) -> Iterator[Synapse]:
    try:
        with synapse(factory.mktemp("homeserver"), has_limits=has_limits) as server:
            yield server
    except NotInstalled as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def running_homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """Run what `homeserver` returns; for those who share it among the tests of a module."""
    yield from _running(tmp_path_factory, has_limits=False)


@pytest.fixture(scope="session")
def running_stock_homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """Run what `stock_homeserver` returns."""
    yield from _running(tmp_path_factory, has_limits=True)


@pytest.fixture
def homeserver(running_homeserver: Synapse) -> Synapse:
    """Return a running homeserver that holds nobody back."""
    return _anew(running_homeserver)


@pytest.fixture
def stock_homeserver(running_stock_homeserver: Synapse) -> Synapse:
    """Return a running homeserver with Synapse's stock rate limits."""
    return _anew(running_stock_homeserver)


def _anew(server: Synapse) -> Synapse:
    """Return it running, whatever the test before did to it, and with nobody known."""
    if not server.is_running:
        server.stop()
        server.start()
    server.forget()
    return server
