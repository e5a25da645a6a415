"""What every answer tells the browser to refuse."""

from __future__ import annotations


def security_headers(
    image_hosts: tuple[str, ...] = (), script_hashes: tuple[str, ...] = (), form_hosts: tuple[str, ...] = ()
) -> dict[str, str]:
    """Header values by name. `image_hosts` are CSP sources such as `https://t0.tianditu.gov.cn`; a form may
    lead on to `form_hosts` (signing out of an identity provider does)."""
    hashes = [f"'{value.strip(chr(39))}'" for value in script_hashes]
    policy = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *hashes]),
        # Mantine, Leaflet and Dash set style attributes and style elements.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": " ".join(["'self'", "data:", "blob:", *image_hosts]),
        "font-src": "'self' data:",
        # A voice note is heard before it is sent.
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": " ".join(["'self'", *form_hosts]),
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        # A phone says where it is and records a voice note; it takes photos through the system's own camera.
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=(self)",
    }
