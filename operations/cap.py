"""What a message of the Common Alerting Protocol says, to whoever writes or reads one (OASIS CAP 1.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from alerts.model import Severity
from core.geo import LonLat


class CapStatus(StrEnum):
    """Whether a message is meant."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class CapMsgType(StrEnum):
    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


class CapScope(StrEnum):
    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class CapCategory(StrEnum):
    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class CapResponse(StrEnum):
    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class CapUrgency(StrEnum):
    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class CapSeverity(StrEnum):
    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class CapCertainty(StrEnum):
    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


CAP_SEVERITY = {
    Severity.RED: CapSeverity.EXTREME,
    Severity.ORANGE: CapSeverity.SEVERE,
    Severity.YELLOW: CapSeverity.MODERATE,
    Severity.BLUE: CapSeverity.MINOR,
}
"""The four warning colours in CAP's words (docs/cap.md)."""
COLOUR = {cap: colour for colour, cap in CAP_SEVERITY.items()} | {CapSeverity.UNKNOWN: Severity.YELLOW}
"""And back. Unknown becomes yellow, a proposal: grave enough to be read, too little known to wake the city."""


@dataclass(frozen=True, slots=True)
class CapReference:
    """The three values that name one message among all senders."""

    sender: str
    identifier: str
    sent: datetime

    @property
    def key(self) -> str:
        """One spelling, whatever zone the instant was written in."""
        return f"{self.sender},{self.identifier},{self.sent.astimezone(UTC).isoformat()}"


@dataclass(frozen=True, slots=True)
class CapCircle:
    centre: LonLat
    radius_km: float


@dataclass(frozen=True, slots=True)
class CapArea:
    """Where: in words, as WGS-84 shapes, and by codes as (name of the list, code)."""

    description: str
    polygons: tuple[tuple[LonLat, ...], ...] = ()
    circles: tuple[CapCircle, ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CapInfo:
    """What is said in one language."""

    language: str
    categories: tuple[CapCategory, ...]
    event: str
    urgency: CapUrgency
    severity: CapSeverity
    certainty: CapCertainty
    responses: tuple[CapResponse, ...] = ()
    event_codes: tuple[tuple[str, str], ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    web: str | None = None
    contact: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    areas: tuple[CapArea, ...] = ()


@dataclass(frozen=True, slots=True)
class CapMessage:
    """One message, whichever version of CAP it was written in. Attached files are not kept."""

    identifier: str
    sender: str
    sent: datetime
    status: CapStatus
    msg_type: CapMsgType
    scope: CapScope
    source: str | None = None
    restriction: str | None = None
    addresses: str | None = None
    note: str | None = None
    references: tuple[CapReference, ...] = ()
    infos: tuple[CapInfo, ...] = ()

    @property
    def reference(self) -> CapReference:
        """What another message names this one by."""
        return CapReference(self.sender, self.identifier, self.sent)


class CapOutcome(StrEnum):
    """What became of a message that came in."""

    OPENED = "opened"
    CHANGED = "changed"
    CLEARED = "cleared"
    NOTED = "noted"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class ReceivedCap:
    """A message that came in and what became of it; kept, so that repeats and references are understood.

    `subject_id` is set where it is about a warning of ours, `standing` while it is the newest word on it, which
    ends at `ends_at`. `refs` are keys of the messages it names, in the spelling of `CapReference.key`.
    """

    key: str
    sender: str
    identifier: str
    sent_at: datetime
    msg_type: CapMsgType
    status: CapStatus
    outcome: CapOutcome
    reason: str | None
    subject_id: str | None
    alert_id: str | None
    refs: tuple[str, ...]
    standing: bool
    ends_at: datetime | None
    signed: bool
    received_at: datetime
    received_by: str
