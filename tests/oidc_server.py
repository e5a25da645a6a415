"""A real OpenID Connect provider for the tests: npm's oidc-provider, run by node on this machine."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

VERSION = "9.13.3"
FOLDER = Path(__file__).parent.parent / "build" / f"oidc-provider-{VERSION}"
INSTALLS_WITHIN_S, STARTS_WITHIN_S = 180, 30


def installed() -> Path:
    """The folder that holds the package; installed by npm when it is not there. Skips the test without node, npm or
    the way to a registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("found no node and npm, so no real OpenID Connect provider to sign in at")
    if not (FOLDER / "node_modules" / "oidc-provider" / "lib" / "index.js").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "package.json").write_text("{}")
        said = subprocess.run(
            [
                "npm",
                "install",
                "--no-save",
                "--no-package-lock",
                "--no-audit",
                "--no-fund",
                f"oidc-provider@{VERSION}",
            ],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=INSTALLS_WITHIN_S,
            check=False,
        )
        if said.returncode:
            pytest.skip(f"npm could not install oidc-provider {VERSION}: {said.stderr[-300:]}")
    return FOLDER


@contextmanager
def provider(clients: list[dict[str, Any]], people: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The issuer of a provider that runs until the end of the block; whoever is among `people` signs in by name."""
    folder = installed()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = json.dumps({"clients": clients, "people": people})
    script = str(Path(__file__).parent / "oidc_provider.mjs")
    command = ["node", script, str(folder), str(port), config]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "ready":
                break
        else:
            raise AssertionError(
                f"the provider ended with {process.wait(STARTS_WITHIN_S)} before it was ready"
            )
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=STARTS_WITHIN_S)


def sign_in_there(url: str, sub: str) -> str:
    """What a person does at the provider, in a browser of its own: signs in, agrees; where it sends them back to."""
    with httpx.Client(timeout=10) as browser:
        answer = browser.get(url)
        for _ in range(12):
            if answer.is_redirect:
                target = str(answer.next_request.url) if answer.next_request else ""
                if not target.startswith(url.split("/auth")[0]):
                    return target
                answer = browser.get(target)
                continue
            assert answer.status_code == 200, answer.text[:500]
            action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
            assert action and prompt, answer.text[:500]
            form = {"prompt": prompt[1], "login": sub, "password": "any"}
            answer = browser.post(str(answer.url.join(action[1])), data=form)
    raise AssertionError("the provider never sent the browser back")
