"""The line a member types on a terminal: completion, history in memory, hidden entry of a key."""

from collections.abc import Callable, Iterable, Sequence

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.processors import (
    ConditionalProcessor,
    Processor,
    Transformation,
    TransformationInput,
)
from prompt_toolkit.output import Output

from adapters.console.translate import CommandHint

_ROWS_FOR_COMPLETIONS = 6


def new_prompt(
    *,
    terminal: Input,
    screen: Output,
    commands: Sequence[CommandHint],
    recent: list[str],
    message: Callable[[], StyleAndTextTuples],
    is_kept: Callable[[str], bool],
    is_hidden: Callable[[], bool],
    interrupt: Callable[[], bool],
) -> PromptSession[str]:
    """Return the prompt.

    `recent` holds the lines for the arrow keys and grows by those that are `is_kept`. `interrupt`
    is Ctrl-C: False leaves.
    """
    hidden = Condition(is_hidden)
    return PromptSession(
        message,
        input=terminal,
        output=screen,
        history=_Recent(recent, is_kept),
        completer=_CommandCompleter(commands),
        complete_while_typing=~hidden,
        reserve_space_for_menu=_ROWS_FOR_COMPLETIONS,
        input_processors=[ConditionalProcessor(_Hide(), hidden)],
        key_bindings=_keys(interrupt),
    )


class _Recent(History):
    """Lines typed before. They live in memory, and secrets not even there."""

    def __init__(self, lines: list[str], is_kept: Callable[[str], bool]) -> None:
        super().__init__()
        self._lines = lines
        self._is_kept = is_kept

    def load_history_strings(self) -> Iterable[str]:
        return reversed(self._lines)

    def append_string(self, string: str) -> None:
        if self._is_kept(string):
            super().append_string(string)

    def store_string(self, string: str) -> None:
        self._lines.append(string)


class _CommandCompleter(Completer):
    def __init__(self, commands: Sequence[CommandHint]) -> None:
        self._commands = sorted(commands, key=lambda hint: hint.name)

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        del complete_event
        typed = document.text_before_cursor
        if typed.startswith("/"):
            for hint in self._commands:
                line = f"/{hint.name}"
                if line.startswith(typed.lower()) and line != typed.lower():
                    shown = f"{line} {hint.usage}".rstrip()
                    yield Completion(line, -len(typed), display=shown, display_meta=hint.help)


class _Hide(Processor):
    """Show nothing of what is typed, not even how long it is."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        del transformation_input
        return Transformation([], lambda _: 0, lambda _: 0)


def _keys(interrupt: Callable[[], bool]) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def _(event: KeyPressEvent) -> None:
        if interrupt():
            return
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=EOFError)

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
