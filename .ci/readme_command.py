"""Print one of README's commands: the shell line below the comment `<!-- command: NAME -->`."""

import re
import sys
from pathlib import Path

readme = Path(__file__).parent.parent.joinpath("README.md").read_text(encoding="utf-8")


def command(name: str) -> str:
    """Give the command of that name; ends the program when README has none."""
    found = re.search(rf"<!-- command: {name} -->\s*```sh\n(.+?)\n```", readme)
    if found is None:
        sys.exit(f"README.md has no command named {name}")
    return found.group(1)


if __name__ == "__main__":
    sys.stdout.write(command(sys.argv[1]) + "\n")
