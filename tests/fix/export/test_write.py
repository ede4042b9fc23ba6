"""Writing an export: whatever ends it halfway, the tool still takes the folder, and nothing outside it is touched."""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fkdash.errors import StoppedError
from fkdash.fix.export import write as writing
from fkdash.fix.export.model import FileChange, UnfitFolderError
from fkdash.fix.export.write import write
from tests.fix.export.plans import export
from tests.fix.export.test_migrations import drizzle, lay
from tests.support.disks import disk

_CALLS = ("fsync", "link", "rename", "replace", "mkdir", "unlink")


def killed_at(files: tuple[FileChange, ...], count: int) -> bool:
    """Write in a process that is killed before the change of the disk of this number; tell whether it came to that."""
    child = os.fork()
    if child == 0:
        calls = 0

        def deadly(call: str) -> Callable[..., object]:
            real: Callable[..., object] = getattr(os, call)

            def counted(*given: object, **named: object) -> object:
                nonlocal calls
                calls += 1
                if calls == count:
                    os.kill(os.getpid(), signal.SIGKILL)
                # Nothing is asked of the disk that a kill could undo.
                return None if call == "fsync" else real(*given, **named)

            return counted

        try:
            for call in _CALLS:
                setattr(os, call, deadly(call))
            write(files)
        except BaseException:  # noqa: BLE001 - nothing of this process may go on in its child
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("tool", ["prisma", "drizzle", "dbmate"])
def test_a_write_that_is_killed_at_any_moment_leaves_a_folder_that_the_tool_takes(
    tool: str, nameless: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not nameless:
        monkeypatch.setattr(writing, "_NAMELESS", 0)
    count, killed = 0, True
    while killed:
        count += 1
        root = tmp_path / str(count)
        root.mkdir()
        folder = drizzle(root / "drizzle") if tool == "drizzle" else lay(root, tool)
        before = {path.name for path in folder.rglob("*")}
        made = export(tool, root).files
        killed = killed_at(made, count)
        assert killed or all(change.path.read_bytes() == change.content for change in made)
        whole = {change.path: change.content for change in made if change.before is None}
        for path in folder.rglob("*"):
            if path.name in before or path.name.startswith("_fkdash-"):
                continue
            assert path.read_bytes() == whole[path] if path.is_file() else list(path.iterdir())
        if tool == "drizzle":
            _is_taken_by_drizzle(folder)
    assert 3 < count < 40


def _is_taken_by_drizzle(folder: Path) -> None:
    journal = json.loads((folder / "meta/_journal.json").read_text())
    for entry in journal["entries"]:
        assert (folder / f"{entry['tag']}.sql").is_file()
        assert (folder / "meta" / f"{entry['tag'].split('_')[0]}_snapshot.json").is_file()
    # drizzle-kit takes for a snapshot what does not begin with an underscore.
    for path in (folder / "meta").iterdir():
        assert path.name.startswith("_") or json.loads(path.read_text())["dialect"] == "postgresql"


def test_what_is_taken_back_leaves_no_folder_that_prisma_takes_for_a_migration(tmp_path: Path) -> None:
    folder = lay(tmp_path, "prisma")
    there = {path.name for path in folder.iterdir()}
    first, second = export("prisma", tmp_path).files
    refused = FileChange(folder / "migration_lock.toml/below/migration.sql", second.content)
    with pytest.raises(StoppedError):
        write((first, refused))
    assert {path.name for path in folder.iterdir()} == there
    assert {path.name for path in folder.parent.iterdir()} == {"migrations"}


def test_a_folder_that_may_not_be_written_is_said_and_left_as_it_was(tmp_path: Path) -> None:
    folder = lay(tmp_path, "dbmate")
    made = export("dbmate", tmp_path).files
    if os.getuid() == 0:
        # Root may write everywhere: a file where the folder was is refused to it as well.
        moved = folder.rename(folder.parent / "moved")
        folder.write_text("")
        with pytest.raises(StoppedError, match="cannot be written"):
            write(made)
        assert len(list(moved.iterdir())) == 1
        return
    folder.chmod(0o500)
    with pytest.raises(StoppedError, match="cannot be written"):
        write(made)
    assert len(list(folder.iterdir())) == 1


def test_names_with_spaces_are_written_and_shown_as_they_are(tmp_path: Path) -> None:
    root = tmp_path / "our team's work" / "the service"
    lay(root, "golang-migrate")
    made = export("golang-migrate", root)
    write(made.files)
    assert all(change.path.is_file() for change in made.files)
    assert (
        f"-path '{str(root).replace(chr(39), chr(39) + chr(34) + chr(39) + chr(34) + chr(39))}/migrations'"
        in (made.mark_applied[0])
    )


@pytest.mark.parametrize("linked", ["meta", "meta/_journal.json"])
def test_nothing_is_written_through_a_link_that_leads_out_of_the_project(linked: str, tmp_path: Path) -> None:
    folder = drizzle(tmp_path / "project" / "drizzle")
    (tmp_path / "project" / ".git").mkdir()
    elsewhere = (folder / linked).rename(tmp_path / Path(linked).name)
    (folder / linked).symlink_to(elsewhere)
    with pytest.raises(UnfitFolderError, match="leads out of"):
        export("drizzle", tmp_path / "project")


def test_a_link_inside_the_project_is_followed_and_stays_one(tmp_path: Path) -> None:
    folder = drizzle(tmp_path / "project" / "drizzle")
    journal = folder / "meta/_journal.json"
    real = journal.rename(tmp_path / "project" / "journal.json")
    journal.symlink_to(real)
    write(export("drizzle", tmp_path / "project").files)
    assert journal.is_symlink()
    assert len(json.loads(real.read_text())["entries"]) == 2


def test_an_edited_file_keeps_its_owner_and_mode_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    folder = drizzle(tmp_path / "drizzle")
    journal = folder / "meta/_journal.json"
    journal.chmod(0o640)
    if os.getuid() == 0:
        os.chown(journal, 4321, 4321)
    known = journal.stat()
    write(export("drizzle", tmp_path).files)
    now = journal.stat()
    assert (now.st_uid, now.st_gid, now.st_mode) == (known.st_uid, known.st_gid, known.st_mode)
    assert not list(folder.rglob("*fkdash*"))


SCHEMA = "export const users = 1;\n"


@pytest.fixture(params=[True, False], ids=["links", "no-links"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the file system can give a file two names."""

    def refusing(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    if not request.param:
        monkeypatch.setattr(os, "link", refusing)
    return bool(request.param)


@pytest.mark.parametrize("tool", ["prisma", "drizzle", "dbmate"])
@pytest.mark.usefixtures("links")
def test_files_are_written_where_a_file_cannot_have_two_names_and_none_is_written_over(
    tool: str, tmp_path: Path
) -> None:
    folder = drizzle(tmp_path / "drizzle") if tool == "drizzle" else lay(tmp_path, tool)
    made = export(tool, tmp_path).files
    write(made)
    assert all(change.path.read_bytes() == change.content for change in made)
    assert not list(folder.rglob("*fkdash-*"))
    with pytest.raises(FileExistsError):
        writing._make(made[0].path, b"ours", 0o644)
    assert made[0].path.read_bytes() == made[0].content


@pytest.mark.usefixtures("links")
def test_an_edit_is_taken_back_where_a_later_file_cannot_be_written(tmp_path: Path) -> None:
    schema = tmp_path / "schema.ts"
    schema.write_text(SCHEMA)
    refused = FileChange(tmp_path / "schema.ts" / "below.sql", b"ours")
    with pytest.raises(StoppedError, match="cannot be written") as stopped:
        write([FileChange(schema, b"ours", SCHEMA.encode()), refused])
    assert stopped.value.next_step == "Nothing was exported."
    assert schema.read_text() == SCHEMA
    assert [path.name for path in tmp_path.iterdir()] == ["schema.ts"]


def test_on_a_full_disk_the_edit_that_was_made_is_taken_back_without_room_for_it(tmp_path: Path) -> None:
    with disk(tmp_path, "128k") as full:
        if full is None:
            pytest.skip("mounting is refused here")
        schema, journal = tmp_path / "schema.ts", tmp_path / "journal.json"
        before = b"// ours\n" * 4096
        schema.write_bytes(before)
        journal.write_text("{}")
        larger = FileChange(journal, b"{}" * 64_000, b"{}")
        with pytest.raises(StoppedError, match="No space left on device"):
            write([FileChange(tmp_path / "new.sql", b"x" * 8192), FileChange(schema, b"short", before), larger])
        assert schema.read_bytes() == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.json", "schema.ts"]


def test_a_disk_that_turns_read_only_leaves_what_was_written_and_says_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk(tmp_path) as turned:
        if turned is None:
            pytest.skip("mounting is refused here")
        schema, last = tmp_path / "schema.ts", tmp_path / "last.sql"
        schema.write_text(SCHEMA)
        real = writing._write

        def turning(change: FileChange, kept: dict[Path, Path]) -> None:
            if change.path == last:
                turned.turn("ro")
            real(change, kept)

        monkeypatch.setattr(writing, "_write", turning)
        with pytest.raises(StoppedError, match="Read-only file system") as stopped:
            write([FileChange(schema, b"ours", SCHEMA.encode()), FileChange(last, b"ours")])
        assert str(schema) in str(stopped.value.next_step)
        turned.turn("rw")


def test_a_folder_that_is_read_only_is_said(tmp_path: Path) -> None:
    with disk(tmp_path) as turned:
        if turned is None:
            pytest.skip("mounting is refused here")
        lay(tmp_path, "prisma")
        made = export("prisma", tmp_path).files
        turned.turn("ro")
        with pytest.raises(StoppedError, match="Read-only file system") as stopped:
            write(made)
        assert stopped.value.next_step == "Nothing was exported."
        turned.turn("rw")
