"""The desk: each thing a duty officer asks for is one operation, answered with one notice."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output

from alerts.model import Passability
from core.actor import Actor
from core.geo import LonLat
from dashboard.callbacks.asking import Request, answer_requests
from dashboard.callbacks.following import follow
from dashboard.callbacks.subject import show_subject
from dashboard.ids import Desk
from dashboard.language import named, t
from dashboard.layouts.incident_panel import desk_panel
from dashboard.view_models.notices import Notice
from dashboard.view_models.places import pasted_place
from dashboard.view_models.reasons import TAKEN_BACK
from dashboard.view_models.timeline import PASSABILITY
from operations.accept_move_up import AcceptMoveUp, accept_move_up
from operations.acknowledge_alert import AcknowledgeAlert, acknowledge_alert
from operations.close_incident import CloseIncident, close_incident
from operations.dispatch_units import DispatchUnits, dispatch_units
from operations.ports import Ports
from operations.report_passability import ReportPassability, report_passability
from operations.request_recommendation import request_recommendation
from operations.stand_down_unit import StandDownUnit, stand_down_unit
from operations.take_call import TakeCall, take_call


def register(
    app: Dash, ports: Ports, to_wgs84: Callable[[float, float, str], LonLat], zone: ZoneInfo
) -> None:
    """Ties the desk's stores to what it shows and does."""
    follow(
        app,
        {
            (Desk.LIVE_LINK, Desk.LIVE_HEALTH): (Desk.TRUTH, "shared", "truth"),
            (Desk.LIVE_CLOCK,): (Desk.DRILL, "shared", "drill"),
            (Desk.LIVE_HEALTH, Desk.LIVE_LINK): (Desk.FEEDS, "shared", "feeds"),
            (Desk.LIVE_METRICS,): (Desk.RESPONSE, "desk", "response"),
            (Desk.LIVE_INCIDENTS,): (Desk.QUEUE, "desk", "queue"),
            (Desk.LIVE_ALERTS,): (Desk.WATER, "shared", "water"),
            (Desk.LIVE_UNITS,): (Desk.UNITS, "shared", "units"),
            (Desk.LIVE_COVERAGE,): (Desk.COVERAGE, "coverage", "figure"),
            (Desk.UNIT_SELECTED,): (Desk.UNIT_CARD, "desk", "unit"),
            (Desk.OUTCOME,): (Desk.TOASTS, "shared", "toasts"),
        },
    )
    follow(app, {(Desk.LIVE_COVERAGE,): (Desk.MOVE_UP, "coverage", "moves")})
    show_subject(app, Desk.LIVE_SUBJECT, Desk.PANEL, ports, lambda view: desk_panel(view, zone))

    def recommend(actor: Actor, request: Request) -> Notice:
        request_recommendation(ports, actor, request["incident_id"])
        return Notice("quiet", "", "recommend")

    def dispatch(actor: Actor, request: Request) -> Notice:
        sent = dispatch_units(
            ports,
            actor,
            DispatchUnits(
                incident_id=request["incident_id"],
                unit_ids=(request["unit_id"],),
                recommendation_id=request.get("recommendation_id"),
                override_reason=request.get("override_reason") or None,
            ),
        )
        callsigns = " ".join(a.callsign for a in sent)
        return Notice(
            "done", t("已出警：{callsigns}", callsigns=callsigns), "dispatch", [a.assignment_id for a in sent]
        )

    def stand_down(actor: Actor, request: Request) -> Notice:
        ended = stand_down_unit(
            ports, actor, StandDownUnit(assignment_id=request["assignment_id"], reason=TAKEN_BACK)
        )
        return Notice("done", t("已撤回：{callsign}", callsign=ended.callsign), "stand_down")

    def acknowledge(actor: Actor, request: Request) -> Notice:
        alert = acknowledge_alert(ports, actor, AcknowledgeAlert(alert_id=request["alert_id"], note=None))
        name = named({"name_zh": alert.name_zh, "name_en": alert.name_en})
        return Notice("done", t("已确认：{name}", name=name), "acknowledge")

    def set_passability(actor: Actor, request: Request) -> Notice:
        passability = Passability(request["passability"])
        report_passability(
            ports,
            actor,
            ReportPassability(
                point_id=request["point_id"],
                passability=passability,
                observed_at=ports.clock.now(),
                source=actor.name,
                note=None,
            ),
        )
        return Notice("done", t("道路已设为{state}", state=t(PASSABILITY[passability])), "passability")

    def close(actor: Actor, request: Request) -> Notice:
        closed = close_incident(ports, actor, CloseIncident(incident_id=request["incident_id"], note=None))
        return Notice("done", t("已销警：{number}", number=closed.number), "close")

    def take(actor: Actor, request: Request) -> Notice:
        pasted = pasted_place(request["coordinates"])
        place = to_wgs84(pasted.lon, pasted.lat, request["frame"])
        taken = take_call(
            ports,
            actor,
            TakeCall(
                idempotency_key=request["key"],
                category=request["category"],
                place=place,
                caller=request.get("caller", ""),
                text=request.get("text", ""),
                received_at=ports.clock.now(),
            ),
        )
        return Notice(
            "done",
            t("已接警：{number}", number=taken.incident_number),
            "call",
            opens=taken.incident_id,
        )

    def move_up(actor: Actor, request: Request) -> Notice:
        ordered = accept_move_up(ports, actor, AcceptMoveUp(request["unit_id"], request["grid"]))
        return Notice("done", t("已命令补位：{callsign}", callsign=ordered.callsign), "move_up")

    for asked, name, action in (
        (Desk.ASK_RECOMMEND, "recommend", recommend),
        (Desk.ASK_DISPATCH, "dispatch", dispatch),
        (Desk.ASK_STAND_DOWN, "stand_down", stand_down),
        (Desk.ASK_ACKNOWLEDGE, "acknowledge", acknowledge),
        (Desk.ASK_PASSABILITY, "passability", set_passability),
        (Desk.ASK_CLOSE, "close", close),
        (Desk.ASK_CALL, "call", take),
        (Desk.ASK_MOVE_UP, "move_up", move_up),
    ):
        answer_requests(app, asked, Desk.OUTCOME, name, action, zone)
    # The call form is cleared or kept by what became of it; the script owns the form.
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("desk", "settle"),
        Output(Desk.CALL, "data-settled"),
        Input(Desk.OUTCOME, "data"),
        prevent_initial_call=True,
    )
