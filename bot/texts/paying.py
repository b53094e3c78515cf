"""What a member is asked, and told, of their key in groups: in private only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.domain.events import Button, Reply, ReplyKind, Rows
from bot.domain.ports import Spent
from bot.texts.format import amount, cost, cut, day, escape, rate, tokens
from bot.texts.groups import titled
from bot.texts.layout import back, button, cancel, close, pager, pairs, span
from bot.texts.prefixes import command

PAGE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A group as its payer reads of it. `month`: what they paid there this month."""

    id: int
    title: str
    month: Spent
    since: datetime | None = None
    cap_usd: Decimal | None = None
    history_tokens: int | None = None
    shows_name: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is agreed to: the model and a typical answer's price; `marked` names both.

    `is_free`: its company charges nothing.
    """

    label: str
    usd: Decimal | None
    is_free: bool
    marked: str

    @property
    def words(self) -> str:
        """Return model and price in words."""
        if self.is_free:
            return f"{escape(self.label)}, free"
        if self.usd is None:
            return f"{escape(self.label)}, of unknown cost"
        return f"{escape(self.label)}, {cost(self.usd)} a typical answer"


def consent(
    group: int, title: str, people: int | None, offer: Offer, *, is_capped: bool = False
) -> Reply:
    """Ask whether a member's key may be used in a group. `is_capped`: a limit there stays."""
    size = f" ({amount(people, 'person', 'people')})" if people else ""
    kept = " Your daily limit there stays." if is_capped else ""
    return Reply(
        text=f"**Use your key in {titled(title)}**{size}?\n"
        f"Your questions there are paid by you: {offer.words}.{kept}\n"
        "The others see question and answer, never your key or spending.\n"
        "What you write to me there goes along with the others' questions, to the companies"
        " of their keys.",
        buttons=_consent_buttons(group, offer, is_capped=is_capped),
        kind=ReplyKind.ANSWER,
    )


def _consent_buttons(group: int, offer: Offer, *, is_capped: bool) -> Rows:
    allow = Button("Allow", f"groups:allow:{group}:{offer.marked}")
    capped = Button("Up to $1 a day", f"groups:allow:{group}:{offer.marked}:1")
    first = (allow,) if is_capped else (allow, capped)
    return (first, (Button("Not there", f"groups:keep:{group}"),))


def dearer(group: int, title: str, offer: Offer, before: Decimal | None) -> Reply:
    """Ask again, as a group's admins chose a model that costs more."""
    was = f" Until now it was {cost(before)}." if before is not None else ""
    return Reply(
        text=f"**{titled(title)} has another model now:** {offer.words}.{was}\n"
        "You pay your questions there, so I ask before I use it.",
        buttons=(
            (Button("Allow", f"groups:allow:{group}:{offer.marked}"),),
            (Button("Not there", f"groups:keep:{group}"),),
        ),
        kind=ReplyKind.ANSWER,
    )


def agreed(title: str, cap_usd: Decimal | None) -> Reply:
    """The member said yes."""
    limit = f", up to {rate(cap_usd)} a day" if cap_usd is not None else ""
    return Reply(
        text=f"Allowed in {titled(title)}{limit}. What you asked there within the last ten minutes"
        f" is answered now. Change it with {command('groups')}."
    )


def refused(title: str) -> Reply:
    """The member said no."""
    return Reply(text=f"Your key is not used in {titled(title)}. Nothing was charged.")


def nothing_asked() -> Reply:
    """A link or button to a question about a group that stands no more."""
    return Reply(
        text=f"Nothing waits for your word there. {command('groups')} shows where your key may be"
        " used."
    )


def changed(group: int) -> Reply:
    """The model or its price changed between question and tap."""
    return Reply(
        text="The group's model has changed since I asked. Look at it anew.",
        buttons=((Button("Show it", f"groups:ask:{group}"),),),
    )


def none() -> Reply:
    """A member whose key is used in no group."""
    return Reply(
        text="Your key is used in no group. Add me to one; I ask you in private before the first"
        " use.",
        buttons=((close("groups"),),),
    )


def places(groups: Sequence[Where], page: int, pages: int, total: int) -> Reply:
    """Every group in which the member's key may be used."""
    lines = [f"{escape(cut(each.title, 24) or 'No name')}: {_sum(each)}" for each in groups]
    names = pairs(
        button(each.title or "No name", f"groups:open:{each.id}", most=17) for each in groups
    )
    return Reply(
        text="\n".join((f"**Where your key may be used**{span(page, PAGE, total)}", *lines)),
        buttons=(
            *names,
            *pager("groups:list", page, pages),
            (Button("Stop everywhere", "groups:everywhere"), close("groups")),
        ),
    )


def _sum(where: Where) -> str:
    return f"{_paid(where.month)} this month, {_limit(where.cap_usd)}"


def _paid(spent: Spent) -> str:
    if not spent.answers:
        return "nothing"
    return f"{cost(spent.cost_usd)}{' and more' if spent.unknown else ''}"


def _limit(cap_usd: Decimal | None) -> str:
    return "no daily limit" if cap_usd is None else f"up to {rate(cap_usd)} a day"


def place(where: Where, group_history: int, now: datetime) -> Reply:
    """One group, and what the member may change there."""
    since = f", since {day(where.since, now)}" if where.since else ""
    most = min(where.history_tokens or group_history, group_history)
    known = "by your name" if where.shows_name else "as a number, such as M2"
    turn = Button(
        "Hide my name" if where.shows_name else "Show my name", f"groups:name:{where.id}"
    )
    return Reply(
        text=f"**{escape(where.title or 'No name')}**{since}\n"
        f"Paid: {_sum(where)}\n"
        f"Earlier messages: up to {tokens(most)} tokens go along with your questions there.\n"
        f"Companies know you there {known}.",
        buttons=(
            (
                Button("Stop here", f"groups:stop:{where.id}"),
                Button("Daily limit", f"groups:limit:{where.id}"),
            ),
            (Button("Earlier messages", f"groups:history:{where.id}"), turn),
            (back("groups:list:0"), close("groups")),
        ),
    )


def limits(where: Where) -> Reply:
    """Choose a limit for each day."""
    choices = [
        button(
            f"${each}",
            f"groups:cap:{where.id}:{each}",
            is_chosen=where.cap_usd == Decimal(each),
            most=17,
        )
        for each in ("0.25", "0.50", "1", "2", "5", "10")
    ]
    free = button("No limit", f"groups:cap:{where.id}:off", is_chosen=where.cap_usd is None)
    return Reply(
        text=f"**{escape(where.title or 'No name')}: {_limit(where.cap_usd)}.** Days are UTC's."
        " What is over the limit waits for your word.",
        buttons=(*pairs(choices), (free,), (back(f"groups:open:{where.id}"),)),
    )


def limit_set(group: int, title: str, cap_usd: Decimal | None, before: Decimal | None) -> Reply:
    """The limit was changed; what waited for a higher one is asked now."""
    was = "off" if before is None else str(before)
    undo = (Button("Undo", f"groups:cap:{group}:{was}"),) if before != cap_usd else ()
    return Reply(
        text=f"In {titled(title)}: {_limit(cap_usd)}.",
        buttons=((*undo, back(f"groups:open:{group}")),),
    )


def histories(where: Where, group_history: int) -> Reply:
    """Choose how much of a group's history to pay for."""
    steps = [each for each in (0, 1_000, 2_000, 4_000) if each < group_history]
    now = where.history_tokens
    choices = [
        button(
            tokens(each) if each else "Nothing",
            f"groups:most:{where.id}:{each}",
            is_chosen=now == each,
            most=17,
        )
        for each in steps
    ]
    whole = button(
        f"The group's {tokens(group_history)}",
        f"groups:most:{where.id}:off",
        is_chosen=now is None or now >= group_history,
    )
    return Reply(
        text="**Earlier messages** go along with each question, and you pay for those with yours."
        " How many tokens at most?",
        buttons=(*pairs(choices), (whole,), (back(f"groups:open:{where.id}"),)),
    )


def stopped(title: str, group: int) -> Reply:
    """The key is not used in a group any more."""
    return Reply(
        text=f"Stopped in {titled(title)}. A running answer was ended; nothing more is charged"
        " there.",
        buttons=((Button("Undo", f"groups:again:{group}"), back("groups:list:0")),),
    )


def stop_everywhere(count: int, stamped: str) -> Reply:
    """Make sure."""
    return Reply(
        text=f"**Stop using your key in {amount(count, 'group')}?** You can allow each again when"
        " you next ask there.",
        buttons=(
            (Button("Stop everywhere", f"groups:all:{stamped}", is_danger=True),),
            (Button("Keep them", "groups:list:0"),),
        ),
    )


def stopped_everywhere() -> Reply:
    """The key is used in no group any more."""
    return Reply(text="Stopped everywhere. Running answers were ended; nothing more is charged.")


def going_on(title: str) -> Reply:
    """A stop was taken back."""
    return Reply(text=f"Your key is used in {titled(title)} again.")


def closed(count: int) -> Reply:
    """What stays of the menu."""
    where = amount(count, "group") if count else "no group"
    return Reply(text=f"Your key may be used in {where}.")


def cap_reached(group: int, title: str, cap_usd: Decimal, spent: Decimal) -> Reply:
    """A question in a group is over the member's limit for the day."""
    return Reply(
        text=f"**Your limit of {rate(cap_usd)} a day in {titled(title)} is reached.**"
        f" So far: {cost(spent)}. Your question is kept for ten minutes, not sent.",
        buttons=(
            (
                Button("Double the limit", f"groups:double:{group}"),
                Button("No limit", f"groups:cap:{group}:off"),
            ),
            (cancel("groups"),),
        ),
        kind=ReplyKind.ANSWER,
    )


def led(title: str, said: Reply) -> Reply:
    """Tell in private why a question in a group did not work."""
    return Reply(
        text=f"About your question in {titled(title)}:\n{said.text}",
        buttons=said.buttons,
        kind=ReplyKind.ANSWER,
    )


def cancelled() -> Reply:
    """A limit stays as it is."""
    return Reply(text="The limit stays. Nothing was sent, nothing was charged.")
