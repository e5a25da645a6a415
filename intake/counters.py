"""What came in and what became of it, counted for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, generate_latest


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

        self._messages = Counter(
            "intake_terminal_messages",
            "Messages of terminals by what became of them, each once",
            ["protocol", "outcome"],
            registry=registry,
        )
        self._malformed = Counter(
            "intake_terminal_malformed",
            "Messages of terminals that could not be read",
            ["protocol", "reason"],
            registry=registry,
        )

        self._connections = Gauge(
            "intake_terminal_connections", "Terminals connected now", ["protocol"], registry=registry
        )
        self._closed = Counter(
            "intake_terminal_closed",
            "Connections of terminals ended",
            ["protocol", "reason"],
            registry=registry,
        )

    @property
    def registry(self) -> CollectorRegistry:
        """Where these counters are, for a process without the web server."""
        return self._registry

    def accepted(self, route: str, count: int = 1) -> None:
        self._accepted.labels(route).inc(count)

    def duplicates(self, route: str, count: int) -> None:
        self._duplicates.labels(route).inc(count)

    def quarantined(self, route: str, reasons: Iterable[str]) -> None:
        for reason in reasons:
            self._quarantined.labels(route, reason).inc()

    def refused(self, route: str, code: str) -> None:
        self._refused.labels(route, code).inc()

    def message(self, protocol: str, outcome: str, count: int = 1) -> None:
        """Messages of terminals that were read, with what became of them."""
        if count:
            self._messages.labels(protocol, outcome).inc(count)

    def malformed(self, protocol: str, reason: str) -> None:
        """A terminal's message that could not be read."""
        self._messages.labels(protocol, "malformed").inc()
        self._malformed.labels(protocol, reason).inc()

    def connected(self, protocol: str) -> None:
        """A terminal connected."""
        self._connections.labels(protocol).inc()

    def disconnected(self, protocol: str, reason: str) -> None:
        """A terminal that had connected is gone, or was sent away."""
        self._connections.labels(protocol).dec()
        self._closed.labels(protocol, reason).inc()

    def messages(self, protocol: str) -> float:
        """How many messages of this protocol there were, malformed ones included."""
        return sum(
            sample.value
            for metric in self._messages.collect()
            for sample in metric.samples
            if sample.name.endswith("_total") and sample.labels["protocol"] == protocol
        )

    def exposition(self) -> bytes:
        """These counters and what the process registered otherwise, in Prometheus' text format."""
        return generate_latest(REGISTRY) + generate_latest(self._registry)
