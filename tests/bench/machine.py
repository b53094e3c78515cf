"""What the bench runs on, and what a process takes of it."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("aiohttp", "httpx", "aiosqlite", "cryptography", "msgspec")


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of a process, now and at most, in megabytes (2**20 bytes)."""

    now_mb: float
    peak_mb: float


def memory(pid: int | str = "self") -> Memory:
    """Return what a process holds; zeros where the system has no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return Memory(0.0, 0.0)
    # The kernel's high-water mark of this program; getrusage's would include its parent's.
    sizes = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return Memory(*(int(sizes[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")))


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used so far; zero where the system has no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    # The name in brackets may hold anything, so count from behind it.
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def describe() -> list[str]:
    """Return how this run came about: what a figure is worth depends on it."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {platform.system()} {platform.machine()}",
        f"{os.cpu_count()} CPUs, load {load:.1f} at the start (others' work makes figures worse)",
        f"{platform.python_implementation()} {platform.python_version()}, {packages}",
    ]
