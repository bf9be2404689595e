"""Which set of models suits a machine: what fits, what is quick enough, what has earned it; and a reason for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.models.catalogue import Chat, Entry
from reviewer.models.exam.calibration import Calibration
from reviewer.models.exam.results import Key, Result, Speed
from reviewer.models.recommend import HUNK, Candidate, Machine, Place, need, reading, recommend
from reviewer.models.roles import Grade, Standing

GB = 10**9
REVIEWING = ("screen", "triage", "review", "confirm")


def _entry(
    name: str, size: float, *, roles: tuple[str, ...] = REVIEWING, backends: tuple[str, ...] = ("openvino_genai",)
) -> Entry:
    chat = Chat("<s>", "<u>", "<a>", "<e>")
    return Entry(name, f"{name}.gguf", "a" * 64, round(size * GB), "MIT", roles, 4096, 0, 0, backends, chat, ())


def _candidate(
    name: str, size: float, grade: Grade = Grade.UNEXAMINED, *, speed: Speed | None = None, **more: object
) -> Candidate:
    entry = _entry(name, size, **more)  # type: ignore[arg-type]
    examined = Standing(
        grade, f"{name} is {grade.value}", result=_result(grade, speed) if grade is not Grade.UNEXAMINED else None
    )
    free = Standing(Grade.PASSED, "needs no exam")
    standings = {role: free if role == "embed" else examined for role in entry.roles}
    return Candidate(entry, entry.backends[0], False, standings)


def _result(grade: Grade, speed: Speed | None) -> Result:
    return Result(
        key=Key("screen", "openvino_genai", "a" * 64, "p", "q"), bars="b", passed=grade is Grade.PASSED, reasons=(), auc=0.7,
        auc_least=0.6, auc_bar=0.62, precision=0.7, recall=0.4, clean_pass=0.9, refactorings=0.9, moved=0.0, moved_of=9, asked=9,
        answered=9, threshold=1.0, calibration=Calibration(1.0, 0.0), seconds=1.0, speed=speed, taken="2026-11-22", hunkgate="0",
    )  # fmt: skip


SMALL = _candidate("small", 0.5)
USUAL = _candidate("usual", 1.1)
LARGE = _candidate("large", 4.1)
HUGE = _candidate("huge", 40)
EMBED = _candidate("words", 0.1, roles=("embed",))
WORKSTATION = Machine(24 * GB, 16)


def _places(machine: Machine, *candidates: Candidate) -> dict[str, str]:
    return {one.candidate.entry.name: one.place.value for one in recommend(candidates, machine)}


def test_a_small_machine_gets_the_one_that_fits() -> None:
    assert _places(Machine(4 * GB, 2), SMALL, USUAL, LARGE) == {"small": "", "usual": "model", "large": ""}
    assert _places(Machine(2 * GB, 2), SMALL, USUAL, LARGE) == {"small": "model", "usual": "", "large": ""}


def test_a_machine_without_room_gets_none_and_every_reason() -> None:
    advice = recommend([SMALL, USUAL], Machine(GB, 2))
    assert [one.place for one in advice] == [Place.NONE, Place.NONE]
    assert all("it needs" in one.why and "1.0 GB are left" in one.why for one in advice)


def test_a_workstation_gets_a_set() -> None:
    found = _places(WORKSTATION, SMALL, USUAL, LARGE, HUGE, EMBED)
    assert found == {"small": "", "usual": "", "large": "model", "huge": "", "words": "embed"}
    larger = _places(Machine(200 * GB, 16), SMALL, USUAL, LARGE, HUGE, EMBED)
    assert (larger["large"], larger["huge"]) == ("model", "larger_model")


def test_the_models_of_a_set_fit_together() -> None:
    for memory in range(1, 120, 3):
        machine = Machine(memory * GB, 16)
        picked = [one.candidate for one in recommend([SMALL, USUAL, LARGE, HUGE, EMBED], machine) if one.place is not Place.NONE]
        assert sum(map(need, picked)) <= machine.memory


def test_a_slow_machine_gets_no_large_model() -> None:
    assert _places(Machine(100 * GB, 2), USUAL, LARGE, HUGE) == {"usual": "model", "large": "larger_model", "huge": ""}
    assert "estimated" in recommend([USUAL, LARGE, HUGE], Machine(200 * GB, 2))[2].why


def test_what_was_measured_counts_more_than_the_estimate() -> None:
    crawling = _candidate("usual", 1.1, Grade.PASSED, speed=Speed(20.0, 1.0))
    assert reading(crawling, WORKSTATION) == (20.0, True)
    advice = recommend([crawling, SMALL], WORKSTATION)
    assert [one.place for one in advice] == [Place.NONE, Place.FAST]
    assert f"{HUNK / 20:.0f} s (measured)" in advice[0].why


def test_what_was_measured_on_an_accelerator_counts_for_it_and_the_exam_for_the_processor() -> None:
    machine, examined = Machine(8 * GB, 2), _candidate("usual", 1.1, Grade.PASSED, speed=Speed(300.0, 6.0))
    assert reading(replace(examined, reads=250.0), machine) == (300.0, True)
    on_gpu = replace(examined, device="GPU.0", reads=2000.0)
    assert reading(on_gpu, machine) == (2000.0, True)
    assert reading(replace(USUAL, reads=250.0), machine) == (250.0, True)
    (advice,) = recommend([on_gpu], machine)
    assert "(measured, GPU.0)" in advice.why


def test_one_that_passed_goes_before_a_larger_one_that_did_not_sit() -> None:
    passed = _candidate("small", 0.5, Grade.PASSED, speed=Speed(900.0, 30.0))
    assert _places(Machine(4 * GB, 16), passed, USUAL)["small"] == "model"


def test_one_that_is_refused_everywhere_is_not_picked_and_its_line_is_the_reason() -> None:
    refused = _candidate("usual", 1.1, Grade.REFUSED, speed=Speed(330.0, 6.0))
    advice = recommend([refused, SMALL], WORKSTATION)
    assert (advice[0].place, advice[0].why) == (Place.NONE, "usual is refused")
    assert advice[1].place is Place.FAST


def test_a_role_without_an_exam_earns_nothing() -> None:
    both = _candidate("small", 0.5, roles=(*REVIEWING, "embed"))
    assert _places(Machine(4 * GB, 16), both, USUAL)["usual"] == "model"
    advice = recommend([both], Machine(4 * GB, 16))
    assert [(one.place, one.embeds) for one in advice] == [(Place.FAST, True)]
    refused = _candidate("small", 0.5, Grade.REFUSED, roles=(*REVIEWING, "embed"))
    assert _places(Machine(4 * GB, 16), refused) == {"small": "embed"}


def test_another_runtime_that_would_do_is_named() -> None:
    wide = _candidate("large", 4.1, backends=("openvino_genai", "llama_cpp"))
    (advice,) = recommend([wide], Machine(6 * GB, 16))
    assert "on openvino_genai it needs 10.3 GB" in advice.why
    assert "on llama_cpp 5.6 GB would do" in advice.why


def test_memory_that_was_measured_counts_for_the_runtime_it_was_measured_with() -> None:
    entry = replace(_entry("usual", 1.1, backends=("openvino_genai", "llama_cpp")), memory=2 * GB)
    candidate = Candidate(entry, "openvino_genai", True, USUAL.standings)
    assert need(candidate) == 2 * GB
    assert need(replace(candidate, backend="llama_cpp")) == pytest.approx(1.875 * GB)


def test_what_is_picked_anyway_embeds_too() -> None:
    able = _candidate("usual", 1.1, roles=(*REVIEWING, "embed"))
    advice = recommend([able, EMBED], WORKSTATION)
    assert [(one.place, one.embeds) for one in advice] == [(Place.FAST, True), (Place.NONE, False)]
    (alone,) = recommend([EMBED], WORKSTATION)
    assert (alone.place, alone.embeds, alone.commands) == (Place.EMBED, True, ("hunkgate models pull words",))


def test_commands_are_what_is_still_to_be_done() -> None:
    (advice,) = recommend([USUAL], WORKSTATION)
    assert advice.commands == ("hunkgate models pull usual", "hunkgate models qualify usual")
    here = replace(_candidate("usual", 1.1, Grade.PASSED, speed=Speed(2000.0, 9.0)), installed=True)
    assert recommend([here], WORKSTATION)[0].commands == ()
    assert recommend([HUGE], Machine(GB, 1))[0].commands == ()


def test_nothing_to_choose_from() -> None:
    assert recommend([], WORKSTATION) == ()
