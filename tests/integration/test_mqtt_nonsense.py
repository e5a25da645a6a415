"""A thousand malformed messages through a real MQTT broker: each is counted, and the sound one after them arrives."""

from __future__ import annotations

import asyncio
import json
import random

import aiomqtt

from dispatch.terminals import Terminal
from intake.batching import Batcher, Message
from intake.counters import IntakeCounters
from intake.mqtt import OwnTracksFollower
from tests.integration.test_gateway import broker
from tests.unit.intake.conftest import City

__all__ = ["broker"]

SOUND = json.dumps(
    {
        "_type": "location",
        "lat": 25.0492,
        "lon": 102.7146,
        "tst": 1787016000,
        "vel": 23,
        "cog": 91,
        "tid": "17",
    }
).encode()
TOPIC = "owntracks/li/phone"
SENT = 1_000


def damaged(rng: random.Random) -> tuple[str, bytes]:
    """A topic and a payload, at least one of them not as OwnTracks makes it; only what MQTT lets anybody publish."""
    payload = bytearray(SOUND)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(payload))
        payload[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
    topic = TOPIC
    if rng.random() < 0.5:
        levels = TOPIC.split("/")
        levels[rng.randrange(3)] = rng.choice(["", " ", "黎", "li" * 400, "\U0001f4f1", "$SYS", ".."])
        topic = "/".join(["owntracks", *levels[1:]] if rng.random() < 0.5 else ["owntracks", *levels])
    return topic, bytes(payload)


def test_a_thousand_malformed_messages_through_a_broker_are_each_counted(broker: int) -> None:
    counters, rng = IntakeCounters(), random.Random(1883)
    known = {t.terminal_id: t for t in City().terminals() if t.protocol == "owntracks"}
    taken: list[Message] = []

    async def find(terminal_id: str) -> Terminal | None:
        return known.get(terminal_id)

    async def scenario() -> None:
        batcher = Batcher(taken.extend)
        url = f"mqtt://127.0.0.1:{broker}"
        follower = OwnTracksFollower(url, "owntracks/#", find, batcher, counters)
        running = [asyncio.create_task(follower.run()), asyncio.create_task(batcher.run())]
        try:
            async with asyncio.timeout(60):
                await follower.connected.wait()
                async with aiomqtt.Client("127.0.0.1", broker) as phone:
                    for _ in range(SENT):
                        topic, payload = damaged(rng)
                        await phone.publish(topic, payload, qos=1)
                    await phone.publish(TOPIC, SOUND, qos=1)
                    while counters.messages("owntracks") < SENT + 1:
                        assert not any(task.done() for task in running), "the follower goes on"
                        await asyncio.sleep(0.02)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    asyncio.run(scenario())
    assert counters.messages("owntracks") == SENT + 1
    malformed = counters.registry.get_sample_value(
        "intake_terminal_messages_total", {"protocol": "owntracks", "outcome": "malformed"}
    )
    assert malformed is not None and malformed > SENT * 0.8
    assert taken[-1][1].fixed_at.timestamp() == 1787016000
