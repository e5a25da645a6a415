"""The direction of imports, held by import-linter, and no ring among all our modules."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]


def test_every_contract_is_kept() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(SETTINGS['contracts'])} kept, 0 broken" in done.stdout


def test_every_package_stands_under_the_contracts() -> None:
    ours = {
        path.parent.name
        for path in ROOT.glob("*/*.py")
        if path.parent.name not in ("tests", "benchmarks", "docs") and not path.parent.name.startswith(".")
    }
    assert ours == set(SETTINGS["root_packages"])


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = grimp.build_graph(*SETTINGS["root_packages"], cache_dir=None)
    order = TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    )
    assert len(list(order.static_order())) == len(graph.modules)  # raises CycleError naming the ring
