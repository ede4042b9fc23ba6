"""Databases of which one thing is very many, as statements; a row of the table named is what a preview is asked for."""

from __future__ import annotations

from collections.abc import Iterator

_AT_ONCE = 100
_MOST_OF_ONE_TABLE = 2000


def partitions(number: int) -> Iterator[str]:
    """One row of `p`, and a cascading table in so many partitions, more than 2,000 of them in hundreds."""
    yield "create table p (id int primary key); insert into p values (1)"
    yield (
        "create table c (id int, p int references p on delete cascade, day int not null) partition by range (day)"
    )
    for first in range(0, number, _AT_ONCE):
        parent, last = "c", min(first + _AT_ONCE, number)
        if number > _MOST_OF_ONE_TABLE:
            # Each one more costs the server the reading of all: thousands below one table take an hour to make.
            parent = f"h{first}"
            yield f"create table {parent} partition of c for values from ({first}) to ({last}) partition by range (day)"
        yield ";".join(
            f"create table c{day} partition of {parent} for values from ({day}) to ({day + 1})"
            for day in range(first, last)
        )
    yield "insert into c values (1, 1, 0)"


def chain(number: int) -> Iterator[str]:
    """One row in each of so many tables, each cascading from the one before, from `t0` on."""
    yield "create table t0 (id int primary key); insert into t0 values (1)"
    for place in range(1, number):
        yield (
            f"create table t{place} (id int primary key references t{place - 1} on delete cascade);"
            f"insert into t{place} values (1)"
        )


def cycle(number: int) -> Iterator[str]:
    """One row in each of so many tables that refer to each other in a circle, from `t0` on."""
    for place in range(number):
        yield f"create table t{place} (id int primary key, next int); insert into t{place} values (1, 1)"
    for place in range(number):
        yield (
            f"alter table t{place} add foreign key (next) references t{(place + 1) % number} on delete cascade;"
            f"create index on t{place} (next)"
        )


def keys(number: int) -> Iterator[str]:
    """One row of `p`, to which so many empty tables refer."""
    yield "create table p (id int primary key); insert into p values (1)"
    for first in range(0, number, _AT_ONCE):
        yield ";".join(
            f"create table c{place} (id int primary key, p int references p); create index on c{place} (p)"
            for place in range(first, min(first + _AT_ONCE, number))
        )


def columns(number: int) -> Iterator[str]:
    """One row of `p`, and a table of so many columns whose key sets a column to NULL that cannot be."""
    others = "".join(f", c{place} int" for place in range(number - 2))
    yield "create table p (id int primary key); insert into p values (1)"
    yield f"create table c (id int primary key, p int not null references p on delete set null{others})"
    yield "insert into c (id, p) values (1, 1)"
