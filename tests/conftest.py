"""What holds for every test: the network is off, and no canary is seen in clear.

Only loopback and Unix sockets open (pytest-socket; `addopts` in pyproject.toml).
"""

from collections.abc import Callable, Generator, Iterator

import pytest
from hypothesis import settings

from tests.canaries import Canaries, Watch, has_canary

settings.register_profile("small", max_examples=50, deadline=None)
settings.register_profile("large", max_examples=2_000, deadline=None)
settings.load_profile("small")

_WATCH = pytest.StashKey[Watch]()


def pytest_configure(config: pytest.Config) -> None:
    """Watch the logs of the whole run."""
    config.stash[_WATCH] = watch = Watch()
    watch.start()


@pytest.fixture(autouse=True)
def _no_canary_is_logged(pytestconfig: pytest.Config) -> Iterator[None]:
    """Fail the test in which anybody's canary reached a log."""
    yield
    if leaks := pytestconfig.stash[_WATCH].take():
        pytest.fail(f"a canary was logged at {', '.join(leaks)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that printed a canary."""
    report = yield
    if report.passed and any(has_canary(text) for _, text in report.sections):
        report.outcome = "failed"
        report.longrepr = "a canary was printed"
    return report


@pytest.fixture
def canaries() -> Canaries:
    """Return a maker and finder of recognisable secrets."""
    return Canaries()


@pytest.fixture
def canary(canaries: Canaries) -> Callable[..., str]:
    """Return what makes a new recognisable secret: `canary()`, `canary("AIza")`."""
    return canaries.new
