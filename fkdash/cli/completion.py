"""`fkdash completion`: what a shell runs to complete fkdash's commands, options and names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fkdash.cli.messages import say

if TYPE_CHECKING:
    import argparse

SUMMARY = (
    "Print what makes a shell complete commands, options, profiles, rules, and the tables and foreign keys of the "
    "database that the words so far lead to."
)
EXAMPLES = """examples:
  eval "$(fkdash completion bash)"                          in ~/.bashrc
  fkdash completion zsh > "${fpath[1]}/_fkdash"             before compinit
  fkdash completion fish > ~/.config/fish/completions/fkdash.fish
"""
# Candidates come one a line, as words of the shell where it does not quote by itself: no name is more than a word.
_SCRIPTS: Final = {
    "bash": """_fkdash() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do COMPREPLY+=("$word"); done \\
        < <(fkdash --complete bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o default -F _fkdash fkdash
""",
    "zsh": """#compdef fkdash
_fkdash() {
    local -a found
    found=("${(@f)$(fkdash --complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    [[ -n "$found" ]] && compadd -- "${(@Q)found}" || _files
}
if [[ "$funcstack[1]" == _fkdash ]]; then _fkdash; else compdef _fkdash fkdash; fi
""",
    "fish": """complete -c fkdash -a \\
    '(fkdash --complete fish (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
""",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", metavar="SHELL", choices=tuple(_SCRIPTS), help=", ".join(_SCRIPTS))


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    say(_SCRIPTS[arguments.shell])
    return 0
