"""Every component id of the faces, `face-noun-part`; the scripts get the same names with the page.

`ASK_…`, `LIVE_…` and `OUTCOME` name what callbacks are asked by and what they put out: the scripts call these
themselves (assets/live-asking.js), so no component stands for them on the page.
"""

from __future__ import annotations

from enum import StrEnum


class Wall(StrEnum):
    """Components of the wall."""

    ROOT = "wall-page-root"
    MAP = "wall-map-view"
    TRUTH = "wall-truth-banner"
    SCENE = "wall-scene-title"
    DRILL = "wall-drill-label"
    FEEDS = "wall-feeds-ages"
    RESPONSE = "wall-response-figure"
    TREND = "wall-response-trend"
    QUEUE = "wall-queue-list"
    LEVEL = "wall-response-level"
    LOAD = "wall-alarm-load"
    GRADES = "wall-grade-counts"
    UNITS = "wall-units-counts"
    COVERAGE = "wall-coverage-figure"


class Desk(StrEnum):
    """Components of the duty officer's desk."""

    ROOT = "desk-page-root"
    MAP = "desk-map-view"
    LIVE_SUBJECT = "desk-live-subject"
    LIVE_SHOWN = "desk-live-shown"
    LIVE_PLACES = "desk-live-places"
    LIVE_SIMILAR = "desk-live-similar"
    LIVE_FIXES = "desk-live-fixes"
    TRUTH = "desk-truth-banner"
    DRILL = "desk-drill-label"
    FEEDS = "desk-feeds-ages"
    RESPONSE = "desk-response-figure"
    QUEUE = "desk-queue-list"
    LEVEL = "desk-level-chip"
    LEVELS = "desk-levels-sheet"
    LEVELS_LIST = "desk-levels-list"
    LOAD = "desk-alarm-load"
    WALL = "desk-wall-sheet"
    WALL_LIST = "desk-wall-scenes"
    WATER = "desk-water-counts"
    UNITS = "desk-units-counts"
    COVERAGE = "desk-coverage-figure"
    MOVE_UP = "desk-moveup-list"
    ASSISTANCE = "desk-assistance-list"
    UNIT_CARD = "desk-unit-card"
    PANEL = "desk-incident-panel"
    CALL = "desk-call-form"
    CLOSING = "desk-closing-form"
    CLOSURES_LIST = "desk-closures-list"
    CALL_PLACES = "desk-call-places"
    CALL_SIMILAR = "desk-call-similar"
    BOARD = "desk-board-sheet"
    BOARD_UNITS = "desk-board-units"
    BOARD_ALERTS = "desk-board-alerts"
    COMMANDS = "desk-command-bar"
    COMMANDS_LIST = "desk-command-list"
    HELP = "desk-keys-help"
    TOASTS = "desk-outcome-toasts"
    OUTCOME = "desk-outcome-latest"
    ASK_RECOMMEND = "desk-ask-recommend"
    ASK_DISPATCH = "desk-ask-dispatch"
    ASK_STAND_DOWN = "desk-ask-standdown"
    ASK_ACKNOWLEDGE = "desk-ask-acknowledge"
    ASK_UNACKNOWLEDGE = "desk-ask-unacknowledge"
    ASK_SHELVE = "desk-ask-shelve"
    ASK_UNSHELVE = "desk-ask-unshelve"
    ASK_ESCALATE = "desk-ask-escalate"
    ASK_ALL_CLEAR = "desk-ask-allclear"
    ASK_RESPONSE_LEVEL = "desk-ask-responselevel"
    ASK_PASSABILITY = "desk-ask-passability"
    ASK_CLOSE = "desk-ask-close"
    ASK_CALL = "desk-ask-call"
    ASK_MOVE_UP = "desk-ask-moveup"
    ASK_CLOSE_ROAD = "desk-ask-closeroad"
    ASK_REOPEN_ROAD = "desk-ask-reopenroad"
    ASK_ASSISTANCE = "desk-ask-assistance"
    ASK_WALL_SCENE = "desk-ask-wallscene"
    ASK_NOTE = "desk-ask-note"
    ASK_PLACES = "desk-ask-places"
    ASK_SIMILAR = "desk-ask-similar"
    ASK_FIXES = "desk-ask-fixes"
    ASK_ALERTS = "desk-ask-alerts"
    ASK_UNIT_STATUS = "desk-ask-unitstatus"


class Phone(StrEnum):
    """Components of the phone of a district sub-centre."""

    ROOT = "phone-page-root"
    MAP = "phone-map-view"
    LIVE_SUBJECT = "phone-live-subject"
    LIVE_SHOWN = "phone-live-shown"
    TRUTH = "phone-truth-banner"
    DRILL = "phone-drill-label"
    QUEUE = "phone-queue-list"
    DUTY = "phone-duty-card"
    NEAR = "phone-near-row"
    OUTBOX = "phone-outbox-list"
    BAR = "phone-bottom-bar"
    SCENE = "phone-scene-bar"
    REPORT = "phone-report-form"
    REPORT_PLACE = "phone-report-place"
    REPORT_MEDIA = "phone-report-media"
    ASSISTANCE = "phone-assistance-list"
    LEVEL = "phone-response-level"
    WATER = "phone-water-counts"
    PANEL = "phone-incident-panel"
    TOASTS = "phone-outcome-toasts"
    OUTCOME = "phone-outcome-latest"
    ASK_ACKNOWLEDGE = "phone-ask-acknowledge"
    ASK_UNACKNOWLEDGE = "phone-ask-unacknowledge"
    ASK_ASSISTANCE = "phone-ask-assistance"
    ASK_NOTE = "phone-ask-note"


class Analysis(StrEnum):
    """Components of the analyst's page."""

    ROOT = "analysis-page-root"
    PERIOD = "analysis-period-choice"
    REPORT = "analysis-report-body"
    DOWNLOAD_RULES = "analysis-download-rules"
    DOWNLOAD_ALERTS = "analysis-download-alerts"
    ASKED_RULES = "analysis-asked-rules"
    ASKED_ALERTS = "analysis-asked-alerts"


class Replay(StrEnum):
    """Components of the page that looks back."""

    ROOT = "replay-page-root"
    MAP = "replay-map-view"
    LIVE_SUBJECT = "replay-live-subject"
    LIVE_SHOWN = "replay-live-shown"
    UNIT_CARD = "replay-unit-card"
    QUEUE = "replay-queue-list"
    WATER = "replay-water-counts"
    UNITS = "replay-units-counts"
    LEVEL = "replay-response-level"
    PANEL = "replay-incident-panel"
    STATE = "replay-link-state"
    TRACK = "replay-time-track"
    PERIOD = "replay-period-choice"
    SPEED = "replay-speed-choice"
    HELP = "replay-keys-help"


class HandOver(StrEnum):
    """Components of the page on which a shift is handed over."""

    ROOT = "handover-page-root"
    REFRESH = "handover-refresh-button"
    SAID = "handover-outcome-words"
    EARLIER = "handover-earlier-list"
    BODY = "handover-summary-body"
    REMARK = "handover-remark-text"
    GIVE = "handover-give-button"
    ACCEPT = "handover-accept-button"
    KEY = "handover-request-key"
    PENDING = "handover-pending-id"
    DONE = "handover-done-id"


FaceIds = type[Wall] | type[Desk] | type[Phone] | type[Analysis] | type[Replay] | type[HandOver]


def as_json(ids: FaceIds) -> dict[str, str]:
    """Name to id, as the page hands it to the scripts."""
    return {member.name: member.value for member in ids}
