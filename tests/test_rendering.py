import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.rendering import (
    messages_html,
    plain,
    rendered,
    snippet,
    spreadsheet_safe,
    spreadsheet_unsafe,
    word_count,
    word_diff,
)
from core.rendering.allowed import cleaned
from core.rendering.formulas import mathml
from core.rendering.highlighting import LONGEST_LISTING, colourable, highlighted
from core.rendering.kept import Kept
from core.rendering.prose import DEEPEST, MOST_BRACKETS
from core.rendering.texts import LARGEST_PAGE, LONGEST
from tests.hostile import PAYLOADS, Payload

TRACKER = "http://tracker.example:8099"

PROSE = set(
    "a blockquote br code div em h3 h4 h5 h6 hr li ol p pre s section span strong table tbody td th thead tr ul "  # noqa: SIM905
    "del ins".split()
)
MATHEMATICS = set(
    "math mfrac menclose mi mmultiscripts mn mo mover mprescripts mroot mrow mspace msqrt mstyle msub msubsup msup "  # noqa: SIM905
    "mtable mtd mtext mtr munder munderover none".split()
)
MATHEMATICAL_VALUE = re.compile(r"[a-z -]+|[0-3]?(\.\d+)?(em|ex|pt|px)?")
OURS = {
    "p": {"note", "role", "part"},
    "div": {"code", "definitions", "formula", "wide"},
    "span": {"address", "formula", "host", "image", "language", "mark"},
    "code": {"formula"},
    "pre": {"raw", "diff"},
    "td": {"left", "center", "right"},
    "th": {"left", "center", "right"},
    "section": {"message", "user", "assistant", "system", "developer", "tool", "function", "other"},
}
HIGHLIGHT = re.compile(r"[a-z][a-z0-9]{0,2}|err|fm|vm|esc")
VOID = {"br", "hr"}
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)


class Page(HTMLParser):
    """What a page would hold: every tag and attribute is checked as it is met."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[dict[str, str | None]] = []
        self.words = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in PROSE | MATHEMATICS
        assert len(attrs) == len(dict(attrs))
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "a":
            self.check_link(dict(attrs))
            return
        for name, value in attrs:
            self.check_attribute(tag, name, value or "")

    def check_link(self, attributes: dict[str, str | None]) -> None:
        assert set(attributes) == {"href", "target", "rel"}
        assert attributes["target"] == "_blank"
        assert attributes["rel"] == "noopener noreferrer nofollow"
        assert re.fullmatch(r"(https?://[a-z0-9.:\[\]_-]+([/?#][!-~]*)?|mailto:[!-~]+)", attributes["href"] or "", re.I)
        self.links.append(attributes)

    def check_attribute(self, tag: str, name: str, value: str) -> None:
        if name == "class":
            coloured = tag == "span" and "code" in self.open and HIGHLIGHT.fullmatch(value)
            assert coloured or set(value.split()) <= OURS[tag]
        elif tag == "ol":
            assert name == "start"
            assert value.isdigit()
        else:
            assert tag in MATHEMATICS
            assert name not in {"href", "style", "id", "actiontype", "src"}
            assert not name.startswith("on")
            assert MATHEMATICAL_VALUE.fullmatch(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        pytest.fail(f"a declaration: {decl}")

    def unknown_decl(self, data: str) -> None:
        pytest.fail(f"a declaration: {data}")

    def handle_pi(self, data: str) -> None:
        pytest.fail(f"an instruction: {data}")


def checked(html: str) -> Page:
    """The page, with every tag and attribute allowed, and no unseen character left anywhere."""
    assert not UNSEEN.search(html)
    html.encode()
    return Page(html)


def both_sides(text: str) -> str:
    compared = word_diff(text, "some words, then " + text[: len(text) // 2])
    return compared.left_html + compared.right_html


VIEWS: dict[str, Callable[[str], str]] = {
    "rendered": rendered,
    "plain": plain,
    "word diff": both_sides,
    "one message": lambda text: messages_html([{"role": "user", "content": text}]),
    "conversation": lambda text: messages_html([{"role": text, "content": text}, {"role": "user", "content": "b"}]),
    "raw conversation": lambda text: messages_html([{"role": "tool", "content": text}] * 2, raw=True),
    "parts": lambda text: messages_html(
        [
            {"role": "user", "content": [{"type": text, "text": text}, {"type": "text", "text": text}, text, 7]},
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": text}}, {"type": text, text: text}],
            },
            {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": text, "arguments": text}}]},
        ]
    ),
}
anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
markup_piece = st.sampled_from(
    [
        *(
            "<",
            ">",
            "[",
            "](",
            ")",
            "!",
            "`",
            "```",
            "$",
            "$$",
            "\\(",
            "\\]",
            "\\",
            "\n",
            "\n\n",
            "    ",
            "- ",
            "> ",
        ),
        *("| ", "|-|\n", "*", "_", "~~", "#", "&", "&lt;", "&#60;", '"', "'", "{", "}", "^", "a", "1. ", "[a]: "),
        *(
            "javascript:",
            "https://a.b",
            "\\text",
            "\\frac",
            "\\begin{align}",
            "\\end{align}",
            "script",
            "img src=x onerror=y",
        ),
        *("\u202e", "\u200d"),
    ]
)
markup = st.lists(markup_piece, max_size=40).map("".join)


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.name)
def test_a_hostile_text_becomes_only_allowed_markup(payload: Payload, view: str) -> None:
    html = VIEWS[view](payload.filled(TRACKER))
    checked(html)
    assert VIEWS[view](payload.filled(TRACKER)) == html


@settings(max_examples=150, deadline=None)
@given(text=anything | markup)
@example(text="$\\text{&#x3c;script&#x3e;}$\u2061")
@example(text="[a]\n\n[a]: https://a.b\u202e")
def test_any_text_becomes_only_allowed_markup(text: str) -> None:
    for view in VIEWS.values():
        checked(view(text))


@settings(max_examples=150, deadline=None)
@given(text=anything | markup)
def test_the_second_lock_changes_nothing_that_the_layout_wrote(text: str) -> None:
    html = re.sub(r'<span class="mark">(.*?)</span>', r"⟦\1⟧", rendered(text))
    if 'class="note"' not in html:
        assert cleaned(html) == html


@settings(max_examples=100, deadline=None)
@given(text=anything | markup)
def test_the_raw_view_holds_every_character(text: str) -> None:
    checked(plain(text))
    inside = plain(text).removeprefix('<pre class="raw">\n').removesuffix("</pre>")
    restored = re.sub('<span class="mark">U\\+([0-9A-F]+)</span>', lambda mark: chr(int(mark[1], 16)), inside)
    assert unescape(restored) == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.name)
def test_the_raw_view_has_no_tag_of_the_text(payload: Payload) -> None:
    inside = plain(payload.text).removeprefix('<pre class="raw">').removesuffix("</pre>")
    assert "<" not in re.sub(r'<span class="mark">U\+[0-9A-F]+</span>', "", inside)


def test_payload_names_are_unique_and_addresses_are_filled_in() -> None:
    assert len({payload.name for payload in PAYLOADS}) == len(PAYLOADS) >= 45
    remote = [payload for payload in PAYLOADS if "{tracker}" in payload.text]
    assert len(remote) >= 15
    assert all(TRACKER in payload.filled(TRACKER) and "{tracker}" not in payload.filled(TRACKER) for payload in remote)


# what a reader must see


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(markup_piece, min_size=1, max_size=14))
@example(pieces=["[//]: # (", ")"])
@example(pieces=["|a|\n|-|\n|1|", "|", "|"])
@example(pieces=["$x % ", "\n$"])
@example(pieces=["$\\hspace{", "}$"])
def test_no_word_is_lost_on_the_reader(pieces: list[str]) -> None:
    words = [f"q{number}z" for number in range(len(pieces))]
    page = checked(rendered("".join(piece + word for piece, word in zip(pieces, words, strict=True))))
    followed = " ".join(link["href"] or "" for link in page.links)
    shown = re.sub(r"[^a-z0-9]", "", page.words + followed)  # letters of a formula stand apart
    assert [word for word in words if word not in shown] == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("![alt](http://t/px.png 'title')", "[image: alt — http://t/px.png “title”]"),
        ("![alt][r]\n\n[r]: http://t/px.png", "[image: alt — http://t/px.png]"),
        ("![](http://t/px.png)", "[image: http://t/px.png]"),
        ("<img src=http://t/px.png>", "<img src=http://t/px.png>"),
        ("[//]: # (hidden words)", "[//]: # (hidden words)"),
        ("[x]: <y> 'hidden words'\n[x]: z\n", "[x]: z"),
        ("<!-- hidden words -->", "<!-- hidden words -->"),
        ("|a|\n|-|\n|1|hidden words|\n", "1 | hidden words"),
        ("> |a|\n> |-|\n> |1|hidden words|\n", "1 | hidden words"),
        ("```python hidden words\nx\n```", "python hidden words"),
        ("[x](https://a.example/p 'hidden words')", "(a.example “hidden words”)"),
        (":green-badge[Human approved] :material/check:", ":green-badge[Human approved] :material/check:"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](/grading/next)", "x [link not followed: /grading/next]"),
        ("$\\phantom{xyz}$", "xyz"),
        ("$\\frac{$", "$\\frac{$"),
        ("$x % hidden words\ny$", "hidden words"),
        ("$\\hspace{hidden}\\color{words}x$", "\\hspace{hidden}\\color{words}"),
        ("$\\text{<b>}$", "<b>"),
        ("&#x202e;", "U+202E"),
        ("a\u202eb\u200b\x00\ud800\U000e0041", "aU+202EbU+200BU+0000U+D800U+E0041"),
        ("", "The text is empty."),
    ],
)
def test_what_markdown_would_hide_is_shown(text: str, seen: str) -> None:
    assert seen in checked(rendered(text)).words


def test_emoji_and_joined_scripts_keep_their_joiners() -> None:
    text = "👩‍👩‍👧 ❤️‍🔥 1️⃣ ©️ می‌خواهم क्‍ष"
    assert rendered(text) == f"<p>{text}</p>\n"


@pytest.mark.parametrize(
    ("text", "href", "words"),
    [
        ("[x](https://a.example/p)", "https://a.example/p", "x (a.example)"),
        ("<https://a.example/p>", "https://a.example/p", "https://a.example/p"),
        ("[https://bank.example](https://a.example)", "https://a.example", "https://bank.example (a.example)"),
        ("[x](HTTPS://A.example:80/?q#f)", "https://a.example:80/?q#f", "x (a.example)"),
        ("<https://аррӏе.example>", "https://xn--80ak6aa92e.example", "https://аррӏе.example (xn--80ak6aa92e.example)"),
        ("[x](mailto:a@b.example)", "mailto:a@b.example", "x (a@b.example)"),
        ("<a@b.example>", "mailto:a@b.example", "a@b.example"),
    ],
)
def test_a_link_says_which_host_it_opens(text: str, href: str, words: str) -> None:
    page = checked(rendered(text))
    assert [(link["href"] or "").replace("HTTPS://A", "https://a") for link in page.links] == [href]
    assert page.words.strip() == words


@pytest.mark.parametrize(
    "address",
    [
        "https://bank.example@evil.example",
        "https://bank.example\\@evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "//evil.example",
        "/path",
        "?id=2",
        "#app",
        "ftp://a.example",
        "https://ev%69l.example",
        "blob:https://a.example/1",
        "mailto:a@b.example?body=x",
        "data:text/html,x",
        "VBScript:x",
        "java&Tab;script:x",
    ],
)
def test_an_address_whose_host_is_in_doubt_is_text(address: str) -> None:
    page = checked(rendered(f"[x](<{address}>)"))
    assert page.links == []
    assert "a" not in page.tags


# benign Markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** *thin* ~~gone~~", "<p><strong>bold</strong> <em>thin</em> <s>gone</s></p>\n"),
        ("a\nb", "<p>a<br>\nb</p>\n"),
        ("# One\n\n#### Four", "<h3>One</h3>\n<h6>Four</h6>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("- [ ] a\n- [x] b", "<ul>\n<li>☐ a</li>\n<li>☑ b</li>\n</ul>\n"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"),
        ("`a<b`", "<p><code>a&lt;b</code></p>\n"),
        ("$5 and $10", "<p>$5 and $10</p>\n"),
        ("it costs 5$ or 10$ more", "<p>it costs 5$ or 10$ more</p>\n"),
        ("    a<b", '<div class="code"><pre><code>a&lt;b\n</code></pre></div>\n'),
    ],
)  # fmt: skip
def test_markdown_is_laid_out(text: str, html: str) -> None:
    assert rendered(text) == html


def test_code_in_an_unknown_language_is_plain() -> None:
    label, code = '<span class="language">unheard-of</span>', "<pre><code>a&lt;b\n</code></pre>"
    assert rendered("```unheard-of\na<b\n```") == f'<div class="code">{label}{code}</div>\n'


def test_a_table_is_aligned_by_classes() -> None:
    html = rendered("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|\n")
    assert html.startswith('<div class="wide"><table>')
    assert '<th class="left">a</th>\n<th class="center">b</th>\n<th class="right">c</th>' in html
    assert '<td class="left">1</td>\n<td class="center">2</td>\n<td class="right">3</td>' in html


def test_code_is_coloured_by_classes() -> None:
    html = rendered('```python\ndef f(x):\n    return "s"\n```')
    assert '<span class="k">def</span>' in html
    assert '<span class="nf">f</span>' in html
    assert '<span class="language">python</span>' in html
    assert checked(html).words.strip() == 'pythondef f(x):\n    return "s"'


@pytest.mark.parametrize("text", ["$x^2$", "\\(x^2\\)", "a $x^2$, b"])
def test_inline_formulas_are_drawn(text: str) -> None:
    assert '<span class="formula"><math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup>' in rendered(text)


@pytest.mark.parametrize(
    "text", ["$$x^2$$", "$$\nx^2\n$$", "\\[\nx^2\n\\]", "a\n\\[ x^2 \\]\nb", "- a\n  $$\n  x^2\n  $$"]
)
def test_displayed_formulas_are_drawn(text: str) -> None:
    html = rendered(text)
    assert '<div class="formula"><math display="block"><mrow><msup><mi>x</mi><mn>2</mn></msup>' in html


def test_an_equation_environment_is_drawn_as_a_table() -> None:
    page = checked(rendered("\\begin{align*}\na &= b \\\\\nc &= d\n\\end{align*}"))
    assert page.tags.count("mtr") == 2


@pytest.mark.parametrize(
    "latex",
    ["", "\\frac{", "x" * 2_001, "{" * 41 + "x" + "}" * 41, "\\newcommand{\\a}{b}\\a", "\\def\\a{b}", "\\left(", "^^^"],
)
def test_latex_that_cannot_be_read_gives_no_formula(latex: str) -> None:
    assert mathml(latex, display=False) is None


@pytest.mark.parametrize(
    "latex",
    [
        "\\mathbf{word}+\\mathbb{R}+\\mathcal{LOSS}+\\mathfrak{abc}",
        "\\text{if } x \\text{ is even}",
        "\\begin{array}{ccc} a & b & c \\\\ d & e & f \\end{array}",
        "\\color{blue} x + \\quad \\operatorname{softmax}(z) \\approx 50\\%",
        "\\underbrace{abc}_{\\text{three}} \\overline{xyz} \\sin\\theta \\lim_{n \\to \\infty} a_n",
    ],
)
def test_usual_formulas_are_drawn(latex: str) -> None:
    assert mathml(latex, display=True) is not None


def test_a_formula_cannot_leave_its_place() -> None:
    html = mathml("\\hspace{-10em}\\hspace{50em}\\hspace{1em}\\raisebox{9em}{x}\\rule{9em}{9em}", display=False) or ""
    assert re.findall(r'width="([^"]*)"', html) == ["1em"]
    assert "voffset" not in html


# bounds: structure instead of a clock


def test_a_long_text_is_shown_plain_and_says_so() -> None:
    text = "**b** " * (LONGEST // 6 + 1)
    html = rendered(text)
    assert html.startswith(f'<p class="note">Shown as plain text: {len(text):,} characters')
    assert html.endswith(plain(text))
    assert "<strong>" in rendered(text[: LONGEST // 10])


def test_two_megabytes_are_shown_whole() -> None:
    page = checked(rendered("[<b>" * 500_000))
    assert page.words.count("[<b>") == 500_000


@pytest.mark.parametrize(
    "text", [">" * 90_000 + "innermost", "> " * DEEPEST + "innermost", "- " * DEEPEST + "innermost"]
)
def test_what_nests_too_deeply_is_shown_plain_and_says_so(text: str) -> None:
    html = rendered(text)
    assert html.startswith('<p class="note">Shown as plain text')
    assert "innermost" in html


def test_a_page_that_would_grow_too_large_is_shown_plain_and_says_so() -> None:
    # 160 columns x 400 rows = 64,000 empty cells of 9 characters, three times: 1.7 million characters from 4 kB
    table = "|" * 161 + "\n" + "-|" * 160 + "\n" + "|\n" * 400
    html = rendered((table + "\n\n") * 3)
    assert len(html) < LARGEST_PAGE
    assert html.startswith('<p class="note">Shown as plain text: laid out')


def test_a_paragraph_of_brackets_stays_as_written_and_the_rest_is_laid_out() -> None:
    brackets = "[" * (MOST_BRACKETS + 1) + "*a*"
    assert rendered(f"{brackets}\n\n*b*") == f"<p>{brackets}</p>\n<p><em>b</em></p>\n"


def test_formulas_beyond_the_budget_stay_as_written() -> None:
    formula = "$" + "x" * 1_000 + "$"
    html = rendered("\n\n".join([formula] * 40))
    assert html.count("<math") == 30
    assert html.count('<code class="formula">') == 10


@pytest.mark.parametrize("source", ["x = 1\n" * (LONGEST_LISTING // 6 + 1), "x" * 401, "x\n" + "\n \t" * 12 + "y"])
def test_long_listings_stay_plain(source: str) -> None:
    assert not colourable(source)
    assert highlighted(source, "python") == source


def test_listings_beyond_the_budget_stay_plain() -> None:
    block = "```python\n" + "x = 1\n" * 1_000 + "```\n"  # 6,000 characters; 24,000 are coloured
    html = rendered(block * 6)
    assert html.count('<div class="code">') == 6
    assert html.count('<span class="mi">1</span>') == 4_000


# conversations


def test_one_message_is_its_content() -> None:
    assert messages_html([{"role": "user", "content": "*a*"}]) == rendered("*a*")
    assert messages_html([{"role": "user", "content": "*a*"}], raw=True) == plain("*a*")


def test_a_conversation_names_its_roles() -> None:
    html = messages_html(
        [
            {"role": "system", "content": "a"},
            {"role": "assistant", "content": "b"},
            {"role": "<b>critic", "content": "c"},
            {"content": "d"},
        ]
    )
    assert re.findall(r'<section class="message (\w+)"><p class="role">(.*?)</p>\n<p>(.)</p>', html) == [
        ("system", "System", "a"),
        ("assistant", "Assistant", "b"),
        ("other", "&lt;b&gt;critic", "c"),
        ("other", "No role", "d"),
    ]


def test_parts_that_are_no_text_are_named() -> None:
    content = [
        {"type": "text", "text": "*a*"},
        {"type": "image_url", "image_url": {"url": "http://t/px"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA"}},
        {"type": "refusal", "refusal": "I can't."},
    ]
    page = checked(messages_html([{"role": "user", "content": content}]))
    assert page.words.split("\n") == ["a", "", "[image — http://t/px]", "[audio]", "I can't.", ""]


def test_tool_calls_are_written_out() -> None:
    calls = [{"function": {"name": "search", "arguments": '{"q": "<b>"}'}}]
    page = checked(messages_html([{"role": "assistant", "content": None, "tool_calls": calls}]))
    assert "[tool calls]" in page.words
    assert "search" in page.words
    assert "<b>" in page.words


def test_no_messages_are_no_html() -> None:
    assert messages_html([]) == ""


def test_a_value_that_contains_itself_is_still_shown() -> None:
    call: dict[str, object] = {"name": "loop"}
    call["self"] = call
    assert "loop" in messages_html([{"role": "assistant", "content": None, "tool_calls": [call]}])


# differences


def test_differing_words_are_marked() -> None:
    diff = word_diff("the cat sat\non the mat\n", "the dog sat\non the mat\n")
    assert diff.left_html == '<pre class="diff">\nthe<del> cat</del> sat\non the mat\n</pre>'
    assert diff.right_html == '<pre class="diff">\nthe<ins> dog</ins> sat\non the mat\n</pre>'
    assert not diff.coarse


def test_a_change_of_blank_space_is_marked() -> None:
    assert "<ins>  b</ins>" in word_diff("a b", "a  b").right_html


def test_equal_texts_have_no_marks() -> None:
    diff = word_diff("<b>\n\x00", "<b>\n\x00")
    assert diff.left_html == diff.right_html == '<pre class="diff">\n&lt;b&gt;\n<span class="mark">U+0000</span></pre>'


@settings(max_examples=150, deadline=None)
@given(left=anything, right=anything)
@example(left="a b\nc d\n", right="c d\na b")
def test_a_difference_holds_both_texts_and_its_unmarked_words_are_equal(left: str, right: str) -> None:
    diff = word_diff(left, right)
    assert Page(diff.left_html).words == Page(plain(left)).words
    assert Page(diff.right_html).words == Page(plain(right)).words
    same = [re.sub(r"<(del|ins)>.*?</\1>", "", html, flags=re.S) for html in (diff.left_html, diff.right_html)]
    assert same[0] == same[1]


def test_a_long_passage_is_marked_as_a_whole() -> None:
    left = " ".join(f"a{n}" for n in range(30_000))
    right = " ".join(f"b{n}" for n in range(30_000))
    diff = word_diff(f"same\n{left}\nsame", f"same\n{right}\nsame")
    assert diff.coarse
    assert diff.left_html == f'<pre class="diff">\nsame\n<del>{left}\n</del>same</pre>'


# lines and cells


@pytest.mark.parametrize(("text", "count"), [("", 0), (" \n", 0), ("one", 1), ("one  two\nthree-four, five", 4)])
def test_words_are_counted_between_blank_space(text: str, count: int) -> None:
    assert word_count(text) == count


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("a\n b\tc", 10, "a b c"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("abc def", 5, "abc…"),
        ("<b>\u202e", 20, "<b>⟦U+202E⟧"),
        (" " * 500 + "a", 3, "a"),
        ("a" + " " * 500 + "b", 3, "a…"),
        ("", 5, ""),
        ("ab", 1, "…"),
    ],
)
def test_a_snippet_is_one_short_line(text: str, limit: int, line: str) -> None:
    assert snippet(text, limit) == line


@given(text=anything, limit=st.integers(1, 50))
def test_a_snippet_never_passes_its_limit_nor_its_line(text: str, limit: int) -> None:
    line = snippet(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert not UNSEEN.search(line)


def test_a_snippet_needs_room() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        snippet("a", 0)


formulas = st.builds(str.__add__, st.text("'=+-@\t\r", max_size=5), anything)


@given(text=formulas)
def test_a_spreadsheet_cell_comes_back_as_it_was(text: str) -> None:
    assert spreadsheet_unsafe(spreadsheet_safe(text)) == text
    assert not spreadsheet_safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1", "'=1"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ("'quoted'", "'quoted'"),
        ("a=1", "a=1"),
        ("\r", "'\r"),
        ("", ""),
    ],
)
def test_a_spreadsheet_cell_is_quoted_only_where_needed(text: str, cell: str) -> None:
    assert spreadsheet_safe(text) == cell


# what is kept


def counting(results: list[str]) -> Callable[[str], str]:
    def compute(text: str) -> str:
        results.append(text)
        return text * 2

    return compute


def test_a_kept_result_is_computed_once() -> None:
    asked: list[str] = []
    kept = Kept(counting(asked), most=2, room=1_000)
    assert [kept(text) for text in ("a", "b", "a", "c", "a", "b")] == ["aa", "bb", "aa", "cc", "aa", "bb"]
    assert asked == ["a", "b", "c", "b"]  # b was the oldest when c came


def test_what_is_kept_stays_within_its_room() -> None:
    asked: list[str] = []
    kept = Kept(counting(asked), most=100, room=80)
    for letter in "abcdefghijkl":
        kept(letter * 3)  # 3 + 6 characters each: 8 fit
    assert (len(kept), kept.size) == (8, 72)
    kept("z" * 4)  # 12 characters are above an eighth of the room
    kept("z" * 4)
    assert asked[-2:] == ["zzzz", "zzzz"]
    assert (len(kept), kept.size) == (8, 72)
