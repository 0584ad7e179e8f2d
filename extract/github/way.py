"""PyGithub's connections, led the way that the settings of a forge say.

PyGithub lets its classes of connections be replaced, and hands `verify` on to each connection that it makes, also to
those by which an app asks for its own tokens. So `verify` is where the way to the server travels along.
"""

from __future__ import annotations

from typing import Any

from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse

from extract.reach import Reach


class Way(str):
    """The file of the authorities to trust, which knows the rest of the way."""

    reach: Reach
    __slots__ = ("reach",)

    def __new__(cls, reach: Reach) -> Way:
        way = super().__new__(cls, reach.access.ca_file)
        way.reach = reach
        return way


class Plain(HTTPRequestsConnectionClass):
    """Over HTTP."""

    def getresponse(self) -> RequestsResponse:
        return _led(self, self.verify) if isinstance(self.verify, Way) else super().getresponse()


class Secure(HTTPSRequestsConnectionClass):
    """Over TLS."""

    def getresponse(self) -> RequestsResponse:
        return _led(self, self.verify) if isinstance(self.verify, Way) else super().getresponse()


def _led(connection: Plain | Secure, way: Way) -> RequestsResponse:
    """As PyGithub sends it, said with each request: a session's own settings give way to those of the environment."""
    told: Any = connection.session.request(
        connection.verb, f"{connection.protocol}://{connection.host}:{connection.port}{connection.url}",
        headers=way.reach.lead(connection.headers), data=connection.input, timeout=connection.timeout,
        verify=way.reach.verify, proxies=way.reach.proxies, allow_redirects=False,
    )  # fmt: skip
    return RequestsResponse(told)


Requester.injectConnectionClasses(Plain, Secure)
