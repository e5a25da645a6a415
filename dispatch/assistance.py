"""Cross-agency requests 联勤联动: a unit of another jurisdiction is asked for, and the other side answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.errors import ConflictError

ANSWER_WITHIN = timedelta(seconds=120)
"""How long a request waits for its answer (proposal): as long as a unit may take to turn out."""


REFUSED_FOR = timedelta(minutes=10)
"""How long a unit that was refused is not advised for that incident again (proposal): whoever said no has a reason that
lasts longer than a click, and the next unit by road is worth more than the same answer."""


class AssistanceStatus(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    """Nobody answered in time, or it became pointless; it may be asked again."""


@dataclass(frozen=True, slots=True)
class AssistanceRequest:
    """One unit asked for, for one incident. `jurisdiction` is the unit's: who covers it answers.

    `asked_by_jurisdiction` is the incident's. The unit counts as sent once `assignment_id` is set.
    """

    request_id: str
    incident_id: str
    number: str
    unit_id: str
    callsign: str
    jurisdiction: str
    asked_by_jurisdiction: str
    status: AssistanceStatus
    requested_at: datetime
    requested_by: str
    answer_by: datetime
    override_reason: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    note: str | None = None
    assignment_id: str | None = None

    def is_refused(self, now: datetime) -> bool:
        """Whether its owner has said no, not long ago."""
        if self.status is not AssistanceStatus.DECLINED or self.answered_at is None:
            return False
        return now < self.answered_at + REFUSED_FOR

    def answered(
        self,
        status: AssistanceStatus,
        at: datetime,
        by: str,
        note: str | None = None,
        assignment_id: str | None = None,
    ) -> AssistanceRequest:
        """The request with its answer. Raises ConflictError when it waits no longer."""
        if self.status is not AssistanceStatus.WAITING:
            raise ConflictError(
                f"联勤请求 {self.callsign} 已有结果（{self.status}，{self.answered_by}）/ found the request "
                f"{self.status} by {self.answered_by}, expected a waiting one",
                request_id=self.request_id,
                request_status=self.status.value,
            )
        if at >= self.answer_by and status is not AssistanceStatus.LAPSED:
            raise ConflictError(
                f"联勤请求 {self.callsign} 已超时，请对方重新请求 / the request has run out at "
                f"{self.answer_by.isoformat()}; it has to be asked again",
                request_id=self.request_id,
            )
        return replace(
            self, status=status, answered_at=at, answered_by=by, note=note, assignment_id=assignment_id
        )
