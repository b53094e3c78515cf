"""The Markdown walker: named cases of what becomes of a model's text."""

import pytest

from adapters.shared.markdown import blocks_done, parse
from adapters.shared.nodes import (
    Align,
    Block,
    Break,
    Code,
    CodeBlock,
    Heading,
    Inlines,
    Item,
    Items,
    Link,
    Mark,
    Marked,
    Paragraph,
    Quote,
    Rule,
    Table,
    Text,
    text_of,
)


def p(text: str) -> Paragraph:
    """Return a paragraph of plain text."""
    return Paragraph((Text(text),))


CASES: dict[str, tuple[str, tuple[Block, ...]]] = {
    "nothing": ("", ()),
    "two paragraphs": ("one\n\ntwo", (p("one"), p("two"))),
    "a soft break is a break": ("a\nb", (Paragraph((Text("a"), Break(), Text("b"))),)),
    "heading": ("## Leeks ##", (Heading(2, (Text("Leeks"),)),)),
    "no underlined heading": ("Leeks:\n-", (Paragraph((Text("Leeks:"), Break(), Text("-"))),)),
    "a rule right after text": ("end\n---\nnext", (p("end"), Rule(), p("next"))),
    "fence": ("```python title=x\na = 1\n```", (CodeBlock("a = 1", "python title=x"),)),
    "open fence": ("```py\na\n\nb", (CodeBlock("a\n\nb", "py"),)),
    "indented code": ("    a\n    b\n", (CodeBlock("a\nb"),)),
    "quote": ("> a\n> > b", (Quote((p("a"), Quote((p("b"),)))),)),
    "bullets": ("- a\n- b", (Items((Item((p("a"),)), Item((p("b"),)))),)),
    "numbers keep their start": ("3. a\n4. b", (Items((Item((p("a"),)), Item((p("b"),))), 3),)),
    "loose list": (
        "- a\n\n- b",
        (Items((Item((p("a"),)), Item((p("b"),))), None, is_tight=False),),
    ),
    "nested list": (
        "- a\n  1. b",
        (Items((Item((p("a"), Items((Item((p("b"),)),), 1))),)),),
    ),
    "tasks": (
        "- [ ] a\n- [X] b\n- [x]c",
        (Items((Item((p("a"),), False), Item((p("b"),), True), Item((p("[x]c"),)))),),
    ),
    "table": (
        "| a | b |\n|:-:|--:|\n| *c* |",
        (
            Table(
                ((Text("a"),), (Text("b"),)),
                (((Marked(Mark.EMPHASIS, (Text("c"),)),), ()),),
                (Align.CENTER, Align.RIGHT),
            ),
        ),
    ),
    "cells too many are kept": (
        "> |a|b|\n> |-|-|\n> |1|2|3|4|",
        (
            Quote(
                (
                    Table(
                        ((Text("a"),), (Text("b"),)),
                        (((Text("1"),), (Text("2 | 3 | 4"),)),),
                        (Align.LEFT, Align.LEFT),
                    ),
                )
            ),
        ),
    ),
    "raw HTML is text": (
        "<b>a</b><!-- c -->\n<div>",
        (Paragraph((Text("<b>a</b><!-- c -->"), Break(), Text("<div>"))),),
    ),
    "a link definition is text": ("[1]: https://a.example", (p("[1]: https://a.example"),)),
    "a script is no link": ("[a](javascript:b)", (p("[a](javascript:b)"),)),
    "stress beside Chinese brackets": (
        "这是**“重要”**的。",
        (Paragraph((Text("这是"), Marked(Mark.STRONG, (Text("“重要”"),)), Text("的。"))),),
    ),
    "lone surrogate": ("a\ud800b", (p("a\ufffdb"),)),
}


@pytest.mark.parametrize(("text", "blocks"), CASES.values(), ids=CASES)
def test_blocks(text: str, blocks: tuple[Block, ...]) -> None:
    """Each text has exactly these blocks."""
    assert parse(text) == blocks


def test_inlines() -> None:
    """Stresses nest, code and links keep what they hold, an image is a link."""
    (paragraph,) = parse('**a *b*** ~~c~~ `d  e` [f](https://x.example/é "t") ![g](h)')
    assert paragraph == Paragraph(
        (
            Marked(Mark.STRONG, (Text("a "), Marked(Mark.EMPHASIS, (Text("b"),)))),
            Text(" "),
            Marked(Mark.STRIKE, (Text("c"),)),
            Text(" "),
            Code("d  e"),
            Text(" "),
            Link("https://x.example/%C3%A9", (Text("f"),), "t"),
            Text(" "),
            Link("h", (Text("g"),), "", is_image=True),
        )
    )


def test_a_host_in_another_script_shows_as_what_it_is() -> None:
    """Cyrillic letters that look Latin do not reach the address."""
    (paragraph,) = parse("[bank](https://b\u0430nk.example)")
    assert isinstance(paragraph, Paragraph)
    assert paragraph.children == (Link("https://xn--bnk-6cd.example", (Text("bank"),)),)


def test_code_language() -> None:
    """The language is the first word after the fence, or nothing."""
    assert CodeBlock("", "py x").language == "py"
    assert CodeBlock("", "").language == ""


HOSTILE = {
    "quotes": ">" * 3_000,
    "lists": "- " * 3_000 + "end",
    "brackets": "[" * 8_000,
    "open images": "![a" * 3_000,
    "nested images": "![a" * 400 + "](b)" * 400,
    "open stresses": "**a _b_ " * 2_000,
    "nested stresses": "**a " * 300 + "b**" * 300,
    "wide table": "|a" * 5_000 + "\n" + "|-" * 5_000 + "\n" + "|a\n" * 500,
    "links": "[a](<" * 3_000,
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_read_in_time(text: str) -> None:
    """Nesting and width without measure neither raise nor hang, and keep their letters."""
    found = repr(parse(text))
    assert sum(map(found.count, "a")) >= text.count("a")


def depth(children: Inlines) -> int:
    """Return how deep stresses lie within each other."""
    return max(
        (1 + depth(node.children) for node in children if isinstance(node, Marked)), default=0
    )


def test_depth_is_bounded() -> None:
    """Back ends may recurse: no tree is deeper than they can walk."""
    (paragraph,) = parse("*a **b " * 200 + "c** d*" * 200)
    assert isinstance(paragraph, Paragraph)
    assert "c d" in text_of(paragraph.children)
    assert depth(paragraph.children) == 16


DONE = {
    "one block is never done": ("one\ntwo\n\n", ""),
    "a paragraph after a paragraph": ("one\n\ntwo\n", "one\n\n"),
    "the last line may become anything": ("one\n```", ""),
    "an open fence": ("one\n```\na\n\nb\n", "one\n"),
    "a list may go on": ("- a\n\n- b\n", ""),
    "Windows line ends": ("one\r\n\r\ntwo\r\n", "one\r\n\r\n"),
    "several": ("# a\n- b\n\ntext\n***\n> c\n", "# a\n- b\n\ntext\n***\n"),
}


@pytest.mark.parametrize(("text", "done"), DONE.values(), ids=DONE)
def test_blocks_done(text: str, done: str) -> None:
    """Only blocks that are followed by another one are done."""
    assert text[: blocks_done(text)] == done
