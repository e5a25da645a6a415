"""The phone: the list follows the live feed; acknowledging an alert and lending a unit are what it may do."""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from dash import Dash

from dashboard.callbacks.acknowledging import acknowledged, given_back
from dashboard.callbacks.asking import answer_requests
from dashboard.callbacks.assisting import assisted
from dashboard.callbacks.noting import noted
from dashboard.callbacks.subject import show_subject
from dashboard.ids import Phone
from dashboard.layouts.alert_panel import phone_alert
from dashboard.layouts.incident_panel import phone_detail
from operations.ports import Ports


def register(app: Dash, ports: Ports, zone: ZoneInfo) -> None:
    """Ties what the phone asks to what it shows and does."""
    show_subject(
        app,
        Phone.LIVE_SUBJECT,
        Phone.LIVE_SHOWN,
        ports,
        lambda view: phone_detail(view, zone),
        lambda view: phone_alert(view, zone),
    )

    answer_requests(app, Phone.ASK_NOTE, Phone.OUTCOME, "note", partial(noted, ports), zone)
    answer_requests(app, Phone.ASK_ASSISTANCE, Phone.OUTCOME, "assistance", partial(assisted, ports), zone)
    answer_requests(
        app, Phone.ASK_ACKNOWLEDGE, Phone.OUTCOME, "acknowledge", partial(acknowledged, ports), zone
    )
    answer_requests(
        app, Phone.ASK_UNACKNOWLEDGE, Phone.OUTCOME, "unacknowledge", partial(given_back, ports), zone
    )
