"""What the host of an address says about for whom somebody works (ORG-03). Pure, and in Python only over distinct hosts.

Facts about domains, each checked against what its owner publishes there; a wrong one is overruled by a registration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from publicsuffixlist import PublicSuffixList


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FREE_MAIL = _words(
    """
    aim.com aol.com att.net bellsouth.net bigpond.com bluewin.ch bk.ru btinternet.com comcast.net cox.net duck.com
    earthlink.net email.com fastmail.com fastmail.fm foxmail.com free.fr freemail.hu freenet.de gmail.com gmx.at
    gmx.ch gmx.com gmx.de gmx.net gmx.us googlemail.com hanmail.net hey.com home.nl hotmail.com hushmail.com
    icloud.com inbox.com inbox.ru interia.pl laposte.net libero.it list.ru live.com mac.com mail.com mail.ru
    mailbox.org me.com messagingengine.com msn.com naver.com o2.pl orange.fr outlook.com pm.me pobox.com posteo.de
    posteo.net proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com riseup.net rocketmail.com
    runbox.com sbcglobal.net seznam.cz sfr.fr sina.com sohu.com t-online.de telus.net tiscali.it tuta.io
    tutanota.com verizon.net virgilio.it vodafone.it wanadoo.fr web.de wp.pl xs4all.nl ya.ru yandex.com yandex.ru
    yeah.net ymail.com zoho.com 126.com 139.com 163.com 21cn.com
    """
)
FREE_MAIL_NAMES = frozenset({"hotmail", "yahoo", "live", "outlook", "gmx", "yandex"})
"""Providers that have one domain a country: whatever the suffix."""
RESERVED = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|net|org)|(?:alt|arpa|example|internal|invalid|local|localhost|onion|test))"
)
"""Names that are nobody's, so that manuals may write them (RFC 2606, RFC 6761 and its registry)."""
PROJECT_MAIL = _words(
    """
    alumni.stanford.edu acm.org alum.mit.edu apache.org archlinux.org computer.org cpan.org debian.org eclipse.org
    fedoraproject.org freebsd.org gentoo.org gitlab.com github.com gmane.org gnome.org gnu.org golang.org ieee.org
    jboss.org kde.org kernel.org lists.sourceforge.net mageia.org member.fsf.org netbsd.org openbsd.org opensuse.org
    php.net python.org ruby-lang.org rust-lang.org samba.org sourceforge.net sympy.org ubuntu.com videolan.org
    wikimedia.org
    """
)
"""Addresses that a project, a society of the trade or a former school lends to people: they name no employer."""
PUBLIC = re.compile(
    r"(?:.*\.)?(?:(?:gov|mil)(?:\.[a-z]{2})?|gob\.[a-z]{2}|gouv\.[a-z]{2}|go\.(?:jp|kr|th|id|ke|cr)"
    r"|govt\.nz|gc\.ca|admin\.ch|bund\.de|europa\.eu)"
)
ACADEMIC = re.compile(r"(?:.*\.)?(?:edu(?:\.[a-z]{2})?|ac\.[a-z]{2})")
ACADEMIC_NAMES = re.compile(r"(?:uni|univ|universite|universitaet|fh|tu|hs|rwth|ens)-[a-z-]+|[a-z]*university")
ACADEMIC_DOMAINS = _words(
    """
    cnrs.fr cern.ch chalmers.se cwi.nl dtu.dk epfl.ch ethz.ch fraunhofer.de fu-berlin.de helsinki.fi hu-berlin.de
    inria.fr kth.se ku.dk kuleuven.be kit.edu lmu.de lu.se mpg.de ntnu.no polimi.it polytechnique.edu su.se
    tudelft.nl tue.nl tum.de tuwien.ac.at u-psud.fr ucl.ac.uk ugent.be uio.no unibe.ch unibo.it uu.nl uu.se uva.nl
    vu.nl ulaval.ca umontreal.ca utoronto.ca ubc.ca uwaterloo.ca mcgill.ca sfu.ca
    """
)
COMPANIES: Mapping[str, str] = {
    domain: name
    for name, domains in {
        "Amazon": "amazon.com amazon.de amazon.co.uk",
        "AMD": "amd.com",
        "Apple": "apple.com",
        "Arm": "arm.com",
        "Bloomberg": "bloomberg.net",
        "Canonical": "canonical.com",
        "Cisco": "cisco.com",
        "Collabora": "collabora.com collabora.co.uk",
        "Google": "google.com",
        "Huawei": "huawei.com",
        "IBM": "ibm.com",
        "Igalia": "igalia.com",
        "Intel": "intel.com",
        "JetBrains": "jetbrains.com",
        "Linaro": "linaro.org",
        "Meta": "fb.com facebook.com meta.com",
        "Microsoft": "microsoft.com",
        "Mozilla": "mozilla.com",
        "Netflix": "netflix.com",
        "NVIDIA": "nvidia.com",
        "Oracle": "oracle.com",
        "Quansight": "quansight.com",
        "Red Hat": "redhat.com",
        "Samsung": "samsung.com",
        "SAP": "sap.com",
        "Shopify": "shopify.com",
        "Siemens": "siemens.com",
        "SUSE": "suse.com suse.de suse.cz",
        "VMware": "vmware.com",
    }.items()
    for domain in domains.split()
}
"""Employers whose domains are theirs alone, so that one address is enough."""


class Registration(NamedTuple):
    """What somebody registered for a domain."""

    organisation: str | None
    affiliation_class: str
    is_top: bool


class Said(NamedTuple):
    """What a host says. `reason` is the rule; "several" waits for a further person with the domain (see aliases)."""

    organisation: str | None
    affiliation_class: str
    reason: str


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def registrable(host: str) -> str:
    """The part of a host that somebody registered.

    >>> registrable("mail.eng.example.co.uk")
    'example.co.uk'
    """
    return _suffixes().privatesuffix(host) or host


def said_by(host: str, registered: Mapping[str, Registration]) -> Said:
    """For whom whoever signs with a host works: a registration first, by its longest suffix."""
    suffixes = [host.split(".", cut)[cut] for cut in range(host.count(".") + 1)]
    for suffix in suffixes:
        entry = registered.get(suffix)
        if entry is not None and (entry.is_top or suffix == host):
            return Said(entry.organisation, entry.affiliation_class, "registered")
    domain = registrable(host)
    if RESERVED.fullmatch(host):
        return Said(None, "unknown", "reserved")
    if not {*suffixes}.isdisjoint(PROJECT_MAIL):
        return Said(None, "unknown", "project")
    if domain in FREE_MAIL or domain.split(".")[0] in FREE_MAIL_NAMES:
        return Said(None, "unknown", "free_mail")
    if domain in COMPANIES:
        return Said(COMPANIES[domain], "company", "known")
    kind = institution(host, domain)
    return Said(domain, kind, "institution") if kind else Said(domain, "company", "several")


def institution(host: str, domain: str) -> str | None:
    """Whether the suffix says that it is a university or a public body."""
    if ACADEMIC.fullmatch(host) or domain in ACADEMIC_DOMAINS or ACADEMIC_NAMES.fullmatch(domain.split(".")[0]):
        return "academic"
    return "public" if PUBLIC.fullmatch(host) else None
