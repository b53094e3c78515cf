"""What becomes of Markdown on Matrix: HTML that all clients show, and the plain text beside it."""

import pytest

from adapters.matrix.drawn import html_of_drawn, plain
from adapters.matrix.html import html_of, paragraphs, safe
from adapters.shared.markdown import parse
from adapters.shared.text.drawing import draw
from adapters.shared.text.entities import clipped

CASES: dict[str, tuple[str, str, str]] = {
    "nothing": ("", "", ""),
    "lines": ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>", "a\nb\n\nc"),
    "stresses": (
        "**a *b*** ~~c~~ `d`",
        "<p><strong>a <em>b</em></strong> <del>c</del> <code>d</code></p>",
        "a b ~~c~~ d",
    ),
    "headings": ("# A\n### B\n###### C", "<h3>A</h3><h3>B</h3><h6>C</h6>", "A\n\nB\n\nC"),
    "lists in lists": (
        "- a\n  1. b\n- c",
        "<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>",
        "• a\n   1. b\n• c",
    ),
    "list with a start": ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
    "list with gaps": (
        "- a\n\n  b\n- c",
        "<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>",
        "• a\n\n   b\n\n• c",
    ),
    "tasks": ("- [x] a\n- [ ] b", "<ul><li>☑ a</li><li>☐ b</li></ul>", "☑ a\n☐ b"),
    "tasks with gaps": (
        "- [x] a\n\n- [ ] b",
        "<ul><li><p>☑ a</p></li><li><p>☐ b</p></li></ul>",
        "☑ a\n\n☐ b",
    ),
    "an item of code": (
        "- ```\n  a\n  ```",
        "<ul><li><pre><code>a\n</code></pre></li></ul>",
        "•\n```\na\n```",
    ),
    "an empty item": ("-\n- a", "<ul><li></li><li>a</li></ul>", "•\n• a"),
    "quotes": (
        "> a\n>\n> > b",
        "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>",
        "> a\n>\n> b",
    ),
    "code": (
        '```py app.py\nx < 1\n\n\ty = "&"\n```',
        '<p>app.py</p><pre><code class="language-py">x &lt; 1\n\n\ty = "&amp;"\n</code></pre>',
        'app.py\n```py\nx < 1\n\n    y = "&"\n```',
    ),
    "code with a fence in it": (
        "````\n```\na\n```\n````",
        "<pre><code>```\na\n```\n</code></pre>",
        "````\n```\na\n```\n````",
    ),
    "a language that is a sentence": (
        f"```{'x' * 41} y\na\n```",
        f"<p>{'x' * 41} y</p><pre><code>a\n</code></pre>",
        f"{'x' * 41} y\n```\na\n```",
    ),
    "a language with quotation marks": (
        '```a"b>c\nd\n```',
        '<pre><code class="language-a&quot;b&gt;c">d\n</code></pre>',
        '```a"b>c\nd\n```',
    ),
    "a narrow table": (
        "| a | b |\n|---|--:|\n| c | 10 |",
        "<pre><code>a   b\n─  ──\nc  10\n</code></pre>",
        "```\na   b\n─  ──\nc  10\n```",
    ),
    "a wide table": (
        f"| a | b |\n|---|---|\n| {'c' * 44} | **d** |\n| e | |",
        f"<p><strong>a:</strong> {'c' * 44}<br><strong>b:</strong> <strong>d</strong></p>"
        "<p><strong>a:</strong> e<br><strong>b:</strong> –</p>",  # noqa: RUF001 - as it is shown
        f"a: {'c' * 44}\nb: d\n\na: e\nb: –",  # noqa: RUF001 - as it is shown
    ),
    "formulas": (
        "$x^2$\n\n$$\n\\frac{a}{b}\n$$",
        "<p><code>x²</code></p><pre><code>a/b\n</code></pre>",
        "x²\n\n```\na/b\n```",
    ),
    "a rule": ("a\n\n---", "<p>a</p><hr>", "a\n\n———"),
    "a link": (
        "[a *b*](https://c.example/d?e&f)",
        '<p><a href="https://c.example/d?e&amp;f">a <em>b</em></a></p>',
        "a b (https://c.example/d?e&f)",
    ),
    "an address": (
        "<https://a.example/é>",
        '<p><a href="https://a.example/%C3%A9">https://a.example/é</a></p>',
        "https://a.example/é",
    ),
    "an image": (
        "![a cat](https://a.example/c.png)",
        '<p><a href="https://a.example/c.png">🖼 a cat</a></p>',
        "🖼 a cat (https://a.example/c.png)",
    ),
    "an image in a link": (
        "[![a](https://b.example/c.png) d](https://e.example)",
        '<p><a href="https://e.example">🖼 a d</a></p>',
        "🖼 a d (https://e.example)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of_markdown(name: str) -> None:
    """HTML of the tags that all clients show, and a text that says as much."""
    source, html, text = CASES[name]
    blocks = parse(source)
    assert html_of(blocks) == html.replace("\u00a0", "&nbsp;")
    assert plain(draw(blocks)) == text


HOSTILE: dict[str, tuple[str, str]] = {
    "tags": (
        "<script>a</script> <b onclick='c'>d</b>",
        "<p>&lt;script&gt;a&lt;/script&gt; &lt;b onclick='c'&gt;d&lt;/b&gt;</p>",
    ),
    "tags in code": ("`</code><b>`", "<p><code>&lt;/code&gt;&lt;b&gt;</code></p>"),
    "entities": ("&lt;b&gt; &#60;i&#62;", "<p>&lt;b&gt; &lt;i&gt;</p>"),
    "a script": ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
    "an image of data": (
        "![a](data:image/png;base64,AAAA)",
        "<p>🖼 a&nbsp;(data:image/png;base64,AAAA)</p>",
    ),
    "another scheme": ("[a](ftp://b.example/c)", "<p>a&nbsp;(ftp://b.example/c)</p>"),
    "an address in another's words": (
        "[https://bank.example](https://evil.example/a)",
        '<p><a href="https://evil.example/a">https://bank.example</a>&nbsp;(evil.example)</p>',
    ),
    "words that turn what follows": (
        "[bank.example\u202e](https://evil.example) \u2066a",
        '<p><a href="https://evil.example">bank.example</a>&nbsp;(evil.example) a</p>',
    ),
    "words that turn back": ("a \u202bb\u202c c", "<p>a \u202bb\u202c c</p>"),
    "an attribute": (
        '<https://a.example/"onclick=b>',
        '<p><a href="https://a.example/%22onclick=b">https://a.example/"onclick=b</a></p>',
    ),
    "control characters": ("a\x1b[31mb\x07", "<p>a [31mb </p>"),
    "a very long address": (
        f"[a](https://b.example/{'c' * 2_048})",
        f"<p>a&nbsp;(https://b.example/{'c' * 2_048})</p>",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_model_writes_is_never_markup(name: str) -> None:
    """Characters are characters, and links say where they lead."""
    source, html = HOSTILE[name]
    assert html_of(parse(source)) == html


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<script>a</script>b", "b"),
        ("<b onclick='c'>d</b>", "d"),
        ('<a href="javascript:x">a</a>', "<a>a</a>"),
        ('<a href="https://a.example" target="b">c</a>', '<a href="https://a.example">c</a>'),
        ('<code class="mx_Pill">a</code>', "<code>a</code>"),
        ('<img src="https://a.example/b.png">', ""),
        ("<table><tr><td>a</td></tr></table>", "a"),
    ],
)
def test_the_second_line_stops_what_should_not_be_there(html: str, left: str) -> None:
    """Whatever went wrong before it."""
    assert safe(html) == left


def test_a_stretch_is_the_same_words_in_tags() -> None:
    """A part of a block has no block's tags, but all the others."""
    shown = draw(
        parse("- **a** [b](https://c.example)\n  - ~~d~~\n\n  ```py\n  e < 1\n  ```\n  f")
    )
    assert html_of_drawn(shown) == (
        '• <strong>a</strong> <a href="https://c.example">b</a><br>'
        "<br>&nbsp;&nbsp;&nbsp;◦ <del>d</del>"
        '<pre><code class="language-py">e &lt; 1</code></pre>&nbsp;&nbsp;&nbsp;f'
    )


def test_a_stretch_of_code_is_code() -> None:
    """Wherever it was cut: the fence and the language are there again."""
    shown = clipped(draw(parse("```py\na\n  b\nc\n```")), 2, 5)
    assert html_of_drawn(shown) == '<pre><code class="language-py">  b</code></pre>'
    assert plain(shown) == "```py\n  b\n```"


def test_a_stretch_without_any_stress_is_plain() -> None:
    """Its HTML is what a text has without one."""
    shown = clipped(draw(parse("a b\nc & d")), 2, 9)
    assert html_of_drawn(shown) == paragraphs("b\nc & d") == "<p>b<br>c &amp; d</p>"


def test_a_quotation_in_a_stretch() -> None:
    """It is one, and no lines are lost around it."""
    shown = draw(parse("a\n\n> b\n> `c`\n\nd"))
    assert html_of_drawn(shown) == "a<blockquote>b<br><code>c</code></blockquote>d"
    assert plain(shown) == "a\n\n> b\n> c\n\nd"
