"""Scripted chats a non-programmer can read, taken apart into steps.

# What must be true.                 the first lines
given> alice> /addkey acme …         done before every scene, unseen
given: nobody owns the bot           else alice does, and anybody may come in
given: only alice is let in          … or nobody else
-- a scene                           begins with nothing but what was given
on: local                            only there (buttons, numbers, local, keeps, topics, threads,
                                     telegram, matrix; unsealed, matrix-unsealed: what is typed
                                     there could be read by a server)
alice> hello                         somebody writes (alice@club> in a group, alice+t1> in a topic,
                                     alice~private> in a chat that the bot opened)
alice begins> Dear all,              a piece of a message, the rest of which is sent next
alice edits "hello"> hello you       the newest message that was so gets another text
alice takes back "hello">            … or is taken back, as by deleting it
alice reacts 👍 to "Hello.">         … or gets a sign, as any message does by how it begins
alice under "hello"> and then?       … or begins a thread, or goes on in it
alice sends photo> look              what cannot be read, with words beside it or none
alice 20 min ago> hello              what was written then comes now
bot> Hello.                          what the bot posts, with its buttons on the last lines
bot (to alice)> Hello.               … in another chat than where something was done just now
     [One] [Two] / [Open page ↗]
→ [One]                              alice taps a button of the newest message that has it
bob@club → [One]                     … or somebody else does, or she somewhere else; one that
                                     opens an address (`[Open ↗]`) is followed
bob@den adds the bot>                somebody adds the bot to a group; `den` is new to it, in
                                     `club` and `hall` it is allowed, and whoever writes pays
toast> Only Alice can …              the small words that whoever tapped gets
→→ [One]                             the same tap arrives a second time
bot edits> One.                      the same message changes
bot deletes alice's message
host> Send it this code: …           what the server prints, also before the first step
acme> Hi!                            what a company will answer to the line before; an answer
                                     that ends with … goes on, one `(cut at the limit)` is;
                                     `(900 in, 80 out)` is what it used, `, $0.02` what it charged
acme! rate                           … or the error it ends with; also of its other calls:
                                     `acme check! network`, `acme list! network`
acme check> 1.2 USD, 12 CNY          what its check says is left, or `unchecked`
acme< {"temperature": 0.2}           what it received, as a subset
clock> 11 min                        time passes
restart>                             the process ends and starts again
never: sk-canary                     found nowhere in what was shown
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_STEP: Final = re.compile(
    r"(?P<who>[a-z]+(?:[@+~][a-z0-9]+)?)(?P<what> (?:check|list)!| check>| edits \".*?\">"
    r"| takes back \".*?\">| reacts \S+ to \".*?\">| under \".*?\">| begins>| sends [a-z]+>"
    r"| adds the bot>| \d+ min ago>|[>!<]) ?(?P<text>.*)"
)
_BOT: Final = re.compile(r"bot( edits)?( \((to|in) [a-z]+\))?> |bot deletes |bot>$|host> |toast> ")
_UNOWNED: Final = "given: nobody owns the bot"
_CLOSED: Final = "given: only alice is let in"
_PRESS: Final = re.compile(
    r"(?:(?P<who>[a-z]+(?:[@+~][a-z0-9]+)?) )?(?P<how>→→?) \[(?P<label>.+)\]"
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done, or prepared, by `who`; `what` is the sign of its line."""

    who: str
    what: str
    text: str
    line: str


@dataclass(slots=True)
class Scene:
    """Steps, each followed by what the bot is to show; both as lines. `opening` comes before."""

    title: str
    opening: list[str] = field(default_factory=list)
    steps: list[tuple[Step, list[str]]] = field(default_factory=list)
    on: tuple[str, ...] = ()


@dataclass(slots=True)
class Script:
    """A file: what it begins with, what was given, and its scenes."""

    path: Path
    head: list[str] = field(default_factory=list)
    given: list[Step] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    is_owned: bool = True
    is_open: bool = True
    scenes: list[Scene] = field(default_factory=list)


def parse(path: Path) -> Script:
    """Read a file; ValueError names the line that fits nothing."""
    script = Script(path)
    for line in path.read_text().splitlines():
        if line.startswith("never: "):
            script.never.append(line.removeprefix("never: "))
        elif line.startswith("-- "):
            script.scenes.append(Scene(line.removeprefix("-- ")))
        elif line.startswith("on: ") and script.scenes:
            script.scenes[-1].on = tuple(line.removeprefix("on: ").split(", "))
        elif line and not (_add_to_scene(script, line) if script.scenes else _head(script, line)):
            msg = f"{path.name}: {line}"
            raise ValueError(msg)
    return script


def _head(script: Script, line: str) -> bool:
    script.head.append(line)
    if line == _UNOWNED:
        script.is_owned = False
        return True
    if line == _CLOSED:
        script.is_open = False
        return True
    step = read_step(line.removeprefix("given> ")) if line.startswith("given> ") else None
    if step is not None:
        script.given.append(step)
    return step is not None or line.startswith("# ")


def _add_to_scene(script: Script, line: str) -> bool:
    scene = script.scenes[-1]
    if _BOT.match(line) or line.startswith("     "):
        (scene.steps[-1][1] if scene.steps else scene.opening).append(line)
        return True
    step = read_step(line)
    if step is not None:
        scene.steps.append((step, []))
    return step is not None


def read_step(line: str) -> Step | None:
    """Read one line that is not the bot's."""
    if found := _PRESS.fullmatch(line):
        return Step(found["who"] or "alice", found["how"], found["label"], line)
    if found := _STEP.fullmatch(line):
        return Step(found["who"], found["what"].strip(), found["text"], line)
    return None


def write(script: Script, played: Sequence[Sequence[str]]) -> str:
    """Return the file with the bot's lines as they were played."""
    lines = list(script.head)
    for scene, shown in zip(script.scenes, played, strict=True):
        lines.extend(("", f"-- {scene.title}"))
        if scene.on:
            lines.append(f"on: {', '.join(scene.on)}")
        lines.extend(shown)
    if script.never:
        lines.extend(("", *(f"never: {each}" for each in script.never)))
    return "\n".join(lines) + "\n"


def expected(scene: Scene) -> Iterator[str]:
    """Return a scene's lines in order."""
    yield from scene.opening
    for step, shown in scene.steps:
        yield step.line
        yield from shown
