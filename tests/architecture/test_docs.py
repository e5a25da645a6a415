"""What the pages say exists: settings, commands, events, actions, terms and links; and nothing of a private machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer.main

import app
from access.demo import DEMO_ACCOUNTS
from access.permissions import ROUTES
from benchmarks.__main__ import BENCHMARKS
from bootstrap.settings import described
from core.actor import Permission, Role
from dashboard.view_models.incident import ASSIGNMENT_STATUS, INCIDENT_STATUS, PASSABILITY
from dashboard.view_models.notices import UNIT_STATUS

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PACKAGES = [
    path.parent.name for path in sorted(ROOT.glob("*/__init__.py")) if path.parent.name != "benchmarks"
]


def tracked(*patterns: str) -> list[Path]:
    """Files that are or will be in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(path for path in map(ROOT.joinpath, listed.splitlines()) if path.is_file())


PAGES = tracked("*.md")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def code_of(page: Path) -> Iterator[str]:
    """Lines of code blocks and what stands between backticks."""
    fenced = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            yield line
        else:
            yield from re.findall(r"`([^`]+)`", line)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


# ---------------------------------------------------------------- settings


def test_every_setting_stands_in_the_deployment_page_with_its_default_and_meaning() -> None:
    rows = [
        f"| `{name}` | {f'`{default}`' if default else '–'} | {what} |" for name, default, what in described()
    ]
    missing = [row for row in rows if row not in text_of("docs/deployment.md").splitlines()]
    assert not missing, "docs/deployment.md lacks:\n" + "\n".join(missing)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_variable_a_page_names_is_a_setting(page: Path) -> None:
    known = {name for name, _, _ in described()}
    assert set(re.findall(r"\bCC_[A-Z_]+\b", page.read_text(encoding="utf-8"))) <= known


# ---------------------------------------------------------------- commands


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_make_target_a_page_names_exists(page: Path) -> None:
    asked = {found for code in code_of(page) for found in re.findall(r"\bmake ([a-z][a-z-]*)", code)}
    assert asked <= make_targets()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_and_option_of_app_py_a_page_names_exists(page: Path) -> None:
    wrong = [
        code for code in code_of(page) for told in re.findall(r"app\.py (\S.*)", code) if not is_command(told)
    ]
    assert not wrong


def is_command(told: str) -> bool:
    command = typer.main.get_command(app.app)
    words = told.partition("#")[0].split()
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] in ("…", "NAME"):
            return True
        found = command.commands.get(words.pop(0).rstrip(".,;:`"))
        if found is None:
            return False
        command = found
    known = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    return {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("page", READMES, ids=named)
def test_the_readme_names_the_demo_accounts_with_their_password(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert all(f"`{account.login}`" in text and f"`{account.password}`" in text for account in DEMO_ACCOUNTS)


def test_both_readmes_hold_the_same_code_and_the_same_shape() -> None:
    english, chinese = (page.read_text(encoding="utf-8") for page in READMES)

    def blocks(text: str) -> list[list[str]]:
        found = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        return [[line.partition("#")[0].strip() for line in block.splitlines()] for block in found]

    def shape(text: str) -> list[int]:
        return [len(marks) for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]

    assert blocks(english) == blocks(chinese)
    assert shape(english) == shape(chinese)


# ---------------------------------------------------------------- events, actions, measurements


@cache
def event_types() -> set[str]:
    """Every type an `Event` is made with: literals handed to the calls that make one."""
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in (
                    "Event",
                    "happened",
                    "AlertChange",
                    "_note",
                ):
                    given = [*call.args[:2], *(k.value for k in call.keywords if k.arg == "type")]
                    found |= {
                        leaf.value
                        for argument in given
                        for leaf in ast.walk(argument)
                        if isinstance(leaf, ast.Constant)
                        and isinstance(leaf.value, str)
                        and re.fullmatch(r"[a-z_]+\.[a-z_]+", leaf.value)
                    }
    return found


def test_the_architecture_page_lists_every_event_type() -> None:
    section = text_of("docs/architecture.md").partition("## The journal's events")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z_]+\.[a-z_]+)`", section)) == event_types()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_event_type_a_page_names_exists(page: Path) -> None:
    about = "|".join(sorted({event.partition(".")[0] for event in event_types()}))
    told = {
        found
        for code in code_of(page)
        for found in re.findall(rf"^((?:{about})\.[a-z_]+)$", code)
        if not found.endswith((".py", ".md", ".csv", ".yaml"))
    }
    assert told <= event_types()


def test_the_architecture_page_lists_every_action() -> None:
    section = text_of("docs/architecture.md").partition("## The desk's actions")[2].partition("\n## ")[0]
    actions = {
        path.stem
        for path in (ROOT / "operations").glob("*.py")
        if re.search(rf"^def {path.stem}\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == actions


def test_every_benchmark_has_its_row_and_no_row_has_no_benchmark() -> None:
    rows = re.findall(r'make bench ARGS="(\w+)', text_of("docs/measurements.md"))
    assert set(rows) == set(BENCHMARKS)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_route_a_page_names_is_in_the_permission_table(page: Path) -> None:
    paths = {rule.path for rule in ROUTES}
    told = {path for code in code_of(page) for path in re.findall(r"(/api/v1/[a-z./_{}]+|/ws/[a-z]+)", code)}
    assert told <= paths


# ---------------------------------------------------------------- terms


def glossary_rows() -> list[list[str]]:
    lines = text_of("docs/glossary.md").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] != "中文"]


def test_every_noun_of_the_domain_is_in_the_glossary() -> None:
    modules = [
        "alerts/model.py",
        *(f"dispatch/{name}.py" for name in ("model", "recommendation", "travel", "response")),
    ]
    nouns = set()
    for module in modules:
        for node in ast.parse(text_of(module)).body:
            if isinstance(node, ast.ClassDef):
                nouns.add(node.name)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
                nouns |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    in_code = {name for row in glossary_rows() for name in re.findall(r"`([^`]+)`", row[2])}
    assert {noun for noun in nouns if not noun.startswith("_")} <= in_code


def test_a_chinese_term_stands_in_the_glossary_once() -> None:
    twice = [term for term, count in Counter(row[0] for row in glossary_rows()).items() if count > 1]
    assert not twice


def test_the_glossary_has_the_words_of_the_screens_and_the_roles() -> None:
    terms = {row[0]: row[2] for row in glossary_rows()}
    for words in (UNIT_STATUS, INCIDENT_STATUS, ASSIGNMENT_STATUS, PASSABILITY):
        for code, word in words.items():
            # Two milestones share the unit's word: en route, and dispatched.
            assert f"`{code}`" in terms[word], (word, code)
    known = " ".join(terms.values())
    assert all(f"`{role.value}`" in known for role in Role if role not in (Role.DEVICE, Role.SYSTEM))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_permission_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"--permission (\w+)", text)) <= {permission.value for permission in Permission}


# ---------------------------------------------------------------- links, files and what must not be said


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    paths = [unquote(link.partition("#")[0]) for link in links if not re.match(r"[a-z]+:", link)]
    broken = [path for path in paths if path and not (page.parent / path).exists()]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_of_ours_a_page_names_exists(page: Path) -> None:
    folders = "|".join([*PACKAGES, "assets", "benchmarks", "catalogue", "docs", "tests"])
    told = {path for code in code_of(page) for path in re.findall(rf"^((?:{folders})/[\w./-]+\.\w+)$", code)}
    assert not {path for path in told if not (ROOT / path).exists()}


PRIVATE = {
    "a folder of somebody's machine": re.compile(r"(?<![\w.$}])/(?:work|home|root|Users|tmp|opt)/\w+"),
    "a package index": re.compile(
        r"(?:--(?:extra-)?index-url|--find-links|--trusted-host)\s+\S|https?://[\w.-]+/simple\b"
    ),
    "a private host": re.compile(r"https?://(?:10\.|192\.168\.|[\w-]+\.(?:internal|local|lan)\b)"),
    "tooling around the project": re.compile(r"\bfarm-\w+"),
}


@pytest.mark.parametrize("what", PRIVATE)
def test_no_file_names(what: str) -> None:
    named_in = []
    for path in tracked():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:  # a picture
            continue
        named_in += [
            f"{named(path)}:{n}: {line.strip()[:120]}"
            for n, line in enumerate(lines, 1)
            if PRIVATE[what].search(line)
        ]
    assert not named_in, "\n".join(named_in)
