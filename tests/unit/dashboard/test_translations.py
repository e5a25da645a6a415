"""No untranslated string in either language: every message has its English, and none is left over."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dashboard.language import LanguageMiddleware, current_locale, english, locale_of, t

ROOT = Path(__file__).resolve().parents[3]
CALL = re.compile(r'\b(?:t|mark)\(\s*"((?:[^"\\]|\\.)*)"')
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
COMMENT_JS = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')


def sources() -> list[Path]:
    return [*sorted((ROOT / "dashboard").rglob("*.py")), *sorted((ROOT / "assets").glob("*.js"))]


def messages() -> set[str]:
    return {message for file in sources() for message in CALL.findall(file.read_text(encoding="utf-8"))}


def test_every_message_has_its_english() -> None:
    assert sorted(messages() - set(english())) == []


def test_no_translation_is_left_of_a_message_that_is_gone() -> None:
    assert sorted(set(english()) - messages()) == []


def test_a_translation_fills_in_the_same_names() -> None:
    for message, words in english().items():
        assert sorted(set(PLACEHOLDER.findall(message))) == sorted(set(PLACEHOLDER.findall(words))), message


def test_the_english_is_english() -> None:
    assert [words for words in english().values() if CHINESE.search(words)] == []


@pytest.mark.parametrize("script", sorted((ROOT / "assets").glob("*.js")), ids=lambda p: p.name)
def test_no_script_says_chinese_past_the_catalogue(script: Path) -> None:
    code = COMMENT_JS.sub("", script.read_text(encoding="utf-8"))
    spoken = {a or b for a, b in STRING.findall(code)}
    assert sorted(s for s in spoken if CHINESE.search(s) and s not in english()) == []


def spoken_past_the_catalogue(module: Path) -> list[str]:
    """Chinese texts of a module that no `t` or `mark` holds; docstrings and comments are not spoken."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    unspoken = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    held = {
        id(leaf)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("t", "mark", "re.compile")
        for leaf in ast.walk(node)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and id(node) not in held | unspoken
    ]


SPOKEN_BY_ITSELF = {
    "language.py": {"中文"},
    "shared.py": {"中文"},
    "page.py": {"昆明"},  # the deployment's own name of its city
    "places.py": {"北纬", "南纬", "东经", "西经"},  # read, not spoken
}


@pytest.mark.parametrize("module", sorted((ROOT / "dashboard").rglob("*.py")), ids=lambda p: p.name)
def test_no_module_says_chinese_past_the_catalogue(module: Path) -> None:
    spoken = set(spoken_past_the_catalogue(module)) - SPOKEN_BY_ITSELF.get(module.name, set())
    assert sorted(s for s in spoken if s not in english()) == []


def test_a_message_is_said_in_the_language_of_the_request() -> None:
    assert t("已出警：{callsigns}", callsigns="派0265") == "已出警：派0265"
    current_locale.set("en")
    assert t("已出警：{callsigns}", callsigns="派0265") == "Dispatched: 派0265"


@pytest.mark.parametrize(
    ("cookies", "locale"), [({}, "zh"), ({"cc_lang": "en"}, "en"), ({"cc_lang": "xx"}, "zh")]
)
def test_the_cookie_chooses_and_chinese_is_the_default(cookies: dict[str, str], locale: str) -> None:
    assert locale_of(cookies) == locale


def test_the_middleware_sets_the_language_for_one_request_only() -> None:
    import asyncio
    from typing import Any

    seen: list[str] = []

    async def app(*_: Any) -> None:
        seen.append(current_locale.get())

    async def nothing(*_: Any) -> Any:
        return None

    scope = {"type": "http", "headers": [(b"cookie", b"other=1; cc_lang=en")]}
    asyncio.run(LanguageMiddleware(app)(scope, nothing, nothing))
    assert seen == ["en"]
    assert current_locale.get() == "zh"
