"""Whatever is called with blanks at its end stands in quotes in what rules say: else it would not be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from fkdash.catalog.files.to_catalog import catalog_of
from fkdash.fix.options import options
from fkdash.rules.finding import Finding, Rule
from fkdash.rules.registry import RULES, findings
from tests.catalog.files.test_scripts import read

_KEYWORDS = {"id", "text", "int"}
_NOT_FOUND = {"FK207", "FK302"}  # by such names nothing is guessed, and no file has sizes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_name_that_ends_in_a_blank_stands_in_quotes_in_every_sentence(rule: Rule) -> None:
    catalog = catalog_of(read(_blank_ended(rule), 18).state)
    found = findings(catalog)
    assert rule.needs_server or rule.id in _NOT_FOUND or rule.id in {finding.rule for finding in found}
    for finding in found:
        for text in _sentences(finding):
            assert not re.search(r"\w [ ,.;:)]|\w $", text), text
        for option in options(catalog, finding):
            for text in (option.title, option.then, option.application, option.refused, option.blocked):
                assert not re.search(r"\w [ ,.;:)]|\w $", text), (option.id, text)


def _sentences(finding: Finding) -> Iterator[str]:
    yield from (finding.message, finding.explanation, *finding.evidence)


def _blank_ended(rule: Rule) -> str:
    """Give a rule's example with a blank behind each of its names."""
    example = re.sub(r"--.*", "", rule.example)
    catalog = catalog_of(read(example, 18).state)
    tables = catalog.tables.values()
    names = {table.name.name for table in tables} | {column.name for table in tables for column in table.columns}
    longest_first = sorted(names - _KEYWORDS, key=len, reverse=True)
    word = re.compile(rf"(?<![\w\"'])(?:{'|'.join(map(re.escape, longest_first))})(?![\w\"'])")
    return word.sub(lambda found: f'"{found[0]} "', example)
