"""What a team decides about findings: severities, exceptions with a reason, and a baseline.

[rules]
FK301 = "info"            # error, warning, info or off; an id or a name
duplicate = "off"

[[override]]              # for some constraints only; * stands for anything
rule = "FK301"
constraint = "public.events.*"
severity = "warning"

[[ignore]]
rule = "FK101"
constraint = "public.users.users_primary_workspace_id_workspaces_id_fk"
reason = "Workspaces are never deleted; see the decision of May."
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from fkdash.errors import UsageError
from fkdash.rules.finding import Severity
from fkdash.rules.registry import rule as rule_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fkdash.rules.finding import Finding

_SECTIONS: Final = frozenset({"rules", "override", "ignore", "baseline", "lint"})
_EXPECTED: Final = "error, warning, info or off"


@dataclass(frozen=True, slots=True)
class Override:
    """A severity for one rule on constraints that match `constraint`; None switches it off there."""

    rule: str
    constraint: str
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class Ignore:
    """An accepted finding and why; `rule` "*" means every rule."""

    rule: str
    constraint: str
    reason: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """Severities by rule id (None is off), overrides (a later one wins), ignores and the baseline's file name."""

    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    baseline: str | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A finding that somebody accepted, and the reason given."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings after the configuration: those that remain, the worst first, and those accepted."""

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Known findings: how often each fingerprint occurs, with a name for people."""

    known: Mapping[str, int]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings against a baseline: new, known, and the names of those that are gone."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    gone: tuple[str, ...]


def configuration_from(document: Mapping[str, object], origin: str) -> Configuration:
    """Give a configuration from a parsed TOML document; raises UsageError naming `origin` and the entry."""
    unknown = sorted(set(document) - _SECTIONS)
    if unknown:
        raise _wrong(origin, f"unknown entry {unknown[0]}", f"Known are {', '.join(sorted(_SECTIONS))}.")
    rules = document.get("rules", {})
    if not isinstance(rules, dict):
        raise _wrong(origin, "rules is not a table", 'Write [rules] and lines like FK301 = "info".')
    baseline = document.get("baseline")
    if baseline is not None and not isinstance(baseline, str):
        raise _wrong(origin, "baseline is not a file name", 'Write baseline = "fkdash-baseline.json".')
    return Configuration(
        severities={_rule_id(origin, name): _severity(origin, name, value) for name, value in rules.items()},
        overrides=tuple(_override(origin, entry) for entry in _entries(document, "override", origin)),
        ignores=tuple(_ignore(origin, entry) for entry in _entries(document, "ignore", origin)),
        baseline=baseline,
    )


def judge(findings: Iterable[Finding], configuration: Configuration) -> Judged:
    """Give findings their configured severities and set the accepted ones apart."""
    kept: list[Finding] = []
    ignored: list[Ignored] = []
    for finding in findings:
        reason = next((each.reason for each in configuration.ignores if _covers(each, finding)), None)
        if reason is not None:
            ignored.append(Ignored(finding, reason))
            continue
        severity = _configured(finding, configuration)
        if severity is not None:
            kept.append(finding if severity is finding.severity else replace(finding, severity=severity))
    kept.sort(key=lambda finding: (finding.severity.rank, finding.rule, *finding.key.table, finding.key.name))
    return Judged(tuple(kept), tuple(ignored))


def compare(findings: Iterable[Finding], baseline: Baseline) -> Compared:
    """Tell new findings from known ones; a fingerprint that occurs more often than before is new again."""
    left = Counter(baseline.known)
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        if left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            known.append(finding)
        else:
            new.append(finding)
    gone = sorted(baseline.names.get(each, each) for each, count in left.items() for _ in range(count))
    return Compared(tuple(new), tuple(known), tuple(gone))


def baseline_document(findings: Iterable[Finding]) -> dict[str, object]:
    """Give a baseline as the document that `baseline_from` reads."""
    entries = [
        {"rule": finding.rule, "constraint": finding.key.qualified, "fingerprint": finding.fingerprint}
        for finding in findings
    ]
    entries.sort(key=lambda entry: (entry["rule"], entry["constraint"], entry["fingerprint"]))
    return {"fkdash": 1, "kind": "baseline", "findings": entries}


def baseline_from(document: object, origin: str) -> Baseline:
    """Give a baseline from its parsed document; raises UsageError for any other document."""
    is_one = isinstance(document, dict) and document.get("kind") == "baseline"
    entries = document.get("findings") if isinstance(document, dict) and is_one else None
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("fingerprint"), str) for entry in entries
    ):
        raise _wrong(origin, "it is not a baseline", "Write one with fkdash check --write-baseline FILE.")
    return Baseline(
        known=Counter(entry["fingerprint"] for entry in entries),
        names={entry["fingerprint"]: f"{entry.get('rule')} {entry.get('constraint')}" for entry in entries},
    )


def _configured(finding: Finding, configuration: Configuration) -> Severity | None:
    found = configuration.severities.get(finding.rule, finding.severity)
    for each in configuration.overrides:
        if each.rule in {finding.rule, "*"} and _named(each.constraint, finding):
            found = each.severity
    return found


def _covers(ignore: Ignore, finding: Finding) -> bool:
    return ignore.rule in {finding.rule, "*"} and _named(ignore.constraint, finding)


def _named(pattern: str, finding: Finding) -> bool:
    """Compare with schema.table.constraint; an undeclared reference is schema.table.column."""
    name = finding.key.qualified if finding.key.name else f"{finding.key.table}.{finding.key.columns[0]}"
    return fnmatchcase(name, pattern)


def _entries(document: Mapping[str, object], section: str, origin: str) -> list[Mapping[str, object]]:
    entries = document.get(section, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _wrong(origin, f"{section} is not a list of tables", f"Write [[{section}]] above each entry.")
    return entries


def _override(origin: str, entry: Mapping[str, object]) -> Override:
    rule, constraint = _scope(origin, "override", entry, {"severity"})
    return Override(rule, constraint, _severity(origin, f"override of {rule}", entry.get("severity")))


def _ignore(origin: str, entry: Mapping[str, object]) -> Ignore:
    rule, constraint = _scope(origin, "ignore", entry, {"reason"})
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise _wrong(
            origin, f"ignore of {rule} on {constraint} has no reason", 'Add reason = "why this is all right".'
        )
    return Ignore(rule, constraint, reason.strip())


def _scope(origin: str, section: str, entry: Mapping[str, object], more: set[str]) -> tuple[str, str]:
    unknown = sorted(set(entry) - {"rule", "constraint"} - more)
    if unknown:
        raise _wrong(origin, f"{section} has an unknown entry {unknown[0]}", "Correct it.")
    rule, constraint = entry.get("rule", "*"), entry.get("constraint", "*")
    if not isinstance(rule, str) or not isinstance(constraint, str):
        raise _wrong(origin, f"{section} needs text as rule and constraint", "Put it in quotes.")
    return (rule if rule == "*" else _rule_id(origin, rule)), constraint


def _rule_id(origin: str, name: str) -> str:
    try:
        return rule_named(name).id
    except KeyError:
        raise _wrong(origin, f"there is no rule {name}", "fkdash rules lists them.") from None


def _severity(origin: str, name: str, value: object) -> Severity | None:
    if value == "off":
        return None
    if isinstance(value, str) and value in list(Severity):
        return Severity(value)
    raise _wrong(origin, f"{name} has the severity {value!r}", f"It can be {_EXPECTED}.")


def _wrong(origin: str, what: str, next_step: str) -> UsageError:
    return UsageError(f"{origin} is not usable: {what}.", next_step=next_step)
