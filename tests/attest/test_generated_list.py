"""The list of what was generated: written, read, signed; nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.attest import envelope, sshsig, trailer
from reviewer.attest.canonical import sha256_of
from reviewer.attest.delta import Delta
from reviewer.attest.envelope import Envelope
from reviewer.attest.generated import (
    MOST_BYTES,
    MOST_NAMED,
    NOTHING,
    Assisted,
    Part,
    as_json,
    digest_of,
    fitting,
    from_json,
    parse_value,
    together,
    words_of,
)
from reviewer.attest.trailer import Attested
from reviewer.errors import AttestError
from reviewer.records.statement import Statement, Word


def wire(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


SAMPLE = Attested(
    Statement(
        Word.PASS, "1" * 40, "2" * 40, "hunkgate/0.1.0", "aa" * 32, "bb" * 32, "cc" * 32,
        datetime(2026, 11, 22, 8, 30, tzinfo=timezone.utc),
    ),
    sshsig.parse(
        b"SSHSIG\0\0\0\1" + wire(wire(b"ssh-ed25519", b"k" * 32), sshsig.NAMESPACE.encode(), b"", b"sha512", b"s" * 83)
    ),
)  # fmt: skip

PATHS = st.binary(min_size=1, max_size=40).filter(lambda path: b"\0" not in path)
COUNTS = st.integers(1, 10**5)


@st.composite
def shares(draw: st.DrawFn) -> Assisted:
    """A sound one: the files add up to no more than the whole."""
    parts = []
    for path in sorted(draw(st.sets(PATHS, max_size=6))):
        of = draw(COUNTS)
        parts.append(Part(path, draw(st.integers(1, of)), of))
    least, whole = sum(part.lines for part in parts), sum(part.of for part in parts)
    of = max(1, whole) + draw(st.integers(0, 100))
    lines = draw(st.integers(max(1, least), of))
    model = draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,60}", fullmatch=True))
    return Assisted(model, draw(st.just("") | st.from_regex(r"[0-9a-f]{12}", fullmatch=True)), lines, of, tuple(parts))


LISTS = st.lists(shares(), max_size=3, unique_by=lambda one: one.by).map(tuple)


@given(LISTS)
def test_trailers_are_read_back(marks: tuple[Assisted, ...]) -> None:
    item = replace(SAMPLE, generated=marks)
    text = "\n".join(trailer.trailers(item))
    assert trailer.found(f"subject\n\n{text}\n".encode()) == (item,)
    assert trailer.found(("subject\n\n" + text.replace("\n ", " ")).encode()) == (item,), "unfolded, as git does it"
    indented = "\n".join("    " + line for line in text.split("\n"))
    assert trailer.found(f"Squashed\n\n{indented}\n".encode()) == (item,)
    assert trailer.stripped(f"subject\n\n{text}\n".encode()) == b"subject\n"


@given(shares())
def test_json_is_read_back(mark: Assisted) -> None:
    assert from_json(json.loads(json.dumps(as_json(mark)))) == mark
    assert parse_value(" ".join(words_of(mark))) == mark


@given(LISTS)
def test_a_note_carries_it(marks: tuple[Assisted, ...]) -> None:
    statement = replace(SAMPLE.statement, generated=digest_of(marks))
    assert SAMPLE.signature is not None
    made = Envelope(statement, Delta(()), "", SAMPLE.signature, (), marks)
    assert envelope.read(envelope.write(made)) == [made]


@given(shares(), shares())
def test_any_difference_is_another_digest(one: Assisted, other: Assisted) -> None:
    assert (digest_of([one]) == digest_of([other])) == (one == other)
    assert digest_of([one, other]) == digest_of([other, one])


@given(st.text(alphabet="ab/=%0123456789. \n", max_size=60) | st.text(max_size=60))
def test_any_other_text_is_refused_or_has_one_form(text: str) -> None:
    try:
        read = parse_value(text)
    except AttestError:
        return
    assert " ".join(words_of(read)) == text.replace("\n ", " ")


@given(shares(), st.integers(0, 200), st.sampled_from("0159/=%a Z"))
def test_one_changed_letter_is_another_list_or_none(mark: Assisted, where: int, letter: str) -> None:
    text = " ".join(words_of(mark))
    where %= len(text)
    changed = text[:where] + letter + text[where + 1 :]
    try:
        assert (digest_of([parse_value(changed)]) == digest_of([mark])) == (changed == text)
    except AttestError:
        assert changed != text


@pytest.mark.parametrize(
    "value",
    [
        "", "m", "m 0/4", "m 5/4", "m 4/04", "m 1/2 a=1/2 a=1/2", "m 2/4 b=1/2 a=1/2", "m 1/4 a=2/2", "m 4/4 a=2/3 b=2/3",
        "m 1/1 =1/1", "m 1/1 %00=1/1", "m 1/1 %41=1/1", "m 1/1 a=1/1 ", "m  1/1", "m 1/1 a%2fb=1/1", "../m 1/1", "m 1/1000000000",
        "m ABCDEFABCDEF 1/1", "m 1/1 ä=1/1", "m 1/1 a", "m 1/1 a=1", "m 1/2 a=-1/2",
    ],
)  # fmt: skip
def test_what_is_no_share_is_refused(value: str) -> None:
    with pytest.raises(AttestError):
        parse_value(value)


@pytest.mark.parametrize(
    "content",
    [
        None, [], "x", {}, {"model": "m", "digest": "", "lines": 1}, {"model": "m", "digest": "", "lines": True, "of": True},
        {"model": "m", "digest": "", "lines": 1, "of": 1, "paths": []}, {"model": "m", "digest": "", "lines": 1, "of": 1, "x": 1},
        {"model": "m", "digest": "", "lines": 1, "of": 1, "paths": [{"path": 1, "lines": 1, "of": 1}]},
        {"model": "m", "digest": "", "lines": 1, "of": 1, "paths": [{"path": "%41", "lines": 1, "of": 1}]},
        {"model": "m", "digest": "", "lines": 1, "of": 1, "paths": [{"path": "a", "lines": "1", "of": 1}]},
        {"model": "m", "digest": "", "lines": 1.0, "of": 1}, {"model": ["m"], "digest": "", "lines": 1, "of": 1},
    ],
)  # fmt: skip
def test_json_that_is_no_share_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match="not a share"):
        from_json(content)


def test_huge_lists_are_cut_when_written_and_refused_when_read() -> None:
    parts = tuple(Part(f"src/{number:04d}.py".encode(), 1 + (number == 999), 5) for number in range(1500))
    cut = fitting(Assisted("m", "", 1501, 7500, parts))
    assert len(cut.parts) == MOST_NAMED
    assert cut.elsewhere == 1501 - MOST_NAMED - 1
    assert Part(b"src/0999.py", 2, 5) in cut.parts, "what has most lines is named"
    assert parse_value(" ".join(words_of(cut))) == cut
    with pytest.raises(AttestError):
        parse_value(" ".join(words_of(Assisted("m", "", 1501, 7500, parts))))
    with pytest.raises(AttestError):
        parse_value("m 1/1 " + "a" * 10**6 + "=1/1")


def test_long_names_take_no_more_room_than_there_is() -> None:
    parts = tuple(Part(b"\xff" * 4000 + b"%03d" % number, 1, 1) for number in range(100))
    cut = fitting(Assisted("m", "", 100, 100, parts))
    assert sum(len(word) + 1 for word in words_of(cut)) < MOST_BYTES + 20
    assert cut.parts


def test_without_files_the_digest_is_what_former_versions_signed() -> None:
    assert digest_of([Assisted("m", "ab" * 6, 3, 9)]) == sha256_of([{"digest": "ab" * 6, "lines": 3, "model": "m", "of": 9}])
    assert digest_of([]) == ""
    assert sha256_of([]) == NOTHING


def test_shares_of_several_changes_add_up() -> None:
    one = Assisted("m", "", 3, 9, (Part(b"a", 2, 4), Part(b"b", 1, 1)))
    other = Assisted("m", "", 2, 5, (Part(b"a", 1, 3),))
    both = (Part(b"a", 3, 7), Part(b"b", 1, 1))
    assert together([one, other, Assisted("n", "", 1, 1)]) == (Assisted("m", "", 5, 14, both), Assisted("n", "", 1, 1))


def test_a_list_that_cannot_be_read_leaves_the_attestation_whole() -> None:
    text = "\n".join(trailer.trailers(SAMPLE)) + "\nReview-Generated: what ever\n"
    assert trailer.found(f"subject\n\n{text}".encode()) == (replace(SAMPLE, generated=None),)
