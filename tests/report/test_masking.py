"""What reports hide: every line of a secret, and its value wherever else it stands."""

from __future__ import annotations

from make_hunk import make_hunk
from make_verdict import TOKEN, make_change, make_finding, make_secret, make_verdict

from reviewer.records import Disposition, Line, LineKind
from reviewer.report._masking import HIDDEN, Masks, masks_of

BODY = ["Qx7" * 16, "Rz8" * 16, "Sw9" * 16]


def _masks(*findings, lines: list[str]) -> Masks:
    change = make_change(make_hunk(b"src/app.py", *[f"+{line}" for line in lines]))
    return masks_of(make_verdict(change, [(finding, Disposition.WARNS) for finding in findings]))


def test_every_line_of_a_key_is_hidden():
    lines = ["x = 1", "-----BEGIN PRIVATE KEY-----", *BODY, "-----END"]
    key = make_secret(line=2, end_line=5, start_column=1, end_column=49, snippet="-----BEGIN PRIVATE KEY-----\u2026****")
    masks = _masks(key, lines=lines)
    shown = [masks.line(b"src/app.py", Line(LineKind.ADDED, text.encode(), 0, n)) for n, text in enumerate(lines, 1)]
    assert shown == ["x = 1", "-----BEGIN PRIVATE KEY-----\u2026****", HIDDEN, HIDDEN, HIDDEN, "-----END"]
    assert masks.text(f"also here: {BODY[1]}") == f"also here: {HIDDEN}"


def test_a_line_is_hidden_when_another_finding_speaks_for_the_secret():
    finding = make_finding(line=1, snippet=f'password = "{TOKEN}"', also=("secret-assigned",), cwe="CWE-798")
    masks = _masks(finding, lines=[f'password = "{TOKEN}"'])
    assert masks.snippet(finding) == HIDDEN
    assert TOKEN not in masks.text(f"used again: {TOKEN}")


def test_each_of_two_secrets_of_a_line_is_hidden_elsewhere():
    line = f'a = "{TOKEN}"; b = "Zq4x9kfPw2Tq"'
    finding = make_secret(line=1, start_column=6, end_column=46, snippet='a = "ghp_\u2026****"; b = "Zq4\u2026****"')
    masks = _masks(finding, lines=[line])
    assert masks.text("see x9kfPw2Tq") == f"see {HIDDEN}"
    assert TOKEN[4:] not in masks.text(f"see {TOKEN}")


def test_a_dump_of_secrets_is_hidden_without_looking_for_each():
    lines = [f"{TOKEN}{number}" for number in range(3000)]
    rest = make_secret(line=1, end_line=3000, start_column=1, end_column=0, snippet="ghp_\u2026****")
    masks = _masks(rest, lines=lines)
    assert len(masks.values) <= 600
    assert masks.lines[b"src/app.py", 2999] == HIDDEN


def test_a_long_line_is_not_compared_with_its_snippet():
    line = "x" * 5000 + TOKEN + "y" * 5000
    finding = make_secret(line=1, start_column=5001, end_column=5041, snippet="xxxx ghp_\u2026**** yyyy")
    masks = _masks(finding, lines=[line])
    assert masks.values == (TOKEN,)


def test_no_secret_no_masks():
    masks = _masks(make_finding(line=1, snippet="x"), lines=["x"])
    assert (masks.lines, masks.values) == ({}, ())
