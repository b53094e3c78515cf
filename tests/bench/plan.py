"""What is measured, in which sizes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The sizes of a run. `spread_s` is over how long the starts of parallel answers fall.

    `crowds` are the numbers of parallel streams; the last of them is also started all at once.
    `floods` are Telegram's flood controls, each with a crowd; `matrix_crowds` are the parallel
    streams on Matrix, and `sealed` the messages that are encrypted there. `long` is how many
    messages fill the window of a model that nobody knows.
    """

    messages: int = 200
    crowds: tuple[int, ...] = (1, 10, 50, 200)
    tokens: int = 300
    dialect_streams: int = 50
    rate: float = 40.0
    spread_s: float = 2.5
    stored: tuple[int, int] = (10, 10_000)
    long: int = 1_000
    turns: int = 100
    starts: int = 5
    idle_s: float = 3.0
    vault_s: float = 0.5
    floods: tuple[tuple[str, int], ...] = (("documented", 50), ("documented", 200), ("hard", 50))
    matrix_crowds: tuple[int, ...] = (1, 10, 50)
    sealed: int = 90


FULL = Plan()
QUICK = Plan(
    messages=20,
    crowds=(10,),
    tokens=40,
    dialect_streams=5,
    spread_s=0.5,
    stored=(10, 200),
    long=50,
    turns=10,
    starts=2,
    idle_s=0.5,
    vault_s=0.02,
    floods=(("documented", 10),),
    matrix_crowds=(10,),
    sealed=10,
)
