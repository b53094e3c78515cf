"""Every scripted chat, played with buttons, with numbers, in a terminal, and on each messenger."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.transcripts.matrix_stage import MatrixStage
from tests.transcripts.matrix_telling import on_matrix
from tests.transcripts.script import Scene, Script, Step, expected, parse, write
from tests.transcripts.stage import Stage
from tests.transcripts.telegram_stage import TelegramStage, on_telegram
from tests.transcripts.telling import as_numbers, with_bangs

_HERE: Final = Path(__file__).parent
_FILES: Final = sorted(_HERE.glob("*.chat"))
_USUAL: Final = ("buttons", "numbers", "telegram", "matrix")
_PREPARING: Final = frozenset({">", "!", "check!", "check>", "list!"})


def _cases() -> list[tuple[Path, int, str]]:
    return [
        (path, index, kind)
        for path in _FILES
        for index, scene in enumerate(parse(path).scenes)
        for kind in scene.on or _USUAL
    ]


def _name(case: tuple[Path, int, str]) -> str:
    path, index, kind = case
    return f"{path.stem}-{index}-{kind}"


def _stage(kind: str, *, is_owned: bool, is_open: bool) -> Stage:
    if kind == "telegram":
        return TelegramStage(is_owned=is_owned, is_open=is_open)
    if kind.startswith("matrix"):
        is_sealed = kind != "matrix-unsealed"
        return MatrixStage(is_owned=is_owned, is_open=is_open, is_sealed=is_sealed)
    return Stage(kind, is_owned=is_owned, is_open=is_open)


async def _play(script: Script, scene: Scene, kind: str) -> list[str]:
    """Return the scene as it went: what was done, and what the bot showed after it."""
    stage = _stage(kind, is_owned=script.is_owned, is_open=script.is_open)
    await stage.open()
    try:
        for line in script.given:
            await stage.play(line, ())
        played = stage.told()
        for step, prepared in _grouped(stage, [step for step, _ in scene.steps]):
            shown = await stage.play(step, prepared)
            played.extend((step.line, *(each.line for each in prepared), *shown))
        for never in script.never:
            assert not any(never in text for text in stage.everything_shown()), never
        return played
    finally:
        await stage.end()


def _grouped(stage: Stage, steps: Sequence[Step]) -> list[tuple[Step, list[Step]]]:
    """Put what a company will answer to the step it answers."""
    groups: list[tuple[Step, list[Step]]] = []
    for step in steps:
        if step.who in stage.companies and step.what in _PREPARING and groups:
            groups[-1][1].append(step)
        else:
            groups.append((step, []))
    return groups


@pytest.mark.parametrize("case", _cases(), ids=_name)
async def test_a_chat_goes_as_written(
    case: tuple[Path, int, str], request: pytest.FixtureRequest
) -> None:
    """What the bot shows, in which order, with which buttons, is what the file says."""
    path, index, kind = case
    if request.config.getoption("--update-transcripts", default=False):
        pytest.skip("the files are being written")
    script = parse(path)
    scene = script.scenes[index]
    played, written = await _play(script, scene, kind), list(expected(scene))
    if kind == "numbers":
        played, written = as_numbers(played), as_numbers(with_bangs(written))
    if kind == "telegram":
        played, written = on_telegram(played), on_telegram(written)
    if kind.startswith("matrix"):
        played, written = on_matrix(played), on_matrix(written)
    assert played == written


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
async def test_update_on_request(path: Path, request: pytest.FixtureRequest) -> None:
    """A file written anew from what was played reads as it did: nothing in it is lost."""
    script = parse(path)
    played = [await _play(script, scene, (scene.on or _USUAL)[0]) for scene in script.scenes]
    text = write(script, played)
    if request.config.getoption("--update-transcripts", default=False):
        path.write_text(text)
    assert text == path.read_text()
