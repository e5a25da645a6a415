"""An edit takes over without a restart, a wrong one keeps the old one, and each is told once."""

from __future__ import annotations

import os
import queue
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bootstrap.catalogue import CATALOGUE_DIR, CatalogueError, FolderCatalogue
from bootstrap.catalogue.reload import LOOKS_EVERY_S
from core.errors import UnavailableError
from operations.catalogue import CatalogueSeen

RULE = "rules/waterlogging-rapid-rise.yaml"


@dataclass
class Desk:
    """A catalogue over a copy of the folder, with a clock that is turned by hand and somebody who is told."""

    folder: Path
    now_s: float = 0.0
    told: list[CatalogueSeen] = field(default_factory=list)
    away: bool = False
    edits: int = 0

    def __post_init__(self) -> None:
        self.source = FolderCatalogue(self.folder, lambda: self.now_s, aside=lambda work: work())
        self.source.tell(self._hear)

    def _hear(self, seen: CatalogueSeen) -> None:
        if self.away:
            raise UnavailableError("the database is away")
        self.told.append(seen)

    def edit(self, there: str, instead: str, file: str = RULE) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert there in text
        path.write_text(text.replace(there, instead, 1), encoding="utf-8")
        # Edits of a test follow each other faster than some file systems' clocks tick.
        self.edits += 1
        os.utime(path, ns=(self.edits * 10**9, self.edits * 10**9))

    def later(self) -> str:
        """The digest in force after the next look."""
        self.now_s += LOOKS_EVERY_S
        return self.source.current().digest


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    ignored = shutil.ignore_patterns("areas", "roads")
    return Desk(Path(shutil.copytree(CATALOGUE_DIR, tmp_path / "catalogue", ignore=ignored)))


def test_a_right_edit_takes_over_without_a_restart(desk: Desk) -> None:
    before = desk.source.current()
    desk.edit("on_delay_s: 120", "on_delay_s: 30")
    assert desk.later() != before.digest
    assert desk.source.current().rules["waterlogging-rapid-rise"].on_delay.total_seconds() == 30
    assert desk.source.refusal is None


def test_the_folder_is_looked_at_every_two_seconds_at_most(desk: Desk) -> None:
    before = desk.source.current().digest
    desk.edit("on_delay_s: 120", "on_delay_s: 30")
    desk.now_s += LOOKS_EVERY_S - 0.1
    assert desk.source.current().digest == before


def test_a_wrong_edit_keeps_the_old_one_and_says_where_it_is_wrong(desk: Desk) -> None:
    before = desk.source.current()
    desk.edit("depth_cm >= 10.0", "depth >= 10.0")
    desk.later()
    assert desk.source.current() is before
    assert desk.source.refusal is not None
    [problem] = [p for p in desk.source.refusal.problems if "depth " in p.found]
    assert (problem.file, problem.line > 0) == (RULE, True)


def test_screens_are_told_where_a_wrong_edit_stands_until_it_is_put_right(desk: Desk) -> None:
    assert desk.source.refused_state() is None
    desk.edit("depth_cm >= 10.0", "depth >= 10.0")
    desk.now_s += LOOKS_EVERY_S
    told = desk.source.refused_state()
    assert told is not None and told["count"] >= 1
    problem = told["problems"][0]
    assert (problem["file"], problem["line"] > 0) == (RULE, True)
    assert "depth" in problem["found"] and problem["expected"]
    desk.edit("depth >= 10.0", "depth_cm >= 10.0")
    desk.now_s += LOOKS_EVERY_S
    assert desk.source.refused_state() is None


def test_one_wrong_file_holds_back_the_right_edit_of_another(desk: Desk) -> None:
    before = desk.source.current()
    desk.edit("off_delay_s: 300", "off_delay_s: 60", file="rules/waterlogging-depth.yaml")
    desk.edit("depth_cm >= 10.0", "depth >= 10.0")
    desk.later()
    assert desk.source.current() is before


def test_what_was_put_right_takes_over_and_the_refusal_is_gone(desk: Desk) -> None:
    desk.edit("depth_cm >= 10.0", "depth >= 10.0")
    refused = desk.later()
    desk.edit("depth >= 10.0", "depth_cm >= 12.0")
    assert desk.later() != refused
    assert desk.source.refusal is None


def test_an_edit_taken_back_ends_the_refusal(desk: Desk) -> None:
    before = desk.source.current()
    desk.edit("depth_cm >= 10.0", "depth >= 10.0")
    desk.later()
    desk.edit("depth >= 10.0", "depth_cm >= 10.0")
    assert desk.later() == before.digest
    assert desk.source.refusal is None


def test_a_new_rule_and_one_that_is_taken_away_are_noticed(desk: Desk) -> None:
    (desk.folder / "rules/calls-many.yaml").rename(desk.folder / "calls-many.yaml")
    desk.later()
    assert "calls-many" not in desk.source.current().rules
    (desk.folder / "calls-many.yaml").rename(desk.folder / "rules/calls-many.yaml")
    desk.later()
    assert "calls-many" in desk.source.current().rules


def test_a_folder_that_is_gone_keeps_the_old_one(desk: Desk) -> None:
    before = desk.source.current()
    desk.folder.rename(desk.folder.with_name("elsewhere"))
    assert desk.later() == before.digest
    assert desk.source.refusal is not None
    desk.folder.with_name("elsewhere").rename(desk.folder)
    assert desk.later() == before.digest
    assert desk.source.refusal is None


def test_pipes_and_links_that_lead_nowhere_are_no_rules(desk: Desk) -> None:
    before = desk.source.current()
    (desk.folder / "rules" / "loop.yaml").symlink_to("loop.yaml")
    (desk.folder / "rules" / ".#lock.yaml").symlink_to("somebody@somewhere")
    os.mkfifo(desk.folder / "rules" / "pipe.yaml")
    assert desk.later() == before.digest
    desk.edit("on_delay_s: 120", "on_delay_s: 30")
    assert desk.later() != before.digest, "an edit beside them takes over"
    assert desk.source.refusal is None


def test_a_folder_that_may_not_be_looked_at_keeps_the_old_one_until_it_may(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(folder: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(folder))

    before = desk.source.current().digest
    with monkeypatch.context() as patch:
        patch.setattr("bootstrap.catalogue.reload.files_of", refuses)
        assert desk.later() == before
    desk.edit("on_delay_s: 120", "on_delay_s: 30")
    assert desk.later() != before


def test_each_content_is_told_once_with_its_files_and_its_problems(desk: Desk) -> None:
    desk.edit("on_delay_s: 120", "on_delay_s: 30")
    for _ in range(3):
        desk.later()
    desk.edit("depth_cm >= 10.0", "depth >= 10.0")
    for _ in range(3):
        desk.later()
    first, adopted, refused = desk.told
    assert not first.problems and not adopted.problems and refused.problems
    assert "on_delay_s: 30" in adopted.files[RULE]
    assert len({seen.digest for seen in desk.told}) == 3


def test_what_could_not_be_told_is_told_later_and_in_order(desk: Desk) -> None:
    desk.away = True
    for before, after in (("120", "130"), ("130", "140")):
        desk.edit(f"on_delay_s: {before}", f"on_delay_s: {after}")
        desk.later()
    in_force = desk.source.current().digest
    assert len(desk.told) == 1
    desk.away = False
    desk.later()
    assert [seen.digest for seen in desk.told][-1] == in_force
    assert len(desk.told) == 3


def test_an_edit_is_told_on_another_thread_than_the_one_that_noticed_it(desk: Desk) -> None:
    told_on: queue.Queue[int] = queue.Queue()
    source = FolderCatalogue(desk.folder, lambda: desk.now_s)
    source.tell(lambda _seen: told_on.put(threading.get_ident()))
    assert (
        told_on.get(timeout=10) == threading.get_ident()
    )  # at the start nothing is in the middle of anything
    desk.edit("on_delay_s: 120", "on_delay_s: 30")
    desk.now_s += LOOKS_EVERY_S
    source.current()
    assert told_on.get(timeout=10) != threading.get_ident()


def test_whatever_the_loader_raises_keeps_the_old_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.source.current()

    def breaks(_files: object, _read: object) -> None:
        raise ZeroDivisionError("not foreseen")

    monkeypatch.setattr("bootstrap.catalogue.reload.load_files", breaks)
    desk.edit("on_delay_s: 120", "on_delay_s: 30")
    assert desk.later() == before.digest
    assert desk.source.refusal is not None
    assert "not foreseen" in desk.source.refusal.problems[0].found


def test_a_first_catalogue_that_is_wrong_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError):
        FolderCatalogue(tmp_path)
