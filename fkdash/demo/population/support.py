"""Customer support and billing, kept apart from workspaces: tenants, cases, invoices.

Support cases can be escalated to another agent, but nobody has done that yet:
the foreign key that could not survive it is a latent conflict.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from fkdash.demo.names import NOW, Invention, slug
from fkdash.demo.population.batch import Batch
from fkdash.demo.population.reference import COUNTRIES, CURRENCIES, PLANS

_TENANTS = 40
_AGENTS_PER_TENANT = 4
_CASES_PER_TENANT = 9
_SUBJECTS = ("Cannot sign in", "Export is empty", "Invoice twice", "Please delete my data", "Slow since Tuesday")
_TAGS = ("account", "billing", "bug", "privacy")


def batches(invent: Invention) -> Iterator[Batch]:
    """Give the rows of the tables about support and billing."""
    names = {tenant: invent.company() for tenant in range(1, _TENANTS + 1)}
    countries = tuple(COUNTRIES)
    yield Batch(
        "tenants",
        ("id", "name", "country_code"),
        [(t, name, invent.one_of(countries)) for t, name in names.items()],
    )
    yield Batch("agents", ("tenant_id", "id", "name", "email"), _agents(names, invent))
    yield from _cases(invent)
    yield from _billing(names, invent)


def _agents(names: dict[int, str], invent: Invention) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for tenant, company in names.items():
        for number in range(1, _AGENTS_PER_TENANT + 1):
            name = invent.person()
            rows.append((tenant, number, name, f"{slug(name).replace('-', '.', 1)}@{slug(company)}.example"))
    return rows


def _cases(invent: Invention) -> Iterator[Batch]:
    cases = [(tenant, number) for tenant in range(1, _TENANTS + 1) for number in range(1, _CASES_PER_TENANT + 1)]
    yield Batch(
        "cases",
        ("tenant_id", "id", "subject", "assigned_to", "opened_at"),
        [
            (
                *(*case, invent.one_of(_SUBJECTS)),
                *(1 + invent.below(_AGENTS_PER_TENANT) if invent.happens(0.7) else None, invent.moment(days=60)),
            )
            for case in cases
        ],
    )
    yield Batch(
        "case_messages",
        ("tenant_id", "case_id", "number", "body"),
        [
            (*case, n, "Thank you, we are looking into it.")
            for case in cases
            for n in range(1, 1 + invent.below(4))
        ],
    )
    yield Batch(
        "case_tags",
        ("tenant_id", "case_id", "tag"),
        [(*case, tag) for case in cases for tag in _TAGS if invent.happens(0.3)],
    )


def _billing(names: dict[int, str], invent: Invention) -> Iterator[Batch]:
    # A customer has the number of its tenant; two tenants are still on trial and pay nothing.
    customers = list(names)[:-2]
    currencies, plans = tuple(CURRENCIES), [plan for plan in PLANS if plan != "free"]
    yield Batch(
        "customers",
        ("id", "tenant_id", "currency_code", "email"),
        [(c, c, invent.one_of(currencies), f"billing@{slug(names[c])}.example") for c in customers],
        schema="billing",
    )
    today = NOW.date()
    yield Batch(
        "subscriptions",
        ("id", "customer_id", "plan_code", "started_on"),
        [(c, c, invent.one_of(plans), today - timedelta(days=30 + invent.below(700))) for c in customers],
        schema="billing",
    )
    invoices = [(1 + index, customer) for index, customer in enumerate(customers * 6)]
    yield Batch(
        "invoices",
        ("id", "customer_id", "number", "issued_on"),
        [(i, c, f"R-2025-{i:05}", today - timedelta(days=invent.below(180))) for i, c in invoices],
        schema="billing",
    )
    lines = [(i, n, Decimal(29 + invent.below(800))) for i, _ in invoices for n in range(1, 2 + invent.below(3))]
    yield Batch(
        "invoice_lines",
        ("invoice_id", "number", "description", "amount"),
        [(i, n, "Subscription" if n == 1 else "Extra seats", amount) for i, n, amount in lines],
        schema="billing",
    )
    paid = [(i, sum((amount for invoice, _, amount in lines if invoice == i), Decimal(0))) for i, _ in invoices]
    yield Batch(
        "payments",
        ("id", "invoice_id", "amount", "received_on"),
        [(i, i, amount, today - timedelta(days=invent.below(20))) for i, amount in paid if invent.happens(0.85)],
        schema="billing",
    )
