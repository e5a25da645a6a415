"""What each jurisdiction's wall was told to show."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from operations.wall_scene import WallScene
from store import tables as t
from store.rows import from_row, to_row


class WallRows:
    """Part of a transaction: what operations.store.Transaction asks about walls."""

    connection: Connection

    def wall_scene(self, jurisdiction: str) -> WallScene:
        # A row that is not there cannot be locked.
        new = insert(t.wall_scenes).values(jurisdiction=jurisdiction)
        self.connection.execute(new.on_conflict_do_nothing())
        asked = select(t.wall_scenes).where(t.wall_scenes.c.jurisdiction == jurisdiction)
        return from_row(WallScene, self.connection.execute(asked.with_for_update()).mappings().one())

    def save_wall_scene(self, scene: WallScene) -> None:
        row = to_row(scene)
        new = insert(t.wall_scenes).values(**row)
        changed = {name: new.excluded[name] for name in row if name != "jurisdiction"}
        self.connection.execute(new.on_conflict_do_update(index_elements=["jurisdiction"], set_=changed))


def wall_scenes(connection: Connection) -> list[WallScene]:
    # A row that only was locked says nothing yet.
    asked = select(t.wall_scenes).where(t.wall_scenes.c.version > 0).order_by(t.wall_scenes.c.jurisdiction)
    return [from_row(WallScene, row) for row in connection.execute(asked).mappings()]
