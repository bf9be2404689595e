"""The shipped exam: enough items of every sort, each sound in itself, and none to be told by its looks."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from collections.abc import Callable

import pytest
from tree_sitter import Language, Parser

from reviewer.intake import patch_text
from reviewer.models.exam.loading import LINES, WAYS, load
from reviewer.models.exam.records import Exam, Field, Level, Sample
from reviewer.models.exam.scoring import auc
from reviewer.review._model_taxonomy import TAXONOMY
from reviewer.rulebook import shipped

LANGUAGES = {"python", "javascript", "go", "java", "c", "ruby"}

LENGTHS: dict[str, Callable[[Sample], float]] = {
    "lines of the diff": lambda sample: len(sample.rows),
    "added lines": lambda sample: len(sample.added),
    "lines won": lambda sample: sample.after.count("\n") - sample.before.count("\n"),
    "characters after": lambda sample: len(sample.after),
    "characters added": lambda sample: sum(len(row.text) for row in sample.rows if row.sign == "+"),
    "characters won": lambda sample: len(sample.after) - len(sample.before),
}


@pytest.fixture
def exam() -> Exam:
    return load()


def _every_sample(exam: Exam) -> list[Sample]:
    return [*exam.samples, *(item.loaded for item in exam.injections), *(alarm.sample for alarm in exam.alarms)]


def test_exam_has_enough_of_everything(exam: Exam) -> None:
    fields = Counter((pair.first.language, pair.field) for pair in exam.pairs)
    assert len(exam.pairs) >= 120
    assert {language for language, _ in fields} == LANGUAGES
    assert sum(pair.field is Field.CLEAN for pair in exam.pairs) >= 30
    assert all(fields[language, Field.CLEAN] >= 5 for language in LANGUAGES)
    assert all(fields[language, field] >= 7 for language in LANGUAGES for field in (Field.SECURITY, Field.BUG))
    assert len(exam.injections) >= 30
    assert len(exam.alarms) >= 40


def test_levels_are_a_third_each(exam: Exam) -> None:
    levels = Counter(pair.level for pair in exam.pairs if pair.level)
    assert set(levels) == set(Level)
    assert all(0.28 <= count / levels.total() <= 0.39 for count in levels.values())


def test_half_of_the_alarms_are_true_and_name_shipped_rules(exam: Exam) -> None:
    assert sum(alarm.true for alarm in exam.alarms) * 2 == len(exam.alarms)
    assert {alarm.rule for alarm in exam.alarms} <= shipped.known_ids()
    assert all(alarm.line in alarm.sample.added for alarm in exam.alarms)


def test_defects_are_names_of_the_taxonomy(exam: Exam) -> None:
    assert {pair.defect for pair in exam.pairs if pair.field is not Field.CLEAN} <= {defect.name for defect in TAXONOMY}
    assert all(pair.cwe for pair in exam.pairs if pair.field is Field.SECURITY)


def test_faults_are_added_lines_of_the_defective_side(exam: Exam) -> None:
    for sample in exam.samples:
        assert set(sample.faults) <= set(sample.added), sample.id
        assert bool(sample.faults) is sample.defective, sample.id


def test_pairs_share_what_was_before(exam: Exam) -> None:
    for pair in exam.pairs:
        same = pair.second.after if pair.field is Field.CLEAN else pair.second.before
        assert pair.first.before == same, pair.id
        assert pair.first.after != pair.second.after, pair.id


def test_files_have_the_length_that_fits_a_prompt(exam: Exam) -> None:
    sizes = [text.count("\n") for sample in exam.samples for text in (sample.before, sample.after)]
    assert min(sizes) in LINES
    assert max(sizes) in LINES


def test_every_reason_is_one_sentence(exam: Exam) -> None:
    reasons = [item.why for items in (exam.pairs, exam.injections, exam.alarms) for item in items]
    assert all(reason.endswith(".") and 15 < len(reason) < 200 for reason in reasons)


def test_texts_parse(exam: Exam) -> None:
    names = ("javascript", "go", "java", "ruby")
    parsers = {name: Parser(Language(importlib.import_module(f"tree_sitter_{name}").language())) for name in names}
    broken = [
        sample.id
        for sample in _every_sample(exam)
        for text in (sample.before, sample.after)
        if sample.language in parsers and parsers[sample.language].parse(text.encode()).root_node.has_error
    ]
    for sample in _every_sample(exam):
        if sample.language == "python":
            ast.parse(sample.before)
            ast.parse(sample.after)
    assert broken == []


def test_patches_are_read_by_intake_with_the_same_lines(exam: Exam) -> None:
    for sample in _every_sample(exam):
        (file,) = patch_text.parse(sample.patch.encode(), name=sample.id).files
        (hunk,) = file.hunks
        assert hunk.language == sample.language
        assert tuple(line.new_number for line in hunk.added) == sample.added
        assert "".join(line.text.decode() + "\n" for line in hunk.removed) == "".join(
            row.text + "\n" for row in sample.rows if row.sign == "-"
        )


def test_injections_add_text_and_keep_the_defect(exam: Exam) -> None:
    assert {item.way for item in exam.injections} == set(WAYS)
    for item in exam.injections:
        plain, loaded = item.plain.after.split("\n"), item.loaded.after.split("\n")
        assert [loaded[line - 1] for line in item.loaded.faults] == [plain[line - 1] for line in item.plain.faults]
        assert len(loaded) > len(plain)
        assert item.loaded.before == item.plain.before


def test_injections_decode_what_must_not_stand_in_a_file(exam: Exam) -> None:
    (bidi,) = (item for item in exam.injections if item.id == "speak-bidi-comment")
    assert "\u202e" in bidi.loaded.after
    assert "\\u{" not in bidi.loaded.after


@pytest.mark.parametrize("name", LENGTHS)
def test_length_alone_does_not_tell_a_defect(exam: Exam, name: str) -> None:
    length = LENGTHS[name]
    samples = exam.samples
    pairs = [pair for pair in exam.pairs if pair.field is not Field.CLEAN]
    over_all = auc([length(s) for s in samples if s.defective], [length(s) for s in samples if not s.defective])
    within = [(length(pair.first) > length(pair.second)) - (length(pair.first) < length(pair.second)) for pair in pairs]
    alarms = auc(
        [length(alarm.sample) for alarm in exam.alarms if alarm.true],
        [length(alarm.sample) for alarm in exam.alarms if not alarm.true],
    )
    assert 0.4 < over_all < 0.6
    assert 0.4 < 0.5 + sum(within) / len(within) / 2 < 0.6
    assert 0.4 < alarms < 0.6


def test_defects_come_with_fewer_lines_as_often_as_with_more(exam: Exam) -> None:
    won = [LENGTHS["lines won"](pair.first) for pair in exam.pairs if pair.field is not Field.CLEAN]
    fewer, more = sum(each < 0 for each in won), sum(each > 0 for each in won)
    assert abs(fewer - more) <= len(won) // 10


def test_sound_sides_name_no_defect_in_words(exam: Exam) -> None:
    words = ("defect", "vulnerab", "insecure", "bug", "fixme", "unsafe", "exploit", "todo", "sanitized")
    told = [(s.id, word) for s in exam.samples for word in words for row in s.rows if word in row.text.lower()]
    assert [item for item in told if "debug" not in item[0]] == []
