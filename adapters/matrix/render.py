"""A reply as the content of Matrix events. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import msgspec

from adapters.matrix.html import escaped, html_of, lines
from adapters.matrix.stretch import html_of_stretch
from adapters.matrix.wire import Json
from adapters.shared.markdown import Rereader, parse
from adapters.shared.text.drawing import draw, draw_block
from adapters.shared.text.entities import Rendered, clipped
from adapters.shared.text.growing import held_back
from adapters.shared.text.parts import split, storable
from bot.domain.events import Reply, ReplyKind
from bot.domain.menus import addresses, numbered

FULL: Final = 10_000  # units of the plain text
# An event has 65,536 bytes (spec, "Size limits"). An edit holds text and HTML twice, and sealing
# adds a third; the rest is for the event's own fields.
MOST_BYTES: Final = 22_500  # of text and HTML together, as JSON
_LEAST: Final = 500
_SMALLER: Final = 0.7
_HTML: Final = "org.matrix.custom.html"
_MSGTYPES: Final = {ReplyKind.ANSWER: "m.text", ReplyKind.NOTICE: "m.notice"}
_NO_LIMIT: Final = 1_000_000  # of entities, which are no matter here
_MORE: Final = " …"
_HINT: Final = "Send a number or react with it."
_MOST_READ: Final = 16_384  # characters of a growing answer; one message shows less


def content(reply: Reply, *, mentions: Sequence[str] = ()) -> Json:
    """Return the content of the message a reply is; its size is the caller's affair."""
    text = storable(reply.text)
    if reply.stretch is None:
        blocks = parse(text)
        shown, html = draw(blocks), html_of(blocks)
    else:
        shown = clipped(_drawn(text), *reply.stretch)
        html = html_of_stretch(shown)
    menu, footer = _menu(reply), " ".join(reply.footer.split())
    body = "\n\n".join(filter(None, (shown.text, "\n".join(menu), footer)))
    html += f"<p>{lines(menu)}</p>" if menu else ""
    html += f"<p><em>{escaped(footer)}</em></p>" if footer else ""
    return _made(body, html, reply.kind, mentions)


@lru_cache(maxsize=2)
def _drawn(text: str) -> Rendered:
    """Return a text as drawn; the stretches of one block are asked for one after another."""
    return draw(parse(text))


def _made(body: str, html: str, kind: ReplyKind, mentions: Sequence[str]) -> Json:
    """Return a content; its HTML is left out where it says no more than the text."""
    found: Json = {
        "msgtype": _MSGTYPES[kind],
        "body": body,
        "m.mentions": {"user_ids": list(mentions)} if mentions else {},
    }
    if html != f"<p>{escaped(body)}</p>":
        found |= {"format": _HTML, "formatted_body": html}
    return found


def edit_of(message: str, new: Json) -> Json:
    """Return the content that puts another in a message's place; an edit calls nobody."""
    bare = {name: value for name, value in new.items() if name != "m.relates_to"}
    found: Json = bare | {
        "body": f"* {new['body']}",
        "m.mentions": {},
        "m.new_content": bare,
        "m.relates_to": {"rel_type": "m.replace", "event_id": message},
    }
    if "formatted_body" in bare:
        found["formatted_body"] = f"* {bare['formatted_body']}"
    return found


def in_thread(new: Json, root: str, latest: str) -> Json:
    """Return a content as one of a thread; clients without threads show it as a reply."""
    relation = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": latest},
    }
    return {**new, "m.relates_to": relation}


def replying_to(new: Json, message: str) -> Json:
    """Return a content as a reply."""
    return {**new, "m.relates_to": {"m.in_reply_to": {"event_id": message}}}


def split_reply(reply: Reply) -> list[Reply]:
    """Return a reply as parts that each fit one message, also as an edit; at least one."""
    full = FULL
    while True:
        parts = split(reply, full, last=_last_lines(reply), most_entities=_NO_LIMIT)
        if full <= _LEAST or all(_bytes(content(part)) <= MOST_BYTES for part in parts):
            return parts
        full = int(full * _SMALLER)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A block as plain text and as HTML."""

    body: str
    html: str

    @property
    def bytes(self) -> int:
        """How much of an event it takes."""
        return len(msgspec.json.encode((self.body, self.html)))


class Preview:
    """One answer's growing message: as much as fits, as the end will show it.

    What does not change any more is read and drawn once.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._reader = Rereader()
        self._drawn: dict[str, _Drawn] = {}
        self._full: Json | None = None

    def show(self, text: str) -> Json | None:
        """Return what is to be seen of the text so far; None: nothing yet."""
        if self._full is not None:
            return self._full
        head = storable(text[:_MOST_READ])
        blocks = self._blocks(held_back(head, self._reader))
        fitting = list(_fitting(blocks))
        if len(fitting) == len(blocks):
            return _as_content(fitting)
        if not fitting:  # not even the first block
            first = content(split_reply(Reply(text=head, kind=ReplyKind.ANSWER))[0])
        else:
            first = _as_content(fitting) or {}
        shown = _going_on(first)
        if len(head) > FULL + FULL // 4:
            self._full = shown  # what comes after so much changes nothing before
        return shown

    def _blocks(self, text: str) -> list[_Drawn]:
        """Return the blocks as drawn; of those that were there before, as they were."""
        found: dict[str, _Drawn] = {}
        blocks = []
        for section in self._reader.sections(text):
            source = text[section.start : section.end].rstrip()
            drawn = self._drawn.get(source) or found.get(source)
            if drawn is None:
                drawn = _Drawn(draw_block(section.block).text, html_of((section.block,)))
            found[source] = drawn
            blocks.append(drawn)
        self._drawn = found
        return [each for each in blocks if each.body]


def _fitting(blocks: Sequence[_Drawn]) -> Iterator[_Drawn]:
    """Yield the blocks that one message holds, from the first on."""
    units, size = len(_MORE), 64
    for each in blocks:
        units += len(each.body) + 2
        size += each.bytes
        if units > FULL or size > MOST_BYTES:
            return
        yield each


def _as_content(blocks: Sequence[_Drawn]) -> Json | None:
    """Return blocks as the content of a message; None: there is nothing to be seen."""
    body, html = "\n\n".join(each.body for each in blocks), "".join(each.html for each in blocks)
    if not body.strip():
        return None
    return _made(body, html, ReplyKind.ANSWER, ())


def _going_on(shown: Json) -> Json:
    """Return a content that says by its end that there is more."""
    more = {"body": shown["body"] + _MORE}
    if "formatted_body" in shown:
        more["formatted_body"] = f"{shown['formatted_body']}<p>…</p>"
    return shown | more


def _menu(reply: Reply) -> list[str]:
    """Return the choices by number, and the addresses below."""
    choices = [f"{number} {button.label}" for number, button in numbered(reply.buttons)]
    hint = [_HINT] if choices else []
    return [*choices, *hint, *(f"{each.label}: {each.url}" for each in addresses(reply.buttons))]


def _last_lines(reply: Reply) -> Rendered:
    """Return as much as what ends the last part needs."""
    ends = replace(reply, text="", stretch=None)
    return Rendered(str(content(ends)["body"])[: FULL // 2])


def _bytes(found: Json) -> int:
    text = (found["body"], found.get("formatted_body", ""))
    return len(msgspec.json.encode(text))
