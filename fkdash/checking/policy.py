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
until = 2027-05-31        # from the day after on it is reported again

`fkdash.settings_files` says which key stands in which file.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from fkdash.catalog.names import nearest
from fkdash.fact import fact
from fkdash.reading.source import Source
from fkdash.reading.typed import Found, Remark, typed
from fkdash.rules.registry import RULES
from fkdash.rules.registry import rule as rule_named
from fkdash.rules.severity import Severity
from fkdash.settings_files import OPERATORS_ONLY, IgnoreTable, OverrideTable, TeamFile, with_its_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from fkdash.reading.lines import Path as Keys
    from fkdash.rules.finding import Finding

_T = TypeVar("_T")
_EXPECTED: Final = "error, warning, info or off"


@fact
class Override:
    """A severity for one rule on constraints that match `constraint`; None switches it off there."""

    rule: str
    constraint: str
    severity: Severity | None


@fact
class Ignore:
    """An accepted finding and why; `rule` "*" means every rule."""

    rule: str
    constraint: str
    reason: str


@fact
class Configuration:
    """Severities by rule id (None is off), overrides (a later one wins), ignores and the baseline's file name.

    `labels` are columns by which rows of a `schema.table` are recognised, `references` those that no constraint
    declares, `lint_paths` what to lint, from the file's folder on, of the migration tool `lint_tool`. `origin` is
    the file, "" for none; `warnings` say what in it is not used.
    """

    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    baseline: str | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    lint_paths: tuple[str, ...] = ()
    lint_tool: str | None = None
    origin: str = ""
    warnings: tuple[str, ...] = ()


@fact
class Ignored:
    """A finding that somebody accepted, and the reason given."""

    finding: Finding
    reason: str


@fact
class Judged:
    """Findings after the configuration: those that remain, the worst first, and those accepted."""

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]


@fact
class Baseline:
    """Known findings: how often each fingerprint occurs, with a name for people."""

    known: Mapping[str, int]
    names: Mapping[str, str] = field(default_factory=dict)


@fact
class Compared:
    """Findings against a baseline: new, known, and the names of those that are gone."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    gone: tuple[str, ...]


def configuration_from(
    document: object,
    origin: str | Source,
    *,
    within: Keys = (),
    today: date | None = None,
) -> Configuration:
    """Give a configuration from a parsed TOML document, the part of its file at the keys `within`.

    An ignore whose `until` lies before `today` (UTC) is left out, with a warning. Raises UsageError with every
    mistake, each with its line where `origin` knows it.
    """
    source = origin if isinstance(origin, Source) else Source(origin)
    found = Found()
    read = typed(document, TeamFile, found, within)
    remarks = [with_its_place(each, OPERATORS_ONLY, "config.toml", depth=len(within)) for each in found.unknown]
    made = _Made(within, [])
    severities = {
        made.rule(name, ("rules", name)): made.severity(value, ("rules", name))
        for name, value in _texts(document, "rules")
    }
    overrides = [made.override(each, place) for place, each in _tables(document, "override", OverrideTable)]
    ignores = [made.ignore(each, place) for place, each in _tables(document, "ignore", IgnoreTable)]
    if read is not None and read.baseline == "":
        made.wrong(("baseline",), "is empty, it must name a file")
    if read is None or made.mistakes:
        raise source.refusal([*found.mistakes, *made.mistakes], unused=remarks)
    day = today or datetime.now(UTC).date()
    ended = [number for number, each in enumerate(read.ignore) if each.until is not None and each.until < day]
    remarks += [
        Remark(
            (*within, "ignore", number), f"ended on {read.ignore[number].until}: what it names is reported again"
        )
        for number in ended
    ]
    return Configuration(
        severities=severities,
        overrides=tuple(overrides),
        ignores=tuple(each for number, each in enumerate(ignores) if number not in ended),
        baseline=read.baseline,
        labels={name: tuple(columns) for name, columns in read.labels.items()},
        references=read.references,
        lint_paths=tuple(read.lint.paths),
        lint_tool=read.lint.tool,
        origin=source.origin,
        warnings=source.warnings(remarks),
    )


def _texts(document: object, key: str) -> Iterator[tuple[str, str]]:
    """Give what a table of texts says, without the entries that are something else."""
    table = document.get(key) if isinstance(document, dict) else None
    if isinstance(table, dict):
        yield from ((name, value) for name, value in table.items() if isinstance(value, str))


def _tables(document: object, key: str, wanted: type[_T]) -> Iterator[tuple[Keys, _T]]:
    """Give the tables of a list that can be read, so that mistakes in the others hide none in these."""
    entries = document.get(key) if isinstance(document, dict) else None
    for number, each in enumerate(entries if isinstance(entries, list) else ()):
        table = typed(each, wanted, Found())
        if table is not None:
            yield (key, number), table


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


def compare(findings: Iterable[Finding], baseline: Baseline | None) -> Compared:
    """Tell new findings from known ones; a fingerprint that occurs more often than before is new again.

    Without a baseline everything is new.
    """
    if baseline is None:
        return Compared(tuple(findings), (), ())
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


@fact
class _BaselineEntry:
    fingerprint: str
    rule: str = ""
    constraint: str = ""


@fact
class _BaselineFile:
    kind: Literal["baseline"]
    findings: list[_BaselineEntry]
    fkdash: int = 1


def baseline_from(document: object, origin: str | Source) -> Baseline:
    """Give a baseline from its parsed document; raises UsageError for any other document."""
    source = origin if isinstance(origin, Source) else Source(origin)
    found = Found()
    read = typed(document, _BaselineFile, found)
    if read is None:
        raise source.refusal(found.mistakes, advice="Write one with fkdash check --write-baseline FILE.")
    return Baseline(
        known=Counter(entry.fingerprint for entry in read.findings),
        names={entry.fingerprint: f"{entry.rule} {entry.constraint}" for entry in read.findings},
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
    return fnmatchcase(finding.subject, pattern)


@fact
class _Made:
    """Makes what the tables mean and collects what cannot be meant; `within` leads to the configuration."""

    within: Keys
    mistakes: list[Remark]

    def override(self, table: OverrideTable, place: Keys) -> Override:
        return Override(
            self.rule_or_all(table.rule, (*place, "rule")),
            table.constraint,
            self.severity(table.severity, (*place, "severity")),
        )

    def ignore(self, table: IgnoreTable, place: Keys) -> Ignore:
        if not table.reason.strip():
            self.wrong((*place, "reason"), "is empty, it must say why this is all right")
        return Ignore(self.rule_or_all(table.rule, (*place, "rule")), table.constraint, table.reason.strip())

    def rule_or_all(self, name: str, place: Keys) -> str:
        return name if name == "*" else self.rule(name, place)

    def rule(self, name: str, place: Keys) -> str:
        try:
            return rule_named(name).id
        except KeyError:
            known = [each.id for each in RULES] + [each.name for each in RULES]
            hint = nearest(name, known) or "fkdash rules lists them."
            self.wrong(place, f"names no rule: there is no {name}. {hint}")
            return name

    def severity(self, value: str, place: Keys) -> Severity | None:
        if value != "off" and value not in list(Severity):
            self.wrong(place, f"is {value!r}, it must be {_EXPECTED}")
            return None
        return None if value == "off" else Severity(value)

    def wrong(self, place: Keys, what: str) -> None:
        self.mistakes.append(Remark((*self.within, *place), what))
