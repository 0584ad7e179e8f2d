"""Public members of the organisation that owns a repository of Gitea or Forgejo."""

from __future__ import annotations

from extract.archive import Page
from extract.gitea.lists import LARGEST_PAGE, total_of
from extract.line import Line
from extract.membership import Shown, accounts_of, organisation


def ask(line: Line, repository: Page) -> list[Page]:
    """An owner that is not found among the organisations is a person."""
    place = f"/orgs/{repository.data()['owner']['login']}"
    pages = [line.must(place, absent=True)]
    seen = 0
    while pages[-1].status == 200:
        asked = {"limit": LARGEST_PAGE, "page": len(pages)}
        pages.append(line.must(f"{place}/public_members", asked, absent=True))
        rows = pages[-1].data() if pages[-1].status == 200 else []
        seen += len(rows)
        if not rows or seen >= (total_of(pages[-1]) or 0):
            break
    return pages


def read(page: Page, forge: str) -> Shown:
    """`{"id": 1, "name": "guild", "website": "https://guild.example"}`, and pages of its members."""
    said = page.data() if page.status == 200 else None
    if said is None:
        return Shown()
    if isinstance(said, list):
        return Shown(members=accounts_of(forge, said))
    return Shown(organisation(forge, said["id"], said.get("username") or said["name"], said.get("website")))
