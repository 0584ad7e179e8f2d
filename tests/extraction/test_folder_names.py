"""Stories of folders: a name from outside is one folder, and no other name's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.source import folder_name

HOSTILE = st.text() | st.text("./\\-_a0", max_size=8) | st.text("ab\0 ", min_size=55, max_size=70)
ONE_FOLDER = re.compile(r"(?![.-]+$)[A-Za-z0-9._-]{1,80}")


@given(HOSTILE)
@settings(max_examples=300, deadline=None)
def test_no_name_escapes_or_is_empty(name):
    assert ONE_FOLDER.fullmatch(folder_name(name))


@given(HOSTILE, HOSTILE)
@settings(max_examples=300, deadline=None)
def test_two_names_never_share_a_folder(one, other):
    assert (folder_name(one) == folder_name(other)) == (one == other)


@given(HOSTILE)
@settings(max_examples=100, deadline=None)
def test_the_folder_of_a_name_is_not_the_folder_of_that_folders_name(name):
    assert folder_name(folder_name(name)) != folder_name(name) or folder_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "/", "-rf", "../up", "a/b", "C:\\x", "~", "a\nb", "con\0"])
def test_what_is_no_plain_name_gets_a_folder_of_its_own(name):
    assert re.fullmatch(r"[A-Za-z0-9._-]*-[0-9a-f]{10}", folder_name(name))


@pytest.mark.parametrize("name", ["github", "410000001", "my-forge.example.org", "a" * 60])
def test_a_plain_name_stays_readable(name):
    assert folder_name(name) == name
