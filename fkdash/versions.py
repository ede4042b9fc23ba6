"""Since which major version of PostgreSQL something is so (release notes of each, "Migration" and "Changes").

A server's version is compared with these names and with no number. `OLDEST` and `NEWEST` are those that fkdash
knows: what a release in between changed about keys, constraints, triggers and partitions stands here.
"""

from __future__ import annotations

from typing import Final

OLDEST: Final = 14
NEWEST: Final = 18

SET_NULL_COLUMN_LISTS: Final = 15
"""ON DELETE SET NULL (columns) and SET DEFAULT (columns)."""
NULLS_NOT_DISTINCT: Final = 15
"""UNIQUE NULLS NOT DISTINCT."""
GENERATED_COLUMNS_STAY: Final = 15
"""A column that another is computed from is dropped with CASCADE only."""
KEY_TRIGGERS_ON_PARTITIONED: Final = 15
"""A partitioned table has triggers of its foreign keys itself, and those of its partitions are their children."""
CLONED_TRIGGERS_ARE_USERS: Final = 15
"""A trigger that a partition has of its table is no internal one in pg_trigger."""
REPLACED_TRIGGERS_KEEP_ENABLED: Final = 15
"""CREATE OR REPLACE TRIGGER leaves it enabled or disabled as it was."""
DETACHED_KEYS_KEEP_THEIR_TREE: Final = 15
"""What a key keeps for partitions of its own table stays when one is detached."""
ROW_MOVES_ARE_UPDATES: Final = 15
"""An UPDATE that moves a row to another partition is one UPDATE for the foreign keys to it."""
COLLATION_OF_SET_COLUMNS: Final = 15
"""What SET NULL and SET DEFAULT write is compared in the column's own collation."""
INTERVALS_HAVE_STYLES: Final = 15
"""The text of an interval hangs on a setting, as pg_proc has it."""

MEMBERSHIP_OPTIONS: Final = 16
"""GRANT of a role WITH INHERIT and SET."""
STEADY_WITH_ZONE: Final = 16
"""date_trunc with a time zone is IMMUTABLE."""
PRIMARY_KEYS_ARE_DISTINCT: Final = 16
"""No index with NULLS NOT DISTINCT becomes a primary key."""
CHILDS_OWN_GENERATION: Final = 16
"""A child table or partition may generate a column by an expression of its own."""
GENERATED_WITH_THE_ROW: Final = 16
"""Generated columns are prepared with the first row that is written, not before there is any."""

LABELS_OF_NEW_ENUMS: Final = 17
"""A label that is added to an enum of the same transaction can be used in it."""
TRANSACTION_TIMEOUT: Final = 17
"""A limit for whole transactions."""
IDENTITY_IN_PARTITIONS: Final = 17
"""Partitions have the identity columns of their table, and typed tables keep theirs."""
EXCLUSION_OF_PARTITIONED: Final = 17
"""EXCLUDE on a partitioned table, with its partition key compared by =."""
DOMAIN_NOT_NULL_CONSTRAINTS: Final = 17
"""NOT NULL of a domain is a constraint with a name."""

NOT_NULL_CONSTRAINTS: Final = 18
"""NOT NULL of a column is a constraint with a name, which may be NOT VALID and is inherited."""
VIRTUAL_COLUMNS: Final = 18
"""Columns that are generated when they are read."""
FOREIGN_TABLES_LIKE_OTHERS: Final = 18
"""CREATE FOREIGN TABLE (LIKE …)."""
NOT_ENFORCED: Final = 18
"""CHECKs and foreign keys that are NOT ENFORCED."""
HEIRS_ARE_LOCKED: Final = 18
"""A foreign key that is added locks the tables that inherit from its own, though it says nothing of their rows."""
TEMPORAL_KEYS: Final = 18
"""WITHOUT OVERLAPS, and PERIOD in a foreign key."""
NOT_VALID_ON_PARTITIONED: Final = 18
"""NOT VALID foreign keys on partitioned tables; what is kept for a new partition counts as not validated then."""
COPIES_HAVE_SUFFIXES: Final = 18
"""What is kept for partitions of a foreign key is called after it, with a number."""
RESTRICT_HAS_ITS_OWN_SQLSTATE: Final = 18
"""RESTRICT refuses with 23001, and no longer with 23503."""
