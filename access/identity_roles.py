"""Which role and place the claims of the city's identity provider give a person: the first row of a file that fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from access.accounts import people_roles, refuse_place
from core.actor import Role
from core.errors import InvalidInputError

_Name = Annotated[str, Field(min_length=1, max_length=200)]


class RoleRow(BaseModel):
    """A claim, the value it has or holds in its list, and what that makes of a person. The place is a code of the
    command tree, or the claim that holds one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim: _Name
    value: _Name = Field(alias="is")
    role: Role
    jurisdiction: str | None = None
    jurisdiction_from: _Name | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> RoleRow:
        if self.role.value not in people_roles():
            raise ValueError(f"role: found {self.role}, expected one of {', '.join(people_roles())}")
        if (self.jurisdiction is None) == (self.jurisdiction_from is None):
            raise ValueError(
                "found both or neither of jurisdiction and jurisdiction_from, expected one of them"
            )
        if self.jurisdiction is not None:
            try:
                refuse_place(self.role, self.jurisdiction)
            except InvalidInputError as error:
                raise ValueError(error.message) from error
        return self

    def fits(self, claims: Mapping[str, Any]) -> bool:
        found = claims.get(self.claim)
        return self.value in (found if isinstance(found, list) else [found])


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: list[RoleRow] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Place:
    """What a person may be, and where."""

    role: Role
    jurisdiction: str


class IdentityRoles:
    """The rows of the file, in their order."""

    def __init__(self, rows: list[RoleRow]) -> None:
        self._rows = rows

    @classmethod
    def load(cls, path: Path) -> IdentityRoles:
        """Raises InvalidInputError that names the file and what is wrong in it."""
        try:
            return cls(_File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).roles)
        except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"{path.name}: found {error}, expected a readable YAML file") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = "/".join(str(part) for part in first["loc"])
            raise InvalidInputError(f"{path.name}, {where}: {first['msg']}") from error

    def of(self, claims: Mapping[str, Any]) -> Place | None:
        """The place of the first row that fits; None for nobody of ours. Raises InvalidInputError when the claim that
        holds the jurisdiction holds none that the role can have."""
        row = next((row for row in self._rows if row.fits(claims)), None)
        if row is None:
            return None
        jurisdiction = row.jurisdiction or str(claims.get(row.jurisdiction_from or "", ""))
        refuse_place(row.role, jurisdiction)
        return Place(row.role, jurisdiction)
