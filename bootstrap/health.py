"""Is it there? Short questions to the parts of a running system."""

from __future__ import annotations

import http.client
import socket

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bootstrap.settings import Settings


def postgres_answers(url: str) -> bool:
    """A query is answered there within two seconds."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def redis_answers(url: str) -> bool:
    """It answers there within a second and has read its data."""
    once = Retry(NoBackoff(), 0)  # the client's default tries for seconds, and the supervisor waits here
    with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=once) as client:
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):  # BusyLoadingError, still reading, is one of them
            return False


def web_answers(host: str, port: int) -> bool:
    """The web server answers /api/v1/health within two seconds, and not with a server error."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/api/v1/health")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def gateway_listens(settings: Settings) -> bool:
    """Every JT/T 808 port is taken, which its gateway is waited for to do."""
    return not any(port_is_free(settings.gateway_host, port) for port, _ in settings.jt808_listeners)


def port_is_free(host: str, port: int) -> bool:
    """Nothing listens on this TCP port of this address."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT is not "taken"
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
