"""Begin a new rule: `python -m tests.rules.scaffold FK120 its-name` writes its module, its line and its test.

What it writes fails in the tests until the rule is there: the example has to have the problem, and a near miss not.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_RULES = Path("fkdash/rules")
_MODULE = '''"""{id}: what is wrong, in one line.

Why PostgreSQL behaves so, with the section of its manual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fkdash.rules.finding import Finding, Rule
from fkdash.rules.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fkdash.catalog.model import Catalog


def _find(catalog: Catalog) -> Iterator[Finding]:
    for key in catalog.foreign_keys:
        if not key.columns:  # which no key is: ask here what is wrong with it
            yield Finding(
                rule=RULE.id,
                name=RULE.name,
                severity=RULE.severity,
                key=key,
                columns=key.columns,
                message="One sentence.",
                explanation="A paragraph about this very key.",
            )


RULE = Rule(
    id="{id}",
    name="{name}",
    severity=Severity.{severity},
    summary="...",
    explanation="...",
    example="CREATE TABLE p (id int PRIMARY KEY);\\n"
    {last}
    find=_find,
)
'''
_TEST = '''"""What {id} says of a schema is what the server does, and it says nothing of the near miss."""

from __future__ import annotations

from tests.rules.scenes import tried
from tests.support.servers import TestDatabase

_TABLES = ["CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE c (p_id int, CONSTRAINT the_key {{}})"]


async def test_{promise}(database: TestDatabase) -> None:
    broken = [each.format("FOREIGN KEY (p_id) REFERENCES p") for each in _TABLES]
    outcome = await tried(database, [*broken, "INSERT INTO p VALUES (1)"], ["DELETE FROM p"], "{id}")
    finding = outcome.of("{id}")
    assert finding is not None
    {asserted}


async def test_what_is_so_alike_and_works_is_not_flagged(database: TestDatabase) -> None:
    sound = [each.format("FOREIGN KEY (p_id) REFERENCES p") for each in _TABLES]
    outcome = await tried(database, [*sound, "INSERT INTO p VALUES (1)"], ["DELETE FROM p"], "{id}")
    assert outcome.of("{id}") is None
    assert outcome.sqlstate == ""
'''

_CONTRADICTION = {
    "severity": "ERROR",
    "last": '"CREATE TABLE c (p_id int REFERENCES p);\\n"\n    "DELETE FROM p;  -- ERROR 23503\\n",',
    "promise": "what_is_predicted_is_what_the_server_raises",
    "asserted": "assert finding.error is not None\n    assert outcome.sqlstate == finding.error.sqlstate",
}
_ANY_OTHER = {
    "severity": "WARNING",
    "last": '"CREATE TABLE c (p_id int REFERENCES p ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE);\\n",',
    "promise": "what_is_found_is_no_error_of_the_server",
    "asserted": 'assert (finding.error, outcome.sqlstate) == (None, "")',
}


def main(rule_id: str, name: str) -> None:
    """Write the files; ends with what is wrong where the id is taken or the words do not fit."""
    if not re.fullmatch(r"FK[1-5]\d\d", rule_id) or not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
        sys.exit("Two words: an id like FK120 and a name like set-null-on-not-null.")
    if taken := list((_RULES / "checks").glob(f"{rule_id.lower()}_*.py")):
        sys.exit(f"{rule_id} is {taken[0].name} already; an id never changes its meaning.")
    stem = f"{rule_id.lower()}_{name.replace('-', '_')}"
    words = {**(_CONTRADICTION if rule_id.startswith("FK1") else _ANY_OTHER), "id": rule_id}
    _new(_RULES / "checks" / f"{stem}.py", _MODULE.format(name=name, **words))
    _new(Path("tests/rules") / f"test_{stem}.py", _TEST.format(**words))
    registry = _RULES / "registry.py"
    registry.write_text(_registered(registry.read_text(encoding="utf-8"), stem), encoding="utf-8")
    sys.stdout.write(f"Write the rule and its example, then: python -m pytest tests/rules -k {stem}\n")


def _registered(registry: str, stem: str) -> str:
    """Add the module to the imports and to RULES, in order."""
    for pattern, line in (
        (r"    fk\d{3}_\w+,\n", f"    {stem},\n"),
        (r"    fk\d{3}_\w+\.RULE,\n", f"    {stem}.RULE,\n"),
    ):
        lines = re.findall(pattern, registry)
        after = max(each for each in lines if each < line)
        registry = registry.replace(after, after + line, 1)
    return registry


def _new(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main(*(sys.argv[1:] if len(sys.argv) == 3 else ("", "")))
