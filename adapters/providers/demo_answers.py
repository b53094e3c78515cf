"""What the demo model says: about Hearthkey, what is asked, and what to type next. Pure."""

import re
from dataclasses import dataclass
from typing import Final

NO_COMPANY: Final = (
    "I am Hearthkey's **demo model**: a small program on this computer. "
    "No AI company is asked, nothing you write leaves this computer, and nothing costs money."
)
_NEXT: Final = "Ask me about keys, models, privacy, cost, commands, Telegram or Matrix."


@dataclass(frozen=True, slots=True)
class Topic:
    """What is answered when one of the words is asked about."""

    words: re.Pattern[str]
    answer: str


def _topic(words: str, answer: str) -> Topic:
    return Topic(re.compile(rf"\b(?:{words})\b", re.IGNORECASE), answer)


_TOPICS: Final = (
    _topic(
        r"priva\w*|secur\w*|encrypt\w*|safe\w*|store[sd]?|data|trust",
        """**Privacy, in short:**

- What you write goes from your messenger to this computer, and from here straight to the AI \
company whose key you added. Nobody's service stands between.
- Keys and conversations are stored encrypted. A key is never shown again, only a mask of it.
- Whoever runs this computer is the one you trust.

`/privacy` says it in full.""",
    ),
    _topic(
        r"api ?keys?|keys?|addkey|accounts?|sign ?up",
        """**To talk to a real model, add your own API key:**

1. Open the key page of an AI company and create a key.
2. Type `/addkey` and paste the key when I ask for it.

It is checked with the company's free call, then stored encrypted. `/keys` lists your keys as \
masks, `/removekey` erases one.

With this demo you can try it out: `/addkey demo anything` is accepted, `/addkey demo bad` is \
rejected as a company would.""",
    ),
    _topic(
        r"costs?|pric\w*|pay|paid|money|free|cheap\w*|expensive|bill\w*|tokens?|usage",
        """**Cost:** you pay the AI company for what you use, directly and with your own key. \
Hearthkey adds nothing on top.

- The line under an answer says about what it cost.
- `/usage` adds it up by day and by model.
- `/maxtokens 1000` keeps answers short, and cheap.

This demo is free.""",
    ),
    _topic(
        r"models?|gpt\w*|claude|gemini|deepseek|llama\w*|ollama|openai|anthropic|mistral",
        """**Models:** each key brings the models of its company.

- `/model` shows them; tap one, or type a part of its name.
- `/model hearthkey-demo-long` picks the demo's long answers, good for trying `/stop`.
- A server of your own, such as Ollama, works too: whoever runs this computer names its address.

I am no real model, so I only know about Hearthkey.""",
    ),
    _topic(
        r"telegram|matrix|element|messengers?|phones?|whatsapp|signal",
        """**On your phone:** the same bot speaks Telegram and Matrix.

Stop it, type `hearthkey init`, and answer the few questions. For Telegram you need a bot token, \
which @BotFather gives you; for Matrix an account for the bot. Then `hearthkey run` starts the \
bot, and this demo is switched off.""",
    ),
    _topic(
        r"temp\w*|settings?|instructions?|system|maxtokens|creativ\w*",
        """**Settings** hold for this conversation until you make them your default:

- `/temp 0.2` is more exact, `/temp 1` more surprising
- `/maxtokens 2000` is the longest answer
- `/system You are a patient maths tutor.` goes to the model before every message

`/settings` shows them all.""",
    ),
    _topic(
        r"help|commands?|what can (?:you|i|it)|how (?:do|does|can|to)|start|begin|options",
        """**What you can type:**

```
/addkey    add your API key        /model   choose a model
/keys      your keys               /usage   what it cost
/new       a new conversation      /stop    end an answer
/settings  all settings            /help    everything else
```

Anything else you write is a message to the model. `/retry` answers it again, `/undo` takes it \
back.""",
    ),
    _topic(
        r"hi|hello|hey|hallo|hola|salut|good (?:morning|evening|day)",
        f"""Hello. {NO_COMPANY}

To talk to a real model, type `/addkey`. {_NEXT}""",
    ),
    _topic(
        r"who|what are you|demo|hearthkey",
        f"""{NO_COMPANY}

**Hearthkey** lets you chat with AI models with your own API key, from your messenger, through a \
bot on your own computer. To go on, type `/addkey` for a real model, or `/help`.""",
    ),
)

_LONG: Final = """**A long answer, to try `/stop` with.** {no_company}

While this grows, type `/stop`, or press Ctrl-C once in the console. What was written stays.

| You want | You type |
|---|---|
| a real model | `/addkey` |
| another model | `/model` |
| a new conversation | `/new` |
| to see the cost | `/usage` |

Then, one after the other:

1. The message is stored, encrypted, before anything else happens with it.
2. The request is noted, then sent: once, so that nothing is paid twice.
3. The answer streams in, and every two seconds what is there is stored.
4. Answer and usage are stored together, and shown to the end.

Code keeps its shape:

```python
def greet(name: str) -> str:
    return f"Hello, {{name}}"
```
"""
_LONG_MORE: Final = (
    "\nParagraph {number} of this answer says little, and says it slowly. It is here so that "
    "there is time to stop it, to send another message meanwhile, or to end the program and see "
    "after the next start that nothing was lost.\n"
)


def answer_to(question: str) -> str:
    """Return the answer to a question, in Markdown."""
    for topic in _TOPICS:
        if topic.words.search(question):
            return topic.answer
    return f"""{NO_COMPANY}

So I cannot answer that one. A real model can: type `/addkey` to add your own API key. {_NEXT}"""


def long_answer() -> str:
    """Return an answer of half a minute at the usual pace: table, list, code and more."""
    more = "".join(_LONG_MORE.format(number=number) for number in range(1, 21))
    return _LONG.format(no_company=NO_COMPANY) + more
