"""`fkdash lint` beside squawk on one dump: wall time of whole processes, in turn, best of several.

    npm install squawk-cli && python -m tests.benchmarks.lint_dump --squawk node_modules/.bin/squawk

The dump is made here: about 1,000 tables and 2,000 foreign keys with sequences, indexes, comments, functions,
triggers and COPY data, as pg_dump writes them. squawk looks at single statements; the aim is at most twice its time.
--megabytes adds so much COPY data, to see that memory stays where it is.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_TABLES = 1000
_RUNS = 5


def dump(megabytes: int = 1) -> Iterator[str]:
    """Give the dump piece by piece, the same every time."""
    chosen = random.Random(7)
    yield "SET statement_timeout = 0;\nSELECT pg_catalog.set_config('search_path', '', false);\n"
    for number in range(200):
        yield (
            f"CREATE FUNCTION public.touch_{number}() RETURNS trigger LANGUAGE plpgsql AS $_$\nDECLARE a int;\nBEGIN\n"
            + "  IF NEW.c1 IS DISTINCT FROM OLD.c1 THEN\n    NEW.c2 := 'x; y';\n  END IF;\n" * 12
            + "  RETURN NEW;\nEND;\n$_$;\n"
        )
    for number in range(_TABLES):
        columns = "".join(
            f"    c{column} character varying(255) DEFAULT ''::character varying,\n" for column in range(8)
        )
        references = "".join(f"    ref_{each} bigint{' NOT NULL' if each else ''},\n" for each in range(2))
        yield (
            f"CREATE TABLE public.table_{number} (\n    id bigint NOT NULL,\n{columns}{references}"
            "    created_at timestamp without time zone NOT NULL,\n"
            f"    CONSTRAINT check_{number} CHECK ((char_length((c1)::text) <= 255))\n);\n"
            f"COMMENT ON COLUMN public.table_{number}.c1 IS 'what it is; and what not';\n"
            f"CREATE SEQUENCE public.table_{number}_id_seq START WITH 1 INCREMENT BY 1 CACHE 1;\n"
            f"ALTER SEQUENCE public.table_{number}_id_seq OWNED BY public.table_{number}.id;\n"
            f"ALTER TABLE ONLY public.table_{number} ALTER COLUMN id SET DEFAULT "
            f"nextval('public.table_{number}_id_seq'::regclass);\n"
        )
    rows = "1\tsome text; with 'quotes' and more of it\t\\N\t2026-01-01 00:00:00\n" * 100
    for number in range(0, _TABLES, max(1, _TABLES // (megabytes * 16))):
        yield f"COPY public.table_{number} (id, c1, c2, created_at) FROM stdin;\n{rows * 10}\\.\n"
    for number in range(_TABLES):
        yield (
            f"ALTER TABLE ONLY public.table_{number}\n    ADD CONSTRAINT table_{number}_pkey PRIMARY KEY (id);\n"
            f"CREATE INDEX index_{number}_0 ON public.table_{number} USING btree (ref_0);\n"
            f"CREATE INDEX index_{number}_1 ON public.table_{number} USING btree (c1, ref_1) WHERE (c1 IS NOT NULL);\n"
            f"CREATE TRIGGER touch BEFORE UPDATE ON public.table_{number} FOR EACH ROW EXECUTE FUNCTION "
            f"public.touch_{number % 200}();\n"
        )
    for number in range(_TABLES * 2):
        action = chosen.choice(("CASCADE", "CASCADE", "CASCADE", "SET NULL", "NO ACTION"))
        yield (
            f"ALTER TABLE ONLY public.table_{number // 2}\n    ADD CONSTRAINT fk_{number} FOREIGN KEY (ref_{number % 2}) "
            f"REFERENCES public.table_{chosen.randrange(_TABLES)}(id) ON DELETE {action};\n"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squawk", help="the program to compare with")
    parser.add_argument("--megabytes", type=int, default=1, help="of COPY data; default: %(default)s")
    parser.add_argument("--keep", type=Path, help="write the dump here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.keep or Path(folder) / "dump.sql"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(dump(arguments.megabytes))
        programs = {"fkdash": [sys.executable, "-m", "fkdash", "lint", str(path), "--format", "json"]}
        if arguments.squawk:
            programs["squawk"] = [arguments.squawk, "--reporter", "json", str(path)]
        best = dict.fromkeys(programs, float("inf"))
        for _ in range(_RUNS):
            for name, command in programs.items():
                began = time.perf_counter()
                subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
                best[name] = min(best[name], time.perf_counter() - began)
        lines = [f"{path.stat().st_size / 1e6:.1f} MB, {_TABLES} tables, {_TABLES * 2} foreign keys"]
        lines += [f"{name}: {seconds:.2f} s" for name, seconds in best.items()]
        if "squawk" in best:
            lines.append(f"fkdash / squawk: {best['fkdash'] / best['squawk']:.2f}")
        lines.append(f"most memory: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
