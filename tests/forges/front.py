"""What stands between us and a forge: a server in front of it, with a certificate of a private authority, below a folder or
behind a password; and a proxy, which passes on requests and opens tunnels. Both note what they saw."""

from __future__ import annotations

import base64
import select
import socket
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

from extract.sandbox.handler import read_body

PASSED_ON = (
    "authorization", "private-token", "content-type", "content-encoding", "if-none-match", "accept", "git-protocol",
)  # fmt: skip
GIVEN_BACK = ("content-type", "etag", "x-total-count", "x-next-page", "retry-after", "www-authenticate")
BLOCK = 1 << 16


@dataclass
class Server:
    """On loopback, while the `with` block runs."""

    seen: list[str] = field(default_factory=list, init=False)
    """Paths, or addresses of a proxy, in the order in which they were asked for."""
    shown: set[str] = field(default_factory=set, init=False)
    """Command lines of all processes while a request of git's was answered."""

    def __enter__(self):
        handler = type("Bound", (self.handler,), {"front": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.wrap()
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def wrap(self) -> None:
        """Nothing comes around a connection."""

    def note(self, path: str) -> None:
        self.seen.append(path)
        if ".git/" in path or path.startswith("CONNECT"):
            self.shown |= {line for file in Path("/proc").glob("[0-9]*/cmdline") if (line := read(file))}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


def read(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:  # it has ended by now
        return ""


class Handler(BaseHTTPRequestHandler):
    """Passes on what it is asked, by whom it serves."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.pass_on(read_body(self))

    def do_POST(self) -> None:
        self.pass_on(read_body(self))

    def log_message(self, format: str, *_: object) -> None:
        """Says nothing."""

    def ask(self, url: str, headers: dict[str, str], body: bytes) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(self.command, url, headers=headers, data=body, allow_redirects=False)

    def passed_on(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name.lower() in PASSED_ON}

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def give_back(self, told: requests.Response, content: bytes) -> None:
        kept = {name: told.headers[name] for name in GIVEN_BACK if name in told.headers}
        self.send(told.status_code, kept, content)


class FrontHandler(Handler):
    front: Front

    def pass_on(self, body: bytes) -> None:
        front = self.front
        front.note(self.path)
        if front.slow_answers > 0:
            front.slow_answers -= 1
            time.sleep(front.slow_seconds)
        if front.door and self.headers.get("Authorization") != basic(front.door):
            self.send(401, {"WWW-Authenticate": 'Basic realm="door"', "Content-Type": "text/html"}, b"<p>Who are you?")
        elif front.sends_elsewhere:
            self.send(302, {"Location": front.sends_elsewhere}, b"")
        elif not self.path.startswith(front.folder):
            self.send(404, {"Content-Type": "text/html"}, b"<p>Nothing here.")
        else:
            told = self.ask(front.behind + self.path.removeprefix(front.folder), self.inside(), body)
            # the forge knows by what address it is reached, and names itself by that
            self.give_back(told, told.content.replace(front.behind.encode(), front.url.encode()))

    def inside(self) -> dict[str, str]:
        """The headers that the forge gets: its own Authorization, if it came by another name."""
        headers = self.passed_on()
        if self.front.door:
            headers.pop("Authorization", None)
        if self.front.passes_on and self.front.passes_on in self.headers:
            headers["Authorization"] = self.headers[self.front.passes_on]
        return headers


@dataclass
class Front(Server):
    """`folder` is taken off the path; `door` is USER:PASSWORD; with a folder for `keys` it speaks TLS."""

    behind: str
    folder: str = ""
    door: str = ""
    passes_on: str = ""
    """Header that the forge gets as Authorization."""
    keys: Path | None = None
    sends_elsewhere: str = ""
    slow_answers: int = 0
    """So many requests are answered only after `slow_seconds`."""
    slow_seconds: float = 0.5
    handler = FrontHandler

    def wrap(self) -> None:
        if self.keys is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*signed(self.keys))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    @property
    def url(self) -> str:
        scheme = "http" if self.keys is None else "https"
        return f"{scheme}://127.0.0.1:{self.server.server_port}{self.folder}"

    @property
    def authority(self) -> str:
        return str(self.keys / "authority.pem") if self.keys else ""


class ProxyHandler(Handler):
    front: Proxy

    def do_CONNECT(self) -> None:
        self.front.note(f"CONNECT {self.path}")
        if self.is_let_in():
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as there:
                self.send_response(200)
                self.end_headers()
                tunnel(self.connection, there)
            self.close_connection = True

    def pass_on(self, body: bytes) -> None:
        self.front.note(self.path)
        if self.is_let_in():
            told = self.ask(self.path, self.passed_on(), body)
            self.give_back(told, told.content)

    def is_let_in(self) -> bool:
        door = self.front.door
        if door and self.headers.get("Proxy-Authorization") != basic(door):
            self.send(
                407, {"Proxy-Authenticate": 'Basic realm="proxy"', "Content-Type": "text/html"}, b"<p>Who are you?"
            )
            return False
        return True


@dataclass
class Proxy(Server):
    """`door` is USER:PASSWORD."""

    door: str = ""
    handler = ProxyHandler


def tunnel(here: socket.socket, there: socket.socket) -> None:
    """Both ways, until one side has said all."""
    other = {here: there, there: here}
    while True:
        for side in select.select([here, there], [], [])[0]:
            block = side.recv(BLOCK)
            if not block:
                return
            other[side].sendall(block)


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


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
