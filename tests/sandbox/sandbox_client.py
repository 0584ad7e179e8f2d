"""A plain client for the stories of the sandbox forge."""

from __future__ import annotations

from typing import Any

import requests

from extract.sandbox.server import SandboxForge

REPOSITORY = "commons/bazaar"


class Client:
    """Asks the forge as any program would."""

    def __init__(self, forge: SandboxForge) -> None:
        self.forge = forge
        self.session = requests.Session()
        self.session.headers["Authorization"] = "bearer sandbox-token"

    def post(self, query: str, **variables: Any) -> requests.Response:
        return self.session.post(
            f"{self.forge.web_url}/api/graphql", json={"query": query, "variables": variables}, timeout=30
        )

    def ask(self, query: str, **variables: Any) -> Any:
        said = self.post(query, **variables).json()
        assert "errors" not in said, said["errors"]
        return said["data"]

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(f"{self.forge.base_url}{path}", headers=headers, timeout=30)
