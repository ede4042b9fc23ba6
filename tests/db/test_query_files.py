"""Every query that a module asks for stands in a file beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent


def _asked(module: Path) -> Iterator[Path]:
    package = module.parent.relative_to(_ROOT)
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Name(id="query"), args=[ast.Name(id="__package__"), ast.Constant(value=str(name))]
            ):
                yield package / "sql" / f"{name}.sql"
            case ast.Call(
                func=ast.Name(id="query"), args=[ast.Constant(value=str(there)), ast.Constant(value=str(name))]
            ):
                yield Path(*there.split("."), "sql", f"{name}.sql")


def test_every_query_that_a_module_names_has_its_file() -> None:
    asked = {path for module in _ROOT.glob("fkdash/**/*.py") for path in _asked(module)}
    assert len(asked) > 50
    assert [str(path) for path in sorted(asked) if not (_ROOT / path).is_file()] == []
