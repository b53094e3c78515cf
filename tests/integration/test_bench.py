"""The bench runs, and every answer in it is right. No test of it is about a time."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import lines
from tests.bench.parent import at
from tests.bench.table import Row, render

_ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_a_quick_bench_prints_every_measure_and_no_wrong_answer() -> None:
    """All subjects answer in processes of their own, and the command starts and ends well."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cells = (re.split(" {2,}", line.strip()) for line in done.stdout.splitlines())
    figures = {row[0]: row[1:] for row in cells if len(row) > 1}
    for measure in (
        "message → request, median",
        "10 streams: CPU per answer",
        "commits per turn",
        "vault: open 1 KB",
        "ready, empty folder",
        "idle memory (RSS)",
        "Telegram: message → request, median",
        "Telegram: ready",
        "Matrix: message → request, median",
        "Matrix, 10 members: message → request",
        "Matrix: sealing a message, CPU",
        "Telegram and Matrix: ready",
    ):
        assert float(figures[measure][0].split()[0].replace(",", "")) > 0, measure
    (wrong,) = (row for name, row in figures.items() if name.startswith("wrong answers of"))
    assert wrong == ["0", "0", "met"]


def test_a_wrong_text_is_no_right_answer() -> None:
    """Answers differ by question and by length, so that mixed or cut ones are noticed."""
    texts = {lines.answer(number, tokens) for number in range(32) for tokens in (5, 60, 300)}
    assert len(texts) == 32 * 3
    assert lines.read_question(lines.question(7, tokens=5, rate=0.5)) == (7, 5, 0.5)


@pytest.mark.parametrize(
    ("share", "value"),
    [(0.5, 50.5), (0.95, 96), (1.0, 100)],
    ids=["median", "tail", "worst"],
)
def test_a_share_of_all_values_is_not_over_the_one_returned(share: float, value: float) -> None:
    """Values count from one to a hundred, in any order."""
    assert at(tuple(range(100, 0, -1)), share) == value


def test_the_table_says_which_aims_were_met() -> None:
    """Only a row with an aim has a verdict."""
    printed = render(
        [
            Row(name="plain", house="1 ms"),
            Row(name="good", house="1 ms", aim="≤ 2 ms", is_met=True),
            Row(name="bad", house="3 ms", aim="≤ 2 ms", is_met=False),
        ]
    )
    _, _, plain, good, bad = printed.splitlines()
    assert plain.endswith("1 ms")
    assert good.endswith("met")
    assert bad.endswith("OVER")
