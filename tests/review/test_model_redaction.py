"""No secret that the gate would report reaches another machine, whichever part of a hunk it stands in."""

from __future__ import annotations

import random
import string

from hypothesis import given
from hypothesis import strategies as st
from make_hunk import make_hunk

from reviewer.review._model_context import Source, contexts
from reviewer.review._model_redaction import redacted, without_secrets, words
from reviewer.review._secret_masking import MASK

_PICK = random.Random(4)
LETTERS = string.ascii_letters + string.digits
KEY = "AKIA" + "".join(_PICK.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
PASSWORD = "".join(_PICK.choices(LETTERS, k=24))
PEM = ["-----BEGIN RSA PRIVATE KEY-----"]
PEM += ["".join(_PICK.choices(LETTERS + "+/", k=64)) for _ in range(12)] + ["-----END RSA PRIVATE KEY-----"]


def told(*lines: str, text: str = "", path: bytes = b"app/config.py") -> str:
    source = Source(text, tuple(text.split("\n"))) if text else None
    return "".join(context.material for context in contexts(*redacted(make_hunk(path, *lines), source)))


def test_secrets_in_new_removed_and_kept_lines_are_masked() -> None:
    for sign in "+- ":
        text = told(f"{sign}password = '{PASSWORD}'", f"{sign}key = '{KEY}'", "+x = 1")
        assert PASSWORD not in text
        assert KEY not in text
        assert text.count(MASK) == 2
        assert "1+ x = 1" in text or "3+ x = 1" in text


def test_a_key_over_many_lines_is_masked_line_by_line() -> None:
    text = told(*[f"+{line}" for line in PEM], "+x = 1")
    assert not any(line in text for line in PEM[1:-1])
    assert text.count("\n") == len(PEM) + 4


def test_a_hunk_inside_of_a_key_is_masked_by_what_the_file_shows() -> None:
    whole = "\n".join(["KEY = '''", *PEM, "'''", "x = 1"])
    text = told(f"+{PEM[4]}", f"+{PEM[5]}", text=whole).replace("\n", "")
    assert PEM[4] in "".join(context.material for context in contexts(make_hunk(b"a.py", f"+{PEM[4]}"), None))
    # The hunk of the test begins at line 1; at its real place the file knows better than the hunk alone.
    hunk = make_hunk(b"app/config.py", f"+{PEM[4]}", f"+{PEM[5]}", start=6)
    source = Source(whole, tuple(whole.split("\n")))
    shown = "".join(context.material for context in contexts(*redacted(hunk, source)))
    assert not any(line[10:] in shown for line in PEM[1:-1])
    assert text


def test_a_secret_in_the_function_around_or_in_a_called_head_is_masked() -> None:
    whole = f"def load(key='{KEY}'):\n    return key\n\n\ndef start():\n    a = 1\n    password = '{PASSWORD}'\n    load(a)\n"
    hunk = make_hunk(b"app/config.py", "+    load(a)", start=8)
    text = "".join(c.material for c in contexts(*redacted(hunk, Source(whole, tuple(whole.split("\n"))))))
    assert "Calls: def load(" in text
    assert "password = " in text
    assert KEY not in text
    assert PASSWORD not in text


def test_a_secret_that_is_cut_by_a_long_line_is_masked_before_it_is_cut() -> None:
    text = told("+" + "x" * 280 + f" key = '{KEY}'")
    assert KEY[:12] not in text


def test_a_secret_in_the_path_and_in_words_is_masked() -> None:
    assert KEY not in told("+x = 1", path=f"app/{KEY}/a.py".encode())
    assert KEY not in words(f"the key {KEY} is used")


@given(st.lists(st.sampled_from([f"key = '{KEY}'", "x = 1", *PEM[:3], "", f'token = "{PASSWORD}"', "\xe9"]), max_size=12))
def test_lines_stay_lines_and_no_known_secret_stays(lines: list[str]) -> None:
    made = without_secrets([line.encode() for line in lines], "python")
    assert len(made) == len(lines)
    assert not any(KEY.encode() in line for line in made)


def test_where_there_are_too_many_values_to_look_at_them_all_nothing_of_the_rest_goes_out() -> None:
    lines = [f"password_{number} = '{''.join(_PICK.choices(LETTERS, k=20))}'".encode() for number in range(6000)]
    made = without_secrets(lines, "python")
    assert set(made[-1000:]) == {MASK.encode()}
