"""New conversations in topics of their own, where the messenger has them."""

from typing import Final

from bot import texts
from bot.commands.spec import Call, Outcome
from bot.domain.effects import NoteOnce, StartSession
from bot.domain.errors import FrontendError
from bot.domain.events import Outgoing
from bot.texts.format import cut

_ROOM: Final = 64 - len("new:topic:")  # bytes of a button's action that are left for a title


def are_offered(call: Call) -> bool:
    """Return whether a new conversation may have a topic of its own."""
    place = call.place
    return place.is_private and not place.thread and call.messenger.has_topics(place)


def carried(title: str) -> str:
    """Return a title as a button can carry it: most are whole, a long one is cut."""
    fitting = (cut(title, length) for length in range(len(title), -1, -1))
    return next(each for each in fitting if len(each.encode()) <= _ROOM)


async def open_one(call: Call) -> Outcome:
    """Open a topic and say something there; a second tap opens no second one.

    It is opened before anything is stored. After a crash between the two the press is handled
    again, and the topic of the first time stays, empty.
    """
    member, title = call.member.id, carried(" ".join(call.args.split()))
    once = NoteOnce(member=member, notice=f"topic:{call.place.chat}:{call.incoming.message}")
    if await call.desk.stores.settings.has_noted(member, once.notice):
        return Outcome(reply=texts.topics.topic_opened(title))
    if not are_offered(call):
        return Outcome(reply=texts.turns.old_button())
    try:
        place = await call.messenger.open_topic(call.place, title or texts.topics.UNTITLED)
    except FrontendError:
        return Outcome(reply=texts.topics.topic_refused(title))
    named = (StartSession(member=member, place=place, title=title),) if title else ()
    first = Outgoing(place=place, member=member, reply=texts.topics.first_in_topic())
    return Outcome(reply=texts.topics.topic_opened(title), effects=(*named, once), also=(first,))
