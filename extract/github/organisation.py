"""Public members of the organisation that owns a repository; REST shows them without any scope of the token."""

from __future__ import annotations

from extract.archive import Page
from extract.github.client import Client
from extract.membership import Shown, accounts_of, organisation

MEMBERS_PER_PAGE = 100


def ask(client: Client, repository: Page, full_name: str) -> list[Page]:
    """Nothing for the repository of a person; the organisation alone where it shows no members."""
    owner = repository.data().get("owner") or {}
    if owner.get("type") != "Organization":
        return []
    place = f"/orgs/{full_name.partition('/')[0]}"
    pages = [client.beside(place, full_name)]
    while pages[-1].status == 200:
        path = f"{place}/public_members?per_page={MEMBERS_PER_PAGE}&page={len(pages)}"
        pages.append(client.beside(path, full_name, is_list=True))
        if pages[-1].status == 200 and len(pages[-1].data()) < MEMBERS_PER_PAGE:
            break
    return pages


def read(page: Page, forge: str) -> Shown:
    """`{"id": 1, "login": "guild", "blog": "https://guild.example", "is_verified": false}`, and pages of its members."""
    if page.status != 200:
        return Shown()
    said = page.data()
    if isinstance(said, list):
        return Shown(members=accounts_of(forge, said))
    verified = said.get("is_verified")
    return Shown(organisation(forge, said["id"], said["login"], said.get("blog"), verified))
