"""Every key of the dashboard: its id (for rebinding), what it does, and how it is spelt.

Bindings are the only source: the key line and the help screen are made from
them. Keys that terminals, tmux or screen take for themselves are not used:
ctrl+h/i/j/m/s/q/a/b/o, alt with anything, F10 to F12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from textual.binding import Binding, BindingType

from fkdash.fact import fact

if TYPE_CHECKING:
    from textual.binding import ActiveBinding
    from textual.screen import Screen

_SPELLINGS = {
    "escape": "esc",
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "plus": "+",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "colon": ":",
    "exclamation_mark": "!",
    "backslash": "\\",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
}


def key(
    binding_id: str, keys: str, action: str, description: str, *, show: bool = False, tooltip: str = ""
) -> Binding:
    """Give a binding; `show` puts it on the key line, `tooltip` is the longer text of the help screen."""
    return Binding(keys, action, description, show=show, id=binding_id, tooltip=tooltip)


def urgent(binding_id: str, keys: str, action: str, description: str, *, tooltip: str = "") -> Binding:
    """Give a binding that works whatever has the focus, text being typed included."""
    return Binding(keys, action, description, show=False, id=binding_id, tooltip=tooltip, priority=True)


APPLICATION: list[BindingType] = [
    key("app.help", "question_mark,f1", "help", "help", show=True, tooltip="The keys that work here"),
    key("app.commands", "colon,ctrl+p", "commands", "commands", tooltip="Find a command by typing a part of it"),
    key("app.quit", "q", "quit", "quit", tooltip="Leave fkdash, as :q; refused only while a change is going on"),
    urgent(
        "app.interrupt",
        "ctrl+c",
        "interrupt",
        "cancel",
        tooltip="Cancel what is running; nothing running: how to quit",
    ),
    urgent("app.suspend", "ctrl+z", "suspend_process", "suspend", tooltip="Back to the shell; fg returns"),
    urgent("app.redraw", "ctrl+l", "redraw", "redraw", tooltip="Draw the screen again"),
]

MOVING: list[BindingType] = [
    key("list.down", "down,j", "move(1)", "down"),
    key("list.up", "up,k", "move(-1)", "up"),
    key("list.page-down", "pagedown,space,ctrl+f", "page(1)", "one page down"),
    key("list.page-up", "pageup", "page(-1)", "one page up"),
    key("list.half-page-down", "ctrl+d", "half_page(1)", "half a page down"),
    key("list.half-page-up", "ctrl+u", "half_page(-1)", "half a page up"),
    key("list.first", "home,g", "first", "first"),
    key("list.last", "end,G", "last", "last"),
]

FILTERING: list[BindingType] = [
    key("list.filter", "slash", "filter", "filter", show=True, tooltip="Show the rows that contain what you type"),
    key("list.sort", "s", "sort", "sort", tooltip="Sort by the next column"),
    key("list.reverse", "S", "reverse", "reverse the order"),
    key("list.next", "n", "move(1)", "next match", tooltip="The next row that the filter found"),
    key("list.previous", "N", "move(-1)", "previous match", tooltip="The one before"),
]

SEVERITIES: list[BindingType] = [
    key("list.contradictions", "1", "only('error')", "contradictions", tooltip="Only contradictions, and back"),
    key("list.warnings", "2", "only('warning')", "warnings", tooltip="Only warnings, and back"),
    key("list.notes", "3", "only('info')", "notes", tooltip="Only notes, and back"),
    key("list.all", "0", "only('')", "all", tooltip="All rows again"),
]

CHOOSING: list[BindingType] = [
    key(f"options.{number}", str(number), f"choose({number})", f"option {number}", tooltip=f"To option {number}")
    for number in range(1, 10)
]

PANES: list[BindingType] = [
    key("pane.down", "J", "scroll_pane(1)", "more below", tooltip="Scroll the text beside or below the list"),
    key("pane.up", "K", "scroll_pane(-1)", "back up", tooltip="Scroll that text back"),
    key("pane.next", "tab,l", "app.focus_next", "next pane"),
    key("pane.previous", "shift+tab,h", "app.focus_previous", "previous pane"),
]

OPEN = key("screen.open", "enter", "open", "open", show=True)
OPEN_ROWS = key(
    "blocked.rows", "enter", "open_rows", "rows", show=True, tooltip="To the rows that hold this one, and back"
)
BACK = key("screen.back", "escape", "back", "back", show=True, tooltip="One step back; nothing is lost")
FINDINGS = key(
    "databases.findings",
    "F",
    "findings",
    "findings",
    show=True,
    tooltip="The findings of all databases, those of one shape as one, the odd ones first",
)
REFRESH = key("screen.refresh", "r", "refresh", "refresh", tooltip="Read again from the server")
TRUST = key("screen.trust", "O", "trust", "trust owner", tooltip="Let looking run what that role's functions do")
COPY = key("screen.copy", "y", "copy", "copy", tooltip="To the terminal's clipboard and into a file")
EXPORT = key("screen.export", "e", "export", "export", tooltip="Write what is shown into a file")
BLOCKED = key(
    "constraints.blocked",
    "b",
    "blocked",
    "blocked",
    show=True,
    tooltip="Which rows cannot be deleted, and what blocks them",
)
FIX = key(
    "constraints.fix", "f", "fix", "fix", show=True, tooltip="What can be changed, and what each change costs"
)

PREVIEW = key(
    "screen.preview", "p", "preview", "preview", show=True, tooltip="What a delete would do, and to whom"
)
WHAT_IF = key("preview.what-if", "w", "what_if", "what if", show=True, tooltip="The same delete under each fix")
READ_ALL = key(
    "preview.read-all",
    "A",
    "read_all",
    "read it all",
    show=True,
    tooltip="Read a large table from end to end; which one and how large is said before",
)
EVERY_KEY = key(
    "orphans.every",
    "A",
    "read_all",
    "every key",
    show=True,
    tooltip="Count for every foreign key, also those that guarantee their rows; and back",
)
TO_FOUND = key("preview.found", "down", "to_found", "to what was found")
ROWS = key("preview.rows", "enter", "rows", "rows", show=True, tooltip="Which rows these are, by key and label")
PLAN = key(
    "fix.plan", "enter", "plan", "plan", show=True, tooltip="The exact statements, their locks, the way back"
)
APPLY = key("fix.apply", "a", "apply", "apply", show=True, tooltip="To the confirmation; nothing is written yet")
REHEARSE = key(
    "plan.rehearse",
    "d",
    "rehearse",
    "rehearse",
    show=True,
    tooltip="To its confirmation: the short steps with their real locks and a probing delete, rolled back",
)
EDIT_SQL = key(
    "plan.edit", "v", "edit", "edit SQL", show=True, tooltip="Change the statements; what changes is checked"
)
AS_PLANNED = key(
    "edit.as-planned", "ctrl+r", "as_planned", "as planned", show=True, tooltip="Put back what was planned"
)
BUTTON_LEFT = key("confirm.left", "left", "button(-1)", "Cancel")
BUTTON_RIGHT = key("confirm.right", "right", "button(1)", "Apply")
STOP_AFTER_STEP = key(
    "run.stop",
    "full_stop",
    "stop_after_step",
    "stop after this step",
    show=True,
    tooltip="Let the step under way end, then stop",
)
CANCEL_RUN = Binding(
    "ctrl+c",
    "cancel_run",
    "cancel now",
    id="run.cancel",
    tooltip="Roll back what is open, and stop",
    priority=True,
)
TRY_NOW = key(
    "run.try-now", "r", "refresh", "try now", show=True, tooltip="Try the step again without waiting any longer"
)
AS_MIGRATION = key(
    "fix.migration",
    "M",
    "as_migration",
    "as migration",
    show=True,
    tooltip="Write it as a migration of the team's own tool; the database is not changed",
)
WRITE_FILES = key("export.write", "e", "export", "write", show=True, tooltip="Write the files that are shown")
WITH_SCHEMA = key(
    "export.schema",
    "plus",
    "with_schema",
    "with schema",
    show=True,
    tooltip="Take the edit of the team's schema file along",
)
UNDO = key("run.undo", "u", "undo", "undo", show=True, tooltip="Plan the way back")


EXPLAIN = key(
    "app.explain",
    "x",
    "app.explain",
    "explain error",
    show=True,
    tooltip="Paste an error: which foreign key is behind it",
)
WATCH = key(
    "app.watch", "W", "app.watch", "watch", show=True, tooltip="Are there still errors, and did the fix stop them?"
)
TO_ANSWERS = key("explain.answers", "down", "to_answers", "to the answers")
OPEN_TABLE = key(
    "relations.open", "enter", "open_table", "go there", show=True, tooltip="To the table at the other end"
)
CONTINUE_RUN = key(
    "history.continue", "c", "continue_run", "continue", show=True, tooltip="Plan what is left of a run cut off"
)
EVERYWHERE: list[BindingType] = [
    key("app.explain", "x", "explain", "explain error", tooltip="Paste an error: which foreign key is behind it"),
    key("app.reconnect", "R", "reconnect", "connect again", tooltip="Connect and read everything again, now"),
    key("app.mark", "m", "mark", "mark", tooltip="Mark what is shown for the report, with a title if you like"),
    key("app.report", "E", "report", "report", tooltip="Write the report: what was marked, and the runs since"),
    key("app.history", "H", "history", "history", tooltip="What has been changed: finish it, or undo it"),
    key(
        "app.relations", "t", "relations", "relations", tooltip="What this table refers to, and what refers to it"
    ),
    key("app.table", "T", "go_to_table", "go to table", tooltip="Go to table ... by a part of its name"),
    key("app.describe", "backslash", "describe", "go to table", tooltip="The same for psql's fingers: \\d users"),
    key(
        "app.databases",
        "D",
        "databases",
        "databases",
        tooltip="Go to database ... of a profile, or back to the list of databases",
    ),
    key(
        "app.along",
        "right_square_bracket",
        "along",
        "along it",
        tooltip="Along the reference, to the relations of the table that it refers to",
    ),
    key(
        "app.against",
        "left_square_bracket",
        "against",
        "back along it",
        tooltip="Back along the reference, to the table that refers",
    ),
    key(
        "app.whereabouts",
        "i",
        "whereabouts",
        "where am I",
        tooltip="Server, TLS, role and rights, pooler, engine, and the DSN to copy",
    ),
    key("app.orphans", "o", "orphans", "orphans", tooltip="Which rows refer to rows that do not exist"),
    key("app.watch", "W", "watch", "watch", tooltip="Are there still errors: the server's log, minute by minute"),
    key("app.preview-of", "P", "preview_of", "preview of", tooltip="Preview delete of ... a table by its name"),
]
"""What leads away from any screen of the dashboard; escape leads back."""


TASKS = ("looking", "changing", "telling", "moving", "fkdash")
"""What keys are for, in the order of the help screen."""
_TASK_OF = {
    "list": "moving",
    "pane": "moving",
    "explain": "moving",
    "fix": "changing",
    "plan": "changing",
    "edit": "changing",
    "confirm": "changing",
    "run": "changing",
    "options": "changing",
    "export": "changing",
    "history": "changing",
    "constraints.fix": "changing",
    "app.history": "changing",
    "screen.copy": "telling",
    "screen.export": "telling",
    "app.mark": "telling",
    "app.report": "telling",
    "screen.back": "moving",
    "preview.found": "moving",
    "app.help": "fkdash",
    "app.commands": "fkdash",
    "app.quit": "fkdash",
    "app.interrupt": "fkdash",
    "app.suspend": "fkdash",
    "app.redraw": "fkdash",
    "app.reconnect": "fkdash",
    "app.whereabouts": "fkdash",
    "app.databases": "fkdash",
}


def task_of(binding_id: str) -> str:
    """Give what the key of an id is for."""
    return _TASK_OF.get(binding_id) or _TASK_OF.get(binding_id.partition(".")[0], TASKS[0])


TOLD_WHERE_ROOM = (
    "app.orphans",
    "app.history",
    "app.commands",
    "list.sort",
    "screen.copy",
    "app.relations",
    "screen.export",
    "screen.refresh",
    "app.along",
    "app.mark",
    "app.report",
    "app.explain",
    "app.preview-of",
    "app.whereabouts",
    "app.watch",
)
"""What the key line tells besides what a screen is for, as long as there is room, in this order."""


@runtime_checkable
class Reasoned(Protocol):
    """A screen or widget that can say why one of its actions is not available."""

    def why_not(self, action: str) -> str:
        """Give the reason as a sentence without a full stop, "" when the action is available."""
        ...


@fact
class Help:
    """One line of help: all keys for an action, what it does, whether it works now."""

    keys: tuple[str, ...]
    description: str
    explanation: str
    binding_id: str
    show: bool
    enabled: bool


def spelling(name: str) -> str:
    """Give a key's name as an operator reads it: `?` for `question_mark`."""
    return _SPELLINGS.get(name, name)


def help_for(screen: Screen[Any]) -> list[Help]:
    """Give what the keys do on this screen, with what has the focus there, in order of nearness."""
    found: dict[str, Help] = {}
    for name, active in screen.active_bindings.items():
        binding = active.binding
        identity = binding.id
        if identity is None:
            continue  # Textual's own, such as those that edit a field
        known = found.get(identity)
        found[identity] = Help(
            (*(known.keys if known is not None else ()), spelling(name)),
            binding.description,
            told_of(screen, active),
            identity,
            binding.show,
            active.enabled,
        )
    return list(found.values())


def told_of(screen: Screen[object], active: ActiveBinding) -> str:
    """Give what a key does: its own words, or the first sentence that its action says of itself."""
    space, _, action = active.binding.action.partition("(")[0].rpartition(".")
    does = getattr({"app": screen.app, "screen": screen}.get(space, active.node), f"action_{action}", None)
    said = active.binding.tooltip or (does.__doc__ if does is not None else "") or active.binding.description
    return said.partition("\n")[0].removesuffix(".")


def why_not(screen: Screen[object], name: str) -> str:
    """Give the reason why a key does nothing on this screen, "" when it does something."""
    if (active := screen.active_bindings.get(name)) is None:
        return "no action here; ? lists the keys that work"
    if active.enabled:
        return ""
    action = active.binding.action.partition("(")[0].rpartition(".")[2]
    for node in (active.node, screen):
        if isinstance(node, Reasoned) and (reason := node.why_not(action)):
            return reason
    return f"{active.binding.description} is not available here now"
