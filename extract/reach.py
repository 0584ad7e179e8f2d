"""How the server of a forge is reached: authorities, proxies, a server in front that wants a password.

Requests and git go the same way, and no secret stands in an address or on a command line. Errors name the setting of
forbenefit.toml to look at.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from requests import RequestException, exceptions

from extract.errors import ExtractError, NeedsAPerson, Strained
from extract.source import Access, Source

PROXIES = ("https_proxy", "http_proxy")


@dataclass(frozen=True)
class Reach:
    """The way to one forge. `front` is user and password for a server in front of it, `proxy` has those of the proxy."""

    forge: str
    base_url: str
    access: Access
    front: tuple[str, str] | None = field(default=None, repr=False)
    proxy: str = field(default="", repr=False)

    @property
    def verify(self) -> str | bool:
        """What requests verifies certificates with."""
        return self.access.ca_file or True

    @property
    def proxies(self) -> dict[str, str] | None:
        """As requests takes them; None leaves those of the environment."""
        return dict.fromkeys(("http", "https"), self.proxy) if self.proxy else None

    @property
    def server(self) -> str:
        return urlsplit(self.base_url).netloc

    def lead(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a request as they go out: where the server in front has Authorization, the forge's own goes by
        the name that it passes on."""
        if self.front is None:
            return dict(headers)
        own = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        signed = [value for name, value in headers.items() if name.lower() == "authorization"]
        if signed and self.access.token_header:
            own[self.access.token_header] = signed[0]
        return {**own, "Authorization": basic(*self.front)}

    def git_headers(self, url: str, user: str, secret: str) -> tuple[str, ...]:
        """What lets git in at an address of the forge where the API lets us in; the front's password goes to its own
        server alone."""
        headers = {"Authorization": basic(user, secret)} if secret else {}
        if urlsplit(url).netloc == self.server:
            headers = self.lead(headers)
        return tuple(f"{name}: {value}" for name, value in headers.items())

    def git_environment(self) -> dict[str, str]:
        """Authority and proxy for git, as variables of its environment."""
        authority = {"GIT_SSL_CAINFO": self.access.ca_file} if self.access.ca_file else {}
        # a proxy that was asked for is also used for hosts that the environment exempts from its own
        ours = {**dict.fromkeys(PROXIES, self.proxy), "no_proxy": "", "NO_PROXY": "", "HTTPS_PROXY": self.proxy}
        return {**authority, **(ours if self.proxy else {})}

    def explained(self, error: Exception) -> ExtractError:
        """What an error of requests means, and what to do about it."""
        if isinstance(error, exceptions.SSLError):
            return NeedsAPerson(
                f"The certificate of {self.server} is not signed by an authority that this machine trusts, or is for "
                f"another name. Put its authority's certificates in a PEM file and name that in ca_file of {self.forge}."
            )
        if isinstance(error, exceptions.ProxyError):
            return self._of_proxy(error)
        if isinstance(error, exceptions.InvalidProxyURL):
            return NeedsAPerson(f"proxy of {self.forge} is no address: write http://HOST:PORT.")
        if isinstance(error, (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.MissingSchema)):
            return NeedsAPerson(f"base_url of {self.forge} is no address: write https://HOST/PATH.")
        if isinstance(error, RequestException):
            return Strained(
                f"{self.forge} at {self.base_url} cannot be reached ({type(error).__name__}). Check the network and "
                "base_url; what was received is kept and the next run continues there."
            )
        return NeedsAPerson(f"ca_file of {self.forge} cannot be read. Give it a PEM file that is there.")

    def _of_proxy(self, error: Exception) -> ExtractError:
        if "failed: 407" in str(error):  # of a tunnel; elsewhere it may be part of a port
            return self.wants_proxy_password()
        return Strained(
            f"The proxy before {self.server} cannot be used. Check proxy of {self.forge}, or the proxy variables of the "
            "environment."
        )

    def wants_proxy_password(self) -> NeedsAPerson:
        variable = self.access.proxy_auth_variable
        todo = (
            f"Check {variable}" if variable else f"Name a variable with USER:PASSWORD in proxy_auth_env of {self.forge}"
        )
        return NeedsAPerson(f"The proxy before {self.server} wants a user and password. {todo} and run again.")

    def check_door(self, status: int, headers: Mapping[str, object], *, is_json: bool) -> None:
        """Raises NeedsAPerson for a refusal that is not the forge's own, but that of a proxy or a server in front."""
        if status == 407:
            raise self.wants_proxy_password()
        if is_door(status, headers, is_json=is_json):
            variable = self.access.basic_auth_variable
            todo = (
                f"Check {variable}"
                if variable
                else f"Name a variable with USER:PASSWORD in basic_auth_env of {self.forge}"
            )
            raise NeedsAPerson(f"A server in front of {self.forge} wants a user and password. {todo} and run again.")


def reach(source: Source, environment: Mapping[str, str]) -> Reach:
    """The way to the forge of a source, with what the variables hold that its settings name."""
    access = source.access
    front, proxy = _pair(environment, access.basic_auth_variable), access.proxy
    known = _pair(environment, access.proxy_auth_variable)
    if proxy and known:
        where = urlsplit(proxy)
        proxy = f"{where.scheme}://{quote(known[0], safe='')}:{quote(known[1], safe='')}@{where.netloc}"
    return Reach(source.forge, source.base_url, access, front, proxy)


def is_door(status: int, headers: Mapping[str, object], *, is_json: bool) -> bool:
    """Whether a server in front refuses, which forges do in JSON themselves."""
    return status == 401 and _said(headers, "www-authenticate").startswith("basic") and not is_json


def _said(headers: Mapping[str, object], name: str) -> str:
    return next((str(value).lower() for key, value in headers.items() if key.lower() == name), "")


def _pair(environment: Mapping[str, str], variable: str) -> tuple[str, str] | None:
    user, _, password = environment.get(variable, "").partition(":")
    return (user, password) if user else None


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
