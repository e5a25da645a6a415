"""What came in and what became of it, counted for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import REGISTRY, CollectorRegistry, Counter, generate_latest


class IntakeCounters:
    """Counters of one application. `route` is the path template, so that ids never become labels."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        # Its own, because a process may build several applications (tests do).
        self._registry = registry = registry or CollectorRegistry()
        self._accepted = Counter("intake_accepted", "Items stored", ["route"], registry=registry)
        self._duplicates = Counter(
            "intake_duplicates", "Items that had been stored before", ["route"], registry=registry
        )
        self._quarantined = Counter(
            "intake_quarantined", "Items that make no sense", ["route", "reason"], registry=registry
        )
        self._refused = Counter(
            "intake_refused", "Requests answered with a problem", ["route", "code"], registry=registry
        )

    def accepted(self, route: str, count: int = 1) -> None:
        self._accepted.labels(route).inc(count)

    def duplicates(self, route: str, count: int) -> None:
        self._duplicates.labels(route).inc(count)

    def quarantined(self, route: str, reasons: Iterable[str]) -> None:
        for reason in reasons:
            self._quarantined.labels(route, reason).inc()

    def refused(self, route: str, code: str) -> None:
        self._refused.labels(route, code).inc()

    def exposition(self) -> bytes:
        """These counters and what the process registered otherwise, in Prometheus' text format."""
        return generate_latest(REGISTRY) + generate_latest(self._registry)
