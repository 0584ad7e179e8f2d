"""Stories of GitHub Apps: a private key instead of a token, and nobody sees it."""

from __future__ import annotations

import traceback
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from extraction_tools import TOKEN, Crawl

from extract.errors import BadKey, BadToken
from extract.source import App, Source

APP, INSTALLATION, VARIABLE = 41, 7, "HUT_APP_KEY"


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def pem(private_key) -> str:
    kind, encoding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    return private_key.private_bytes(encoding, kind, serialization.NoEncryption()).decode()


@pytest.fixture
def app(hut, crawl, private_key, pem, monkeypatch) -> Crawl:
    """A crawl by an app that the forge knows, without any token."""
    form, encoding = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.PEM
    monkeypatch.setattr(hut, "app_keys", {APP: private_key.public_key().public_bytes(encoding, form).decode()})
    return by_app(crawl, pem, monkeypatch)


def by_app(crawl: Crawl, pem: str, monkeypatch) -> Crawl:
    source = Source("box", "github", crawl.name, crawl.forge.base_url, (), "", (App(APP, INSTALLATION, VARIABLE),))
    monkeypatch.setattr(Crawl, "source", property(lambda _: source))
    monkeypatch.setattr(Crawl, "_environment", lambda _: {VARIABLE: pem})
    return crawl


def test_an_app_brings_what_a_token_brings(app, undisturbed):
    app.night()

    assert app.everything() == undisturbed.everything()


def test_neither_its_key_nor_its_token_is_in_any_file(app, pem):
    app.night()
    written = [file.read_bytes() for file in app.folder.rglob("*") if file.is_file()]

    assert not [content for content in written if TOKEN.encode() in content or pem[40:80].encode() in content]


def test_an_app_that_the_forge_does_not_know_is_named_by_its_variable(crawl, hut, pem, monkeypatch):
    with pytest.raises(BadToken, match=VARIABLE) as caught:
        by_app(crawl, pem, monkeypatch).night()

    assert pem[40:80] not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("key", ["no key at all", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_is_told_without_showing_it(crawl, hut, key, monkeypatch):
    with pytest.raises(BadKey, match=rf"{VARIABLE} \(installation \d+\) holds no private key"):
        by_app(crawl, key, monkeypatch).night()


def test_one_key_of_several_installations_has_points_for_each(crawl, pem, monkeypatch):
    monkeypatch.setattr(Crawl, "_environment", lambda _: {VARIABLE: pem})
    apps = tuple(App(1, installation, VARIABLE) for installation in (2, 3))
    source = replace(crawl.source, token_variables=(), apps=apps)

    names = [token.name for token in crawl.around().pool(source).tokens]

    assert names == [f"{VARIABLE} (installation 2)", f"{VARIABLE} (installation 3)"]
