"""The city's own identity provider (OpenID Connect): authorization code with PKCE, state and nonce, by Authlib."""

from __future__ import annotations

import logging
import secrets
import ssl
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from core.errors import CommandCentreError, UnavailableError

# Authlib would rather have httpx2; the rest of this program, and the pinned Authlib too, work with httpx.
warnings.filterwarnings("ignore", "The httpx module is deprecated", AuthlibDeprecationWarning)
from authlib.integrations.httpx_client import AsyncOAuth2Client  # noqa: E402

log = logging.getLogger(__name__)

ANSWERS_WITHIN_S = 5.0
METADATA_FRESH_FOR_S = 3600.0
CLOCKS_DIFFER_S = 60
_SIGNED_WITH = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
]
"""Never `none`, and never a secret that both sides have."""
_LONGEST_ANSWER_BYTES = 1_000_000
_SCOPE = "openid profile"


class IdentityRefusedError(CommandCentreError):
    """What the identity provider answered is no proof of who somebody is."""

    code = "identity-refused"
    status = 401


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser is sent to the provider with; `nonce` and `verifier` stay here until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


class IdentityProvider:
    """One provider. Everything it is asked goes to the issuer's own origin and nowhere else; redirects are not
    followed. Raises UnavailableError while it cannot be reached."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str | None, scope: str = "", transport: Any = None
    ) -> None:
        self.issuer = issuer
        self._client_id, self._client_secret = client_id, client_secret
        self._scope = " ".join(dict.fromkeys([*_SCOPE.split(), *scope.split()]))
        self._transport = transport
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: KeySet | None = None
        self._tls = ssl.create_default_context() if issuer.startswith("https:") else False

    @property
    def origin(self) -> str:
        """Scheme, host and port of the issuer, for the policy of the pages."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    async def begin(self, redirect_uri: str) -> Errand:
        """The address at the provider, with new secrets."""
        metadata = await self.metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        async with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return Errand(url, state, nonce, verifier)

    async def finish(self, code: str, verifier: str, nonce: str, redirect_uri: str) -> Mapping[str, Any]:
        """The claims about who came back with this code, `sub` among them. Raises IdentityRefusedError."""
        metadata = await self.metadata()
        try:
            async with self._client(redirect_uri) as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                )
                claims = dict(await self._proven(token, nonce))
                if "userinfo_endpoint" in metadata:
                    answer = await client.get(metadata["userinfo_endpoint"])
                    told = self._json(answer)
                    if told.get("sub") != claims["sub"]:
                        raise IdentityRefusedError("userinfo: found another sub than the ID token's")
                    claims = {**told, **claims}
        except httpx.HTTPError as error:
            raise self._away(error) from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            # Whatever the provider sends that is not what it should be: the person is refused, the log says why.
            raise IdentityRefusedError(f"{type(error).__name__}: {str(error)[:200]}") from error
        return claims

    async def leave_url(self, return_to: str) -> str | None:
        """Where a person signs out of the provider as well; None when it has no such place or cannot be asked."""
        try:
            end = (await self.metadata()).get("end_session_endpoint")
        except UnavailableError as error:
            log.warning("signed out here only: %s", error.message)
            return None
        if not end:
            return None
        asked = {"client_id": self._client_id, "post_logout_redirect_uri": return_to}
        return f"{end}?{urlencode(asked)}"

    async def metadata(self) -> Mapping[str, Any]:
        """What the provider says about itself, an hour old at most."""
        now_s = time.monotonic()
        if self._metadata and now_s - self._metadata[0] < METADATA_FRESH_FOR_S:
            return self._metadata[1]
        try:
            async with self._http() as client:
                url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
                found = self._json(await client.get(url))
        except (httpx.HTTPError, ValueError) as error:
            raise self._away(error) from error
        self._refuse_foreign(found)
        # The keys are asked for again as well: one that the provider has withdrawn is not believed for longer.
        self._metadata, self._keys = (now_s, found), None
        return found

    def _refuse_foreign(self, found: Mapping[str, Any]) -> None:
        if found.get("issuer") != self.issuer:
            raise UnavailableError(f"issuer: found {str(found.get('issuer'))[:80]}, expected {self.issuer}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if name not in found:
                raise UnavailableError(f"identity provider: found no {name}, expected one")
        for name in (
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
            "end_session_endpoint",
        ):
            if name in found and not str(found[name]).startswith(self.origin + "/"):
                raise UnavailableError(
                    f"{name}: found {str(found[name])[:80]}, expected an address at {self.origin}"
                )

    async def _proven(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        raw = str(token["id_token"])
        registry = JWSRegistry(algorithms=_SIGNED_WITH, strict_check_header=False)
        try:
            found = jwt.decode(raw, await self._key_set(), registry=registry)
        except (InvalidKeyIdError, ValueError):
            # The provider may have changed its keys since they were fetched.
            found = jwt.decode(raw, await self._key_set(anew=True), registry=registry)
        claims = CodeIDToken(
            found.claims,
            found.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client_id},
                "nonce": {"essential": True, "value": nonce},
                "sub": {"essential": True},
            },
            {"client_id": self._client_id, "nonce": nonce, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=CLOCKS_DIFFER_S)
        if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255:
            raise IdentityRefusedError("sub: found none, expected 1 to 255 characters")
        return dict(claims)

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        if self._keys is None or anew:
            metadata = await self.metadata()
            async with self._http() as client:
                self._keys = KeySet.import_key_set(self._json(await client.get(metadata["jwks_uri"])))  # type: ignore[arg-type]
        return self._keys

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        answer.raise_for_status()
        if len(answer.content) > _LONGEST_ANSWER_BYTES:
            raise ValueError(f"found {len(answer.content)} bytes from the identity provider")
        found = answer.json()
        if not isinstance(found, dict):
            raise ValueError(f"found {type(found).__name__} from the identity provider, expected an object")
        return found

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            timeout=ANSWERS_WITHIN_S, verify=self._tls, trust_env=False, transport=self._transport
        )

    def _client(self, redirect_uri: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self._client_id,
            client_secret=self._client_secret,
            token_endpoint_auth_method="client_secret_basic" if self._client_secret else "none",
            scope=self._scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=ANSWERS_WITHIN_S,
            verify=self._tls,
            trust_env=False,
            transport=self._transport,
        )

    def _away(self, error: Exception) -> UnavailableError:
        return UnavailableError(
            f"身份认证服务不可用 / the identity provider is away: {type(error).__name__}: {error}"
        )
