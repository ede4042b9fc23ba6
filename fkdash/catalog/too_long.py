"""What stands in the place of a text of the database's that is not read: somebody's, of millions of characters.

Queries leave it on the server: `octet_length(stored::text) > 4000000`. Nothing can be parsed out of what they give
instead, so that whatever depends on it stays in doubt. That all of them say the same is tested.
"""

from __future__ import annotations

from typing import Final

MOST_CHARACTERS: Final = 4_000_000
"""Of a stored expression (pg_node_tree), which is some ten times as long as the SQL, and of a comment."""
TOO_LONG: Final = "<more than 4,000,000 characters>"
"""In the place of SQL or of a comment."""
TOO_LONG_TREE: Final = "{TOOLONG}"
"""In the place of a stored expression."""
