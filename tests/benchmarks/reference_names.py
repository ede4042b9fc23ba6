"""How many references FK207 finds again by name and type alone: python -m tests.benchmarks.reference_names.

Each style is how some kind of project makes names, written down by hand: `table: key type, column type > target`.
No foreign key is declared; a column without `>` is no reference, however much its name looks like one.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from fkdash.catalog.model import Catalog, Column, Index, Table
from fkdash.catalog.table_name import TableName
from fkdash.rules.registry import RULES, findings
from tests.benchmarks.reference_names_more import MORE_STYLES

STYLES = {
    "rails": """
users: id bigint, email text
projects: id bigint, creator_id bigint > users, namespace_id bigint > namespaces, external_id bigint
namespaces: id bigint, parent_id bigint > namespaces, owner_id bigint > users
issues: id bigint, project_id bigint > projects, author_id bigint > users, updated_by_id bigint > users, \
milestone_id bigint > milestones, duplicated_to_id bigint > issues, closed_by_id bigint > users, iid bigint
milestones: id bigint, project_id bigint > projects, group_id bigint > namespaces
notes: id bigint, noteable_id bigint, noteable_type text, author_id bigint > users, resolved_by_id bigint > users
ci_pipelines: id bigint, project_id bigint > projects, user_id bigint > users, status_id bigint
ci_builds: id bigint, pipeline_id bigint > ci_pipelines, runner_id bigint > ci_runners, stage_id bigint > ci_stages
ci_runners: id bigint, creator_id bigint > users
ci_stages: id bigint, pipeline_id bigint > ci_pipelines
project_settings: project_id bigint > projects, push_rule_id bigint > push_rules
push_rules: id bigint, project_id bigint > projects
merge_requests: id bigint, source_project_id bigint > projects, target_project_id bigint > projects, \
assignee_id bigint > users, merge_user_id bigint > users, latest_merge_request_diff_id bigint > merge_request_diffs
merge_request_diffs: id bigint, merge_request_id bigint > merge_requests
vulnerabilities: id bigint, finding_id bigint > vulnerability_occurrences, confirmed_by_id bigint > users
vulnerability_occurrences: id bigint, vulnerability_id bigint > vulnerabilities, scanner_id bigint > \
vulnerability_scanners
vulnerability_scanners: id bigint, external_id text
""",
    "django": """
auth_user: id integer, username text
auth_group: id integer
auth_user_groups: id integer, user_id integer > auth_user, group_id integer > auth_group
django_content_type: id integer
auth_permission: id integer, content_type_id integer > django_content_type
django_admin_log: id integer, user_id integer > auth_user, content_type_id integer > django_content_type, object_id text
shop_product: id integer, category_id integer > shop_category
shop_category: id integer, parent_id integer > shop_category
shop_order: id integer, customer_id integer > auth_user, created_by_id integer > auth_user
shop_orderline: id integer, order_id integer > shop_order, product_id integer > shop_product
""",
    "prefixed": """
t_ds_user: id integer, tenant_id integer > t_ds_tenant
t_ds_tenant: id integer, queue_id integer > t_ds_queue
t_ds_queue: id integer
t_ds_project: id integer, code bigint unique, user_id integer > t_ds_user
t_ds_process_definition: id integer, code bigint unique, project_code bigint > t_ds_project.code, user_id integer > \
t_ds_user
t_ds_process_instance: id integer, process_definition_code bigint > t_ds_process_definition.code, host text
t_ds_schedules: id integer, process_definition_code bigint > t_ds_process_definition.code, warning_group_id integer > \
t_ds_alertgroup
t_ds_alertgroup: id integer, create_user_id integer > t_ds_user
t_ds_task_instance: id integer, process_instance_id integer > t_ds_process_instance, worker_group text
""",
    "bare": """
area: id integer, type integer > area_type
area_type: id integer, parent integer > area_type, child_order integer
artist: id integer, area integer > area, begin_area integer > area, type integer > artist_type, gender integer > gender
artist_type: id integer, parent integer > artist_type
gender: id integer
artist_credit: id integer, artist_count integer
artist_credit_name: artist_credit integer > artist_credit, artist integer > artist, position integer
release_group: id integer, artist_credit integer > artist_credit, type integer > release_group_primary_type
release_group_primary_type: id integer
release: id integer, release_group integer > release_group, status integer > release_status, language integer > language
release_status: id integer
language: id integer, frequency integer
""",
    "camel": """
User: id text, email text
Workspace: id text, ownerId text > User
Team: id text, workspaceId text > Workspace
Membership: id text, userId text > User, teamId text > Team, invitedById text > User
Booking: id integer, userId text > User, eventTypeId integer > EventType, uid text
EventType: id integer, teamId text > Team, parentId integer > EventType
Attendee: id integer, bookingId integer > Booking
Payment: id integer, bookingId integer > Booking, externalId text, stripeCustomerId text
""",
    "own-keys": """
customers: customer_id text, company_name text
employees: employee_id integer, reports_to integer > employees
orders: order_id integer, customer_id text > customers, employee_id integer > employees, ship_via integer > shippers
shippers: shipper_id integer
order_details: order_id integer > orders, product_id integer > products
products: product_id integer, supplier_id integer > suppliers, category_id integer > categories
suppliers: supplier_id integer
categories: category_id integer
""",
    "drizzle": """
users: id uuid, primary_workspace_id uuid > workspaces
workspaces: id uuid, created_by uuid > users
workspace_members: id uuid, workspace_id uuid > workspaces, user_id uuid > users, invited_by uuid > users
files: id uuid, workspace_id uuid > workspaces, uploader_id uuid > users, session_id uuid
chat_sessions: id uuid, user_id uuid > users, org_id uuid > organizations
organizations: id uuid, owner_user_id uuid > users
audit_log: id uuid, actor_id uuid > users, request_id uuid, trace_id uuid, entity_id uuid, entity_type text
""",
    "public-ids": """
iam_scope: public_id text, parent_id text > iam_scope
auth_method: public_id text, scope_id text > iam_scope
auth_account: public_id text, auth_method_id text > auth_method, scope_id text > iam_scope
iam_user: public_id text, scope_id text > iam_scope
iam_role: public_id text, scope_id text > iam_scope, grant_scope_id text > iam_scope
iam_user_role: role_id text > iam_role, principal_id text > iam_user
host_catalog: public_id text, project_id text > iam_scope
static_host: public_id text, catalog_id text > host_catalog
""",
    "id-first": """
llx_user: rowid integer, fk_soc integer > llx_societe, fk_user_creat integer > llx_user
llx_societe: rowid integer, fk_pays integer > llx_c_pays, fk_user_modif integer > llx_user
llx_c_pays: rowid integer
llx_commande: rowid integer, fk_soc integer > llx_societe, fk_user_author integer > llx_user, fk_projet integer > \
llx_projet
llx_projet: rowid integer, fk_soc integer > llx_societe
llx_commandedet: rowid integer, fk_commande integer > llx_commande, fk_product integer > llx_product
llx_product: rowid integer, fk_product_type integer
""",
}


@dataclass(frozen=True, slots=True)
class Recall:
    """How many of the references were found again, and which were found that are none or go elsewhere."""

    references: int
    found: tuple[str, ...]
    missed: tuple[str, ...]
    wrong: tuple[str, ...]


def measure(style: str) -> Recall:
    """Ask FK207 about a style's tables and compare with what they are meant to refer to."""
    catalog, meant = _read(style)
    rule = [each for each in RULES if each.id == "FK207"]
    found = {
        f"{each.key.table.name}.{each.columns[0]}": f"{each.key.referenced.name}.{each.key.referenced_columns[0]}"
        for each in findings(catalog, rule)
    }
    right = [name for name, target in meant.items() if found.get(name) == target]
    return Recall(
        references=len(meant),
        found=tuple(right),
        missed=tuple(f"{name} > {target}" for name, target in meant.items() if name not in found),
        wrong=tuple(f"{name} > {target}" for name, target in found.items() if meant.get(name) != target),
    )


def _read(style: str) -> tuple[Catalog, dict[str, str]]:
    tables: dict[TableName, Table] = {}
    meant: dict[str, str] = {}
    lines = [line.split(": ", 1) for line in style.strip().splitlines()]
    first = {name: columns.split(" ", 1)[0] for name, columns in lines}
    for number, (name, columns) in enumerate(lines, 1):
        made, indexes = [], []
        for place, words in enumerate(columns.split(", "), 1):
            declared, _, target = words.partition(" > ")
            column, kind, *unique = declared.split()
            made.append(Column(place, column, kind, not_null=place == 1))
            if place == 1 or unique:
                indexes.append(Index(f"{name}_{column}", (place,), unique=True, primary=place == 1, oid=number))
            if target:
                table, _, key = target.partition(".")
                meant[f"{name}.{column}"] = f"{table}.{key or first[table]}"
        tables[TableName("public", name)] = Table(
            TableName("public", name), columns=tuple(made), indexes=tuple(indexes), triggers=(), oid=number
        )
    return Catalog(tables=tables, foreign_keys=()), meant


def main() -> int:
    """Print each style's recall, and with -v what was missed or wrong."""
    references = found = wrong = 0
    for name, style in (STYLES | MORE_STYLES).items():
        recall = measure(style)
        references, found = references + recall.references, found + len(recall.found)
        wrong += len(recall.wrong)
        _say(f"{name:<12} {len(recall.found):>3} of {recall.references:>3}, {len(recall.wrong)} wrong")
        if "-v" in sys.argv:
            _say(*(f"  missed {each}" for each in recall.missed), *(f"  WRONG {each}" for each in recall.wrong))
    _say(f"{'all':<12} {found:>3} of {references:>3} ({found / references:.0%}), {wrong} wrong")
    return 0


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    raise SystemExit(main())
