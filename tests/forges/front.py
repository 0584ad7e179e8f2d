"""A server that stands in front of a forge: with a certificate of a private authority, below a folder, behind a password,
or as a proxy. It passes on what it is asked."""

from __future__ import annotations

import base64
import ssl
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSED_ON = ("authorization", "private-token", "content-type", "if-none-match", "accept")


@dataclass
class Front:
    """`folder` is taken off the path; `door` is USER:PASSWORD; with `folder_for_keys` it speaks TLS."""

    behind: str
    folder: str = ""
    door: str = ""
    keys: Path | None = None
    sends_elsewhere: str = ""
    slow_answers: int = 0
    """So many requests are answered only after half a second."""
    seen: list[str] = field(default_factory=list)

    def __enter__(self) -> Front:
        handler = type("Bound", (Handler,), {"front": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        if self.keys is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*signed(self.keys))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        scheme = "http" if self.keys is None else "https"
        return f"{scheme}://127.0.0.1:{self.server.server_port}{self.folder}"

    @property
    def authority(self) -> str:
        return str(self.keys / "authority.pem") if self.keys else ""


class Handler(BaseHTTPRequestHandler):
    front: Front
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, format: str, *_: object) -> None:
        """Says nothing."""

    def _pass_on(self) -> None:
        front, body = self.front, self.rfile.read(int(self.headers.get("Content-Length", "0")))
        front.seen.append(self.path)
        if front.slow_answers > 0:
            front.slow_answers -= 1
            time.sleep(0.5)
        wanted = "Basic " + base64.b64encode(front.door.encode()).decode()
        if front.door and self.headers.get("Authorization") != wanted:
            self._send(401, {"WWW-Authenticate": 'Basic realm="door"', "Content-Type": "text/html"}, b"<p>Who are you?")
            return
        if front.sends_elsewhere:
            self._send(302, {"Location": front.sends_elsewhere}, b"")
            return
        if not self.path.startswith((front.folder, "http://")):
            self._send(404, {"Content-Type": "text/html"}, b"<p>Nothing here.")
            return
        url = self.path if self.path.startswith("http://") else front.behind + self.path.removeprefix(front.folder)
        headers = {name: value for name, value in self.headers.items() if name.lower() in PASSED_ON}
        if front.door:
            headers.pop("Authorization", None)
        with requests.Session() as session:
            session.trust_env = False
            told = session.request(self.command, url, headers=headers, data=body, allow_redirects=False)
        kept = ("content-type", "etag", "x-total-count", "x-next-page", "retry-after")
        self._send(told.status_code, {name: told.headers[name] for name in kept if name in told.headers}, told.content)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def signed(folder: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 by an authority of our own, with its key."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = certificate("authority", "authority", authority_key.public_key(), authority_key, is_authority=True)
    server = certificate("server", "authority", key.public_key(), authority_key, is_authority=False)
    (folder / "authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    (folder / "server.pem").write_bytes(server.public_bytes(serialization.Encoding.PEM))
    plain = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    (folder / "server.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return str(folder / "server.pem"), str(folder / "server.key")


def certificate(
    name: str, issuer: str, public: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    named = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer)]
    return (
        x509.CertificateBuilder()
        .subject_name(named[0])
        .issuer_name(named[1])
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(signer, hashes.SHA256())
    )
