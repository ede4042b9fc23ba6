"""Reference data: the short tables that everything else points at."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fkdash.demo.population.batch import Batch

COUNTRIES = {
    "AT": "Austria",
    "BR": "Brazil",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "IN": "India",
    "JP": "Japan",
    "NG": "Nigeria",
    "PT": "Portugal",
    "SE": "Sweden",
    "TR": "Türkiye",
    "US": "United States",
}
CURRENCIES = {"EUR": 2, "GBP": 2, "JPY": 0, "SEK": 2, "USD": 2}
PLANS = {
    "free": ("Free", Decimal(0)),
    "team": ("Team", Decimal(29)),
    "business": ("Business", Decimal(149)),
    "enterprise": ("Enterprise", Decimal(890)),
}
_FEATURES = {
    "api": "Programmatic access",
    "audit": "Audit log",
    "guests": "Guests from outside the workspace",
    "sso": "Single sign-on",
    "time": "Time tracking",
    "webhooks": "Webhooks",
}
_FEATURES_OF_PLANS = {
    "team": ("guests", "webhooks"),
    "business": ("api", "guests", "time", "webhooks"),
    "enterprise": tuple(_FEATURES),
}
_ROLES = {"owner": "May do everything", "admin": "May change members", "member": "May work", "guest": "May look"}
TASK_STATUSES = ("open", "doing", "review", "done")


def batches() -> Iterator[Batch]:
    """Give the rows of the reference tables."""
    yield Batch("countries", ("code", "name"), list(COUNTRIES.items()))
    yield Batch("plans", ("code", "name", "monthly_price"), [(code, *plan) for code, plan in PLANS.items()])
    yield Batch("features", ("code", "description"), list(_FEATURES.items()))
    yield Batch(
        "plan_features",
        ("plan_code", "feature_code"),
        [(plan, feature) for plan, features in _FEATURES_OF_PLANS.items() for feature in features],
    )
    yield Batch("roles", ("code", "description"), list(_ROLES.items()))
    yield Batch("task_statuses", ("code", "position"), [(c, n) for n, c in enumerate(TASK_STATUSES)])
    yield Batch("currencies", ("code", "decimals"), list(CURRENCIES.items()), schema="billing")
