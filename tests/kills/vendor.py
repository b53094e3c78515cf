"""The simulated vendor in a process of its own, which no kill reaches."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.kills.story import Story
from tests.simulators.process import served
from tests.simulators.witness import read_witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as the vendor read it, whole; `is_billed`: it may cost money."""

    question: str
    answer: str
    temperature: float | None
    is_billed: bool


@dataclass(frozen=True, slots=True)
class Vendor:
    """Where it listens, and the file in which it writes down what it was asked."""

    url: str
    witness: Path

    def asked(self, story: Story) -> Sequence[Asked]:
        """Return what was asked in a story, oldest first."""
        return [
            Asked(
                question=row["question"],
                answer=row["answer"],
                temperature=row["temperature"],
                is_billed=row["is_billed"],
            )
            for row in read_witness(self.witness)
            if story.tag in row["question"]
        ]


@contextmanager
def vendor(folder: Path) -> Iterator[Vendor]:
    """Start it; its witness file is made in `folder`."""
    witness = folder / "witness"
    with served("tests.simulators.vendor_sim", "--witness", str(witness)) as said:
        yield Vendor(said["url"], witness)
