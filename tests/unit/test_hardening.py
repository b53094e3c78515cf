"""No core dumps."""

import ctypes
import resource
import sys
from collections.abc import Iterator

import pytest

from storage import hardening

PR_GET_DUMPABLE = 3
linux = pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")


@pytest.fixture(autouse=True)
def dumpable() -> Iterator[None]:
    """Leave the test process as it was."""
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (0, limits[1]) if limits[1] == 0 else (0, 0))
    hardening._prctl(hardening.PR_SET_DUMPABLE, 1)


@linux
def test_neither_a_crash_nor_a_neighbour_reads_our_memory() -> None:
    """The limit is nought for good, and the process is not dumpable."""
    hardening.forbid_core_dumps()
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    assert ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0


@linux
@pytest.mark.parametrize("answer", [-1, AttributeError("prctl")], ids=["refused", "missing"])
def test_a_refusal_is_told_and_no_hindrance(
    answer: int | Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A sandbox may forbid prctl itself."""

    def prctl(*_: int) -> int:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(hardening, "_prctl", prctl)
        hardening.forbid_core_dumps()
    assert caplog.messages == ["core dumps could not be forbidden"]
