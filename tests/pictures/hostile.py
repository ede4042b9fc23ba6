"""Names as they are met in the wild and by malice, for every picture."""

from __future__ import annotations

from hypothesis import strategies as st

from fkdash.pictures.picture import ASCII, LEAST_CELLS, UNICODE

NAMES = st.one_of(
    st.sampled_from(
        [
            "",
            "users",
            "用户表格的名字很长很长",
            "e\u0301" * 20,
            "\u0301first",
            "👩‍👩‍👧 family",
            "a\nb\tc\x1b[31mred",
            "\u202eright to left",
            "[bold]markup[/]",
            "x" * 63,
            "…",
        ]
    ),
    st.text(max_size=70),
)
NUMBERS = st.integers(min_value=0, max_value=2**63 - 1)
WIDTHS = st.integers(min_value=0, max_value=220)
DRAWN_WIDTHS = st.integers(min_value=LEAST_CELLS, max_value=220)
PENS = st.sampled_from([UNICODE, ASCII])
ACTIONS = st.sampled_from(["CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION", "RESTRICT"])
