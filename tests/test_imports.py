"""Modules are read one after the other: none imports, not even late, what imports it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import fkdash

_ROOT = Path(fkdash.__file__).parent


def _modules() -> dict[str, Path]:
    names = {path: ".".join(path.relative_to(_ROOT.parent).with_suffix("").parts) for path in _ROOT.rglob("*.py")}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


def _imported(tree: ast.AST) -> Iterator[str]:
    """Give what is imported to be run, from functions as well, but not what is imported for its types only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)
        elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            yield from _imported(node)


def test_no_module_imports_what_imports_it() -> None:
    modules = _modules()
    graph = {}
    for name, path in modules.items():
        found = set(_imported(ast.parse(path.read_text(encoding="utf-8")))) & modules.keys()
        # `from package import module` is about the module.
        graph[name] = {each for each in found if not any(other.startswith(f"{each}.") for other in found)} - {name}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle
