"""Adding a key, and keys that turn up unasked."""

from collections.abc import Sequence

from bot.domain.events import Button, Reply, Rows
from bot.domain.keys import KeyInfo, Useless
from bot.domain.models import ProviderSpec
from bot.texts.format import an, cut, escape, listing, quote
from bot.texts.keys import YOUR_KEYS, use_again
from bot.texts.layout import ADD_KEY, PAIRED, back, button, cancel, page_of, pager, pairs
from bot.texts.prefixes import command

_FIRST = 5
_PAGE = 8
_NOTES = {
    "google": "With a free key, Google may use what you send to improve its products.",
    "deepseek": "It processes data in China.",
    "mistral": "With a free plan, it may train on what you send unless you opt out there.",
    "demo": "It is a demo inside this computer: no AI company is asked, nothing is charged.",
}


def note(provider: str) -> str:
    """Return what a member should know of a company once, or nothing."""
    return _NOTES.get(provider, "")


def companies(specs: Sequence[ProviderSpec], page: int = 0) -> Reply:
    """Which company is the key from?"""
    return Reply(
        text="Which company is the key from?\nNot sure? Paste it, I usually recognise it.",
        buttons=_company_rows(specs, "addkey:pick", page),
    )


def several(mask: str, specs: Sequence[ProviderSpec]) -> Reply:
    """Keys of this form come from several companies: asked, never tried out."""
    return Reply(
        text=f"Keys like {escape(mask)} come from several companies. Which one is it? I ask only"
        " the one you pick.",
        buttons=_company_rows(specs, "addkey:for", 0),
    )


def more_companies(specs: Sequence[ProviderSpec], verb: str, page: int) -> Reply:
    """Every company, page by page, for a key that is held or still to come."""
    return Reply(
        text="Which company is the key from?",
        buttons=_company_rows(specs, verb, page, is_all=True),
    )


def _company_rows(
    specs: Sequence[ProviderSpec], verb: str, page: int, *, is_all: bool = False
) -> Rows:
    more = f"addkey:{'more' if verb == 'addkey:pick' else 'morefor'}"
    if not is_all and page == 0:
        first = [button(each.name, f"{verb}:{each.id}", most=PAIRED) for each in specs[:_FIRST]]
        if len(specs) > _FIRST or verb == "addkey:for":
            first.append(Button("More", f"{more}:0"))
        return (*pairs(first), (cancel("addkey"),))
    shown, at, pages = page_of(specs, page, _PAGE)
    choices = (button(each.name, f"{verb}:{each.id}", most=PAIRED) for each in shown)
    return (*pairs(choices), *pager(more, at, pages), (cancel("addkey"),))


def unknown_company(typed: str, near: Sequence[ProviderSpec], *, is_held: bool) -> Reply:
    """A company nobody knows; near misses are offered, never taken."""
    verb = "addkey:for" if is_held else "addkey:pick"
    names = listing([escape(each.name) for each in near], last="or")
    hint = f" Near it: {names}." if near else " Choose it from the list."
    choices = [button(each.name, f"{verb}:{each.id}", most=PAIRED) for each in near]
    all_of_them = Button("All companies", f"addkey:{'morefor' if is_held else 'more'}:0")
    return Reply(
        text=f"I do not know {quote(typed, 24)}.{hint}",
        buttons=(*pairs([*choices, all_of_them]), (cancel("addkey"),)),
    )


def paste(spec: ProviderSpec, *, deletes: bool, has_back: bool) -> Reply:
    """How to get a key, and where to put it."""
    if spec.is_demo:
        text = "**Demo key**\nAny word will do. Type one here, for example: demo"
    else:
        name = escape(spec.name)
        page = "Open the key page and create a key." if spec.key_page else "Create a key there."
        after = " I delete your message at once." if deletes else ""
        text = f"**{name} key**\n1. {page}\n2. Copy it and paste it here.{after}"
    ways = (back("addkey:start"), cancel("addkey")) if has_back else (cancel("addkey"),)
    return Reply(text=text, buttons=(*_key_page(spec), ways))


def paste_or_none(spec: ProviderSpec, *, has_back: bool) -> Reply:
    """A server at home: it asks for no key unless it was set up with one."""
    ways = (back("addkey:start"), cancel("addkey")) if has_back else (cancel("addkey"),)
    return Reply(
        text=f"**{escape(spec.name)}** asks for no key, unless it was set up with one. Use it"
        " without, or paste its key here.",
        buttons=((Button("Use without a key", f"addkey:keyless:{spec.id}"),), ways),
    )


def key_wanted(spec: ProviderSpec) -> Reply:
    """It was tried without a key, and asks for one; the question stays open."""
    return Reply(
        text=f"**{escape(spec.name)} asks for a key.** Paste it here. Nothing was stored.",
        buttons=((cancel("addkey"),),),
    )


def keyless_unreachable(spec: ProviderSpec) -> Reply:
    """The server at home does not answer."""
    return Reply(
        text=f"**Cannot reach {escape(spec.name)} from this host.** Nothing was stored. Start it"
        " there, then try again.",
        buttons=((Button("Try again", f"addkey:keyless:{spec.id}"), cancel("addkey")),),
    )


def _key_page(spec: ProviderSpec) -> Rows:
    return ((Button("Open key page", url=spec.key_page),),) if spec.key_page else ()


def accepted(
    name: str,
    mask: str,
    *,
    gone: str,
    model: str,
    is_new_model: bool,
    old_mask: str = "",
    beside: KeyInfo | None = None,
    once: str = "",
    is_checked: bool = True,
    is_keyless: bool = False,
    answer: Button | None = None,
) -> Reply:
    """The key is stored: in the place of one, or used instead of one `beside` it.

    `answer` asks a kept message that is over ten minutes old. `is_checked`: the company takes the
    key; else it has no free call that says so. `is_keyless`: there is none, and none was asked
    for.
    """
    head = f"{escape(name)} key {'accepted' if is_checked else 'kept'}:** {escape(mask)}"
    lines = [f"**{escape(name)} is ready.** It asks for no key." if is_keyless else f"**{head}"]
    if not is_checked:
        lines.append("It cannot be checked free of charge; your first answer tells if it works.")
    if old_mask and old_mask != mask:
        lines.append(f"It replaces {escape(old_mask)}.")
    if beside:
        lines.append(_beside(beside))
    if gone:
        lines.append(gone)
    if once:
        lines.append(once)
    lines.append(_next(model, is_new_model=is_new_model))
    change = Button("Change model", "model:menu")
    first: Rows = ((answer,),) if answer else ()
    rows = (*first, *use_again(beside), (change, YOUR_KEYS))
    return Reply(text="\n".join(lines), buttons=rows)


def _beside(other: KeyInfo) -> str:
    return f"It is in use from now on; {escape(other.mask)} is kept."


def kept_unchecked(name: str, mask: str, *, model: str, beside: KeyInfo | None = None) -> Reply:
    """Stored without a check, as the member wished."""
    lines = [f"**{escape(name)} key kept:** {escape(mask)}", "I check it on first use."]
    if beside:
        lines.append(_beside(beside))
    if model:
        lines.append(_next(model, is_new_model=False))
    return Reply(
        text="\n".join(lines),
        buttons=(*use_again(beside), (Button("Choose a model", "model:menu"), YOUR_KEYS)),
    )


def _next(model: str, *, is_new_model: bool) -> str:
    if not model:
        return f"Choose a model to start: {command('model')}"
    if is_new_model:
        return f"Your model is {escape(model)}. Write something to start."
    return f"Your model is still {escape(model)}."


def checking(name: str, mask: str) -> Reply:
    """Said only where the company takes its time."""
    return Reply(text=f"Checking {escape(mask)} with {escape(name)}.")


def rejected(spec: ProviderSpec, mask: str, *, gone: str, old_mask: str) -> Reply:
    """The company does not know the key; the question stays open."""
    old = f"; your old key {escape(old_mask)} still works" if old_mask else ""
    deleted = f"\n{gone}" if gone else ""
    name = escape(spec.name)
    return Reply(
        text=f"**Invalid API key.** {name} does not accept {escape(mask)}.\nCopy it again, whole,"
        f" and paste it here. Nothing was stored{old}.{deleted}",
        buttons=(*_key_page(spec), (cancel("addkey"),)),
    )


def useless(spec: ProviderSpec, why: Useless) -> Reply:
    """A key that is recognised and cannot chat."""
    what = "admin key" if why is Useless.ADMIN else "subscription token"
    return Reply(
        text=f"That is {an(spec.name)} {what}, which cannot chat. Nothing was stored. Create a"
        " normal API key and paste it here.",
        buttons=(*_key_page(spec), (cancel("addkey"),)),
    )


def unreachable(
    spec: ProviderSpec, mask: str, where: str = "", *, is_region: bool = False
) -> Reply:
    """The check did not get through; the key is held for ten minutes, for `where` it goes."""
    name = escape(spec.name)
    head = (
        f"**{name} is not available from this server.**"
        if is_region
        else f"**Cannot reach {name} from this host.**"
    )
    return Reply(
        text=f"{head} The key {escape(mask)} is not checked yet.\nKeep it and I check it on first"
        " use, or try again.",
        buttons=(
            (
                Button("Keep unchecked", f"addkey:keep:{spec.id}{where}"),
                Button("Try again", f"addkey:again:{spec.id}{where}"),
            ),
            (cancel("addkey"),),
        ),
    )


def lost(spec: ProviderSpec) -> Reply:
    """The key was held in memory only, and is not there any more."""
    return Reply(
        text="I do not hold that key any more; I keep one for ten minutes at most. Nothing was"
        f" stored. Paste the {escape(spec.name)} key again.",
        buttons=(*_key_page(spec), (cancel("addkey"),)),
    )


def lost_words() -> Reply:
    """What was held besides a key is gone."""
    return Reply(
        text="I do not hold that any more; I keep it for ten minutes at most. Nothing was sent"
        " or stored. Write it again.",
        buttons=((ADD_KEY,),),
    )


def saved_already(name: str, mask: str) -> Reply:
    """A second tap on Save."""
    return Reply(
        text=f"**{escape(name)} key {escape(mask)}** is stored already.", buttons=((YOUR_KEYS,),)
    )


def ready_already(spec: ProviderSpec) -> Reply:
    """A second tap on Use without a key."""
    return Reply(
        text=f"**{escape(spec.name)} is ready.** It asks for no key.", buttons=((YOUR_KEYS,),)
    )


def no_credit_note(name: str) -> str:
    """The key is valid, and its account has no money."""
    return f"It has no credit yet; add some at {escape(name)} before you write."


def not_a_key(spec: ProviderSpec, where: str = "") -> Reply:
    """Something else came while a key was awaited."""
    return Reply(
        text=f"I am waiting for {an(spec.name)} key, and that does not look like one. I sent it"
        " to nobody.",
        buttons=(
            (Button("Ask it instead", "addkey:ask"),),
            (Button("It is the key", f"addkey:for:{spec.id}{where}"), cancel("addkey")),
        ),
    )


def another_company(spec: ProviderSpec, mask: str, likely: ProviderSpec, where: str = "") -> Reply:
    """The key's form is another company's; it is shown to neither before the member says so."""
    return Reply(
        text=f"{escape(mask)} looks like a key from {escape(likely.name)}, not"
        f" {escape(spec.name)}. Which one is it? I ask only the one you pick.",
        buttons=(
            (
                button(likely.name, f"addkey:for:{likely.id}", most=PAIRED),
                button(spec.name, f"addkey:for:{spec.id}{where}", most=PAIRED),
            ),
            (cancel("addkey"),),
        ),
    )


def asking(question: str) -> Reply:
    """The words are on their way to the model."""
    return Reply(text=f"Asking {quote(question, 60)}.")


def found(mask: str, company: str, *, gone: str, has_question: bool, save: str) -> Reply:
    """A key in a plain message. `save` is the action that stores it, `company` who made it."""
    kind = f"{an(company)} key" if company else "a key"
    drop = Button("Discard", "addkey:cancel")
    keep = Button(f"Save {mask}", save)
    if has_question:
        return Reply(
            text=f"There was {kind} in your message. {gone}",
            buttons=((Button("Ask without it", "addkey:askrest"),), (keep, drop)),
        )
    return Reply(
        text=f"That looked like {kind}. {gone} Save it?",
        buttons=((keep, drop),),
    )


def cancelled() -> Reply:
    """The question about a key was ended."""
    return Reply(text=f"No key was added. {command('addkey')} starts again.")


def discarded() -> Reply:
    """A held key was thrown away."""
    return Reply(text="Discarded. Nothing was stored or sent.")


def too_long(most: int) -> Reply:
    """A paste that is no key."""
    return Reply(
        text=f"A key has at most {most} characters. Nothing was stored or sent. Copy it again and"
        " paste it here.",
        buttons=((cancel("addkey"),),),
    )


def what_is_a_key() -> Reply:
    """Explains a key."""
    return Reply(
        text="**An API key** lets me ask an AI company in your name. You make it on their"
        " site.\nIt is paid by use, often cents a day. A ChatGPT or Claude subscription does not"
        " include it.\nGoogle and a few others also give out free keys.",
        buttons=((ADD_KEY, back("start:main")),),
    )


def answer_kept(question: str, action: str) -> Button:
    """The button that asks a kept message."""
    return Button(f'Answer "{cut(question, 17)}"', action)
