"""What becomes of Markdown in a Telegram message: its text, and what is said of it."""

import msgspec
import pytest

from adapters.shared.markdown import parse
from adapters.shared.nodes import Paragraph, Text
from adapters.shared.text.drawing import draw
from adapters.shared.text.entities import NOTHING, Entity, Rendered
from adapters.shared.text.links import host_of, passes_for_another
from adapters.shared.text.tables import grid
from adapters.shared.text.units import from_units, to_units, width
from tests.fakes.telegram_rules import check, said_of

CASES: dict[str, tuple[str, str, list[str]]] = {
    "nothing": ("", "", []),
    "plain": ("a\nb\n\nc", "a\nb\n\nc", []),
    "stresses": (
        "**a *b*** ~~c~~ _d_",
        "a b c d",
        ["bold: a b", "italic: b", "strikethrough: c", "italic: d"],
    ),
    "the same stress twice": ("**a __b__ c**", "a b c", ["bold: a b c"]),
    "stress around code": ("**a `b` c**", "a b c", ["bold: a", "code: b", "bold: c"]),
    "nothing but code is stressed": ("***`b`***", "b", ["code: b"]),
    "heading": ("a\n# B *c* `d`\ne", "a\n\nB c d\n\ne", ["bold: B c", "italic: c", "code: d"]),
    "code keeps its spaces": ("a `` ` `` `  ` b", "a `    b", ["code: `"]),
    "code block": (
        "```py app.py\n  a = 1\n\n\tb\n\n```",
        "app.py\n  a = 1\n\n    b",
        ["pre:   a = 1\n\n    b py"],
    ),
    "a language that is a sentence": (
        f"```{'x' * 41} y\na\n```",
        f"{'x' * 41} y\na",
        ["pre: a"],
    ),
    "code first keeps its indentation": ("```\n\n  a\n b\n```", "  a\n b", ["pre:   a\n b"]),
    "empty code": ("a\n```py\n```", "a", []),
    "quotes are one": (
        "> a\n> > **b**\n>\n> `c`",
        "a\n\nb\n\nc",
        ["blockquote: a\n\nb\n\nc", "bold: b", "code: c"],
    ),
    "code in a quote": ("> ```\n> a\n> ```", "a", ["blockquote: a", "pre: a"]),
    "long quote": ("> " + "a" * 401, "a" * 401, ["expandable_blockquote: " + "a" * 401]),
    "quote of 400": ("> " + "a" * 400, "a" * 400, ["blockquote: " + "a" * 400]),
    "bullets by depth": (
        "- a\n  - b\n    - c\n      - d\n- e",
        "• a\n   ◦ b\n      ▪ c\n         ▪ d\n• e",
        [],
    ),
    "numbers": ("3. a\n4. b\n   - c", "3. a\n4. b\n   ◦ c", []),
    "loose list": ("- a\n\n  b\n- c", "• a\n\n   b\n\n• c", []),
    "lines of an item": ("- a\n  b\n- c", "• a\n   b\n• c", []),
    "tasks": ("- [ ] a\n- [x] b\n\n1. [x] c", "☐ a\n☑ b\n\n1. ☑ c", []),
    "empty items": ("-\n- a", "•\n• a", []),
    "code in an item": (
        "- a\n  ```sh\n  ls\n  ```\n  b\n- ```\n  c\n  ```",
        "• a\nls\n   b\n•\nc",
        ["pre: ls sh", "pre: c"],
    ),
    "quote in an item": ("- > a\n- b", "•\na\n• b", ["blockquote: a"]),
    "table": (
        "| a | 日本 | n |\n|---|:-:|--:|\n| bcd | x | 1 |\n| `e` | **y** | 20 |",
        "a    日本   n\n───  ────  ──\nbcd   x     1\ne     y    20",
        ["pre: a    日本   n\n───  ────  ──\nbcd   x     1\ne     y    20"],
    ),
    "wide table": (
        f"| name | what: | |\n|---|---|---|\n| **a** | {'w' * 44} | |\n| b | c | d |",
        f"name: a\nwhat: {'w' * 44}\n–\n\nname: b\nwhat: c\nd",  # noqa: RUF001 - as it is shown
        ["bold: name:", "bold: a", "bold: what:", "bold: name:", "bold: what:"],
    ),
    "table with links": (
        "| a |\n|---|\n| [b](https://c.example) |",
        "a: b",
        ["bold: a:", "text_link: b https://c.example"],
    ),
    "rule": ("a\n\n---\nb", "a\n\n———\n\nb", []),
    "link": (
        "[a **b** `c`](https://d.example/é)",
        "a b c",
        ["text_link: a b c https://d.example/%C3%A9", "bold: b"],
    ),
    "link to a house's own server": (
        "[docs](http://localhost:8000)",
        "docs\u00a0(http://localhost:8000)",
        [],
    ),
    "relative link": ("[a](b/é.md)", "a\u00a0(b/é.md)", []),
    "bare address": (
        "<https://a.example/b>",
        "https://a.example/b",
        ["text_link: https://a.example/b https://a.example/b"],
    ),
    "bare address that is no link": ("<http://nas/b>", "http://nas/b", []),
    "mail": ("<a@b.example>", "a@b.example", []),
    "link without words": (
        "[](https://a.example)",
        "https://a.example",
        ["text_link: https://a.example https://a.example"],
    ),
    "link that lies": (
        "[https://bank.example/in](https://evil.example/bank.example)",
        "https://bank.example/in\u00a0(evil.example)",
        ["text_link: https://bank.example/in https://evil.example/bank.example"],
    ),
    "link with a title": (
        '[a](https://b.example "c d")',
        "a\u00a0(c d)",
        ["text_link: a https://b.example"],
    ),
    "names before the host": (
        "[a](https://bank.example@evil.example/)",
        "a\u00a0(https://bank.example@evil.example/)",
        [],
    ),
    "image": ("![a](https://b.example/c)", "🖼 a", ["text_link: 🖼 a https://b.example/c"]),
    "image that is a link": (
        "[![a](https://b.example/c)](https://d.example)",
        "🖼 a",
        ["text_link: 🖼 a https://d.example"],
    ),
    "image without words": ("![](c.png)", "🖼 c.png", []),
    "literal tags": (
        "a<b and c>d List<String> <think>e</think> <b>",
        "a<b and c>d List<String> <think>e</think> <b>",
        [],
    ),
    "beyond 16 bits": (
        "🙂 **👨\u200d👩\u200d👧** 🙃 `é`",
        "🙂 👨\u200d👩\u200d👧 🙃 é",
        ["bold: 👨\u200d👩\u200d👧", "code: é"],
    ),
    "right to left": ("**שלום** עולם", "שלום עולם", ["bold: שלום"]),
    "Chinese": ("这是**“重要”**的。", "这是“重要”的。", ["bold: “重要”"]),
    "lone direction controls": (
        "a\u202eb **c**\n\u202ad\u202c \u2067e\u2069 f\u202c\u2066",
        "ab c\n\u202ad\u202c \u2067e\u2069 f",
        ["bold: c"],
    ),
    "controls": ("a\x1b[2Jb\u2028c", "a [2Jb\nc", []),
    "half a character": ("a\ud800b", "a\ufffdb", []),
    "only what nobody sees": ("\u200b\n\n**\u2060**", "", []),
    "formula": ("a $x_1^2$ b", "a x₁² b", ["code: x₁²"]),
    "formula in a stress and a cell": (
        "**a $b^2$**\n\n|$c_1$|\n|-|\n|d|",
        "a b²\n\nc₁\n──\nd",
        ["bold: a", "code: b²", "pre: c₁\n──\nd"],
    ),
    "formulas by themselves": (
        "a\n\\[\n\\frac{1}{n}\n\\]\n- $$b^2$$",
        "a\n\n1/n\n\n•\nb²",
        ["pre: 1/n", "pre: b²"],
    ),
    "formulas in fences": (
        "```math\nx^2\n```\n```latex\n\\beta\n```\n```latex\n\\section{a}\n```",
        "x²\n\nβ\n\n\\section{a}",
        ["pre: x²", "pre: β", "pre: \\section{a} latex"],
    ),
}


@pytest.mark.parametrize(("text", "shown", "said"), CASES.values(), ids=CASES)
def test_drawing(text: str, shown: str, said: list[str]) -> None:
    """Each text looks like this, and the server takes it so."""
    drawn = draw(parse(text))
    assert drawn.text == shown
    assert said_of(drawn) == said
    if shown:
        check(drawn)


def test_text_without_a_parser() -> None:
    """A node may hold what no parser lets through."""
    assert draw((Paragraph((Text("a\x00b\ud800"),)),)) == Rendered("ab\ufffd")
    assert draw((Paragraph((Text("\x00 "),)),)) == NOTHING


def test_entities_are_telegrams_json() -> None:
    """Names are Telegram's, and what is not said is left out."""
    drawn = draw(parse("[a](https://b.example) **c**"))
    assert msgspec.to_builtins(list(drawn.entities)) == [
        {"type": "text_link", "offset": 0, "length": 1, "url": "https://b.example"},
        {"type": "bold", "offset": 2, "length": 1},
    ]
    assert Entity("bold", 2, 1).end == 3


HOSTS = {
    f"https://a.example/{'b' * 2_030}": "a.example",
    f"https://a.example/{'b' * 2_031}": "",
    "https://a.example": "a.example",
    "HTTP://A.example:80/b?c#d": "a.example",
    "http://[2001:db8::1]:8080/": "[2001:db8::1]",
    "https://xn--bnk-6cd.example": "xn--bnk-6cd.example",
    "http://192.168.1.4:8123": "192.168.1.4",
    "http://nas/": "",
    "http://localhost:8000": "",
    "https://a.example:0": "",
    "https://a.example:65536": "",
    "https://user@a.example": "",
    "https://a.example /b": "",
    "https://a.example/b c": "",
    "https://a..example": "",
    "https://.example": "",
    "http://[1::2::3]": "",
    "http://[fe80::1%25eth0]": "",
    "tg://resolve?domain=a": "",
    "javascript:a.example": "",
    "//a.example": "",
    "a.example": "",
    "https://a.example\n": "",
}


@pytest.mark.parametrize(("url", "host"), HOSTS.items())
def test_addresses_that_may_be_linked(url: str, host: str) -> None:
    """What the server refuses, or what misleads, is no link."""
    assert host_of(url) == host


CLAIMS = {
    "https://bank.example": True,
    "see http://bank.example/x for more": True,
    "www.bank.example": True,
    "bank.example": True,
    "bank.example:443/login": True,
    "https://evil.example@bank.example": True,
    "bank\u200b.example": True,
    "ｂａｎｋ．ｅｘａｍｐｌｅ": True,  # noqa: RUF001 - wide letters pass for narrow ones
    "https://evil.example/bank.example": False,
    "WWW.Evil.example": False,
    "evil.example:443": False,
    "the bank": False,
    "1.5 million": False,
    "e.g. this": False,
}


@pytest.mark.parametrize(("label", "passes"), CLAIMS.items())
def test_words_that_pass_for_another_address(label: str, passes: bool) -> None:
    """Of these words some seem to be an address that is not on evil.example."""
    assert passes_for_another(label, "evil.example") is passes


def test_a_table_as_wide_as_a_phone() -> None:
    """At 44 columns a table is still aligned, at 45 it is not."""
    (fits,) = parse(f"|{'a' * 20}|{'日' * 11}|\n|-|-|")
    (wide,) = parse(f"|{'a' * 21}|{'日' * 11}|\n|-|-|")
    assert width(grid(fits).split("\n")[0]) == 44  # type: ignore[arg-type]  # a table
    assert grid(wide) == ""  # type: ignore[arg-type]  # a table


def test_units() -> None:
    """Units and characters turn into each other; half a pair is replaced."""
    assert to_units("a🙂") == "a\ud83d\ude42"
    assert from_units("a\ud83d\ude42") == "a🙂"
    assert from_units("a\ud83d") == "a\ufffd"
