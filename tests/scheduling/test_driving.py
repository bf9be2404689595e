"""Whatever devices do, each job is settled once, memory is kept, and the budget too."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from any_schedule import random_case
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.scheduling.driving import Driven, drive
from reviewer.scheduling.floor import Event, Finished
from reviewer.scheduling.planning import plan
from reviewer.scheduling.scripted import Script, ScriptedFloor
from reviewer.scheduling.stations import Station
from reviewer.scheduling.work import Batch, Device, Job, Seat, State

NEVER = float("inf")


def seat(name: str, reads: float = 100.0, **fields: object) -> Seat:
    return Seat(name, frozenset(("screen",)), reads, **fields)


def two(**fields: object) -> list[Device]:
    return [Device("npu", 1, (seat("m on npu", **fields),)), Device("cpu", 1, (seat("m on cpu"),))]


def screens(count: int, tokens: int = 100) -> list[Job]:
    return [Job(f"h{number:02}", "screen", tokens) for number in range(count)]


def driven(
    jobs: list[Job], devices: list[Device], scripts: Mapping[str, Script] | None = None, budget: float = NEVER
) -> tuple[Driven, ScriptedFloor]:
    """Drive, and check what always has to hold."""
    floor = ScriptedFloor(devices, scripts)
    made = drive(jobs, devices, floor, budget)
    assert sorted(one.job.name for one in made.outcomes) == sorted(job.name for job in jobs), "lost or doubled"
    done = sorted(one.job.name for one in made.outcomes if one.state is State.DONE)
    assert done == sorted(floor.finished), "done twice, or done and not counted"
    assert all(floor.peak(device.name) <= device.memory for device in devices), "over the memory"
    assert all(one.reason for one in made.outcomes if one.state is not State.DONE)
    return made, floor


def states(made: Driven) -> set[State]:
    return {one.state for one in made.outcomes}


def test_devices_that_are_as_measured_take_what_the_plan_says() -> None:
    for number in range(100):
        jobs, devices = random_case(random.Random(number), 3, 25)
        made, _ = driven(jobs, devices)
        assert made.plans == 1
        assert made.seconds == pytest.approx(plan(jobs, devices).makespan)


scripts = st.builds(
    Script,
    dies_at=st.one_of(st.just(NEVER), st.floats(0, 60)),
    slow_from=st.one_of(st.just(NEVER), st.floats(0, 60)),
    slow_by=st.sampled_from((0.1, 0.5, 3.0, 10.0)),
    hangs_from=st.one_of(st.just(NEVER), st.floats(0, 60)),
    refuses=st.sets(st.sampled_from([f"hunk {number}" for number in range(20)]), max_size=3).map(frozenset),
    cancels=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**6), devices=st.integers(1, 4), jobs=st.integers(0, 25), data=st.data())
def test_whatever_happens_each_job_is_settled_once(seed: int, devices: int, jobs: int, data: st.DataObject) -> None:
    work, machines = random_case(random.Random(seed), devices, jobs)
    troubles = {one.name: data.draw(scripts) for one in machines}
    budget = data.draw(st.floats(0, 200))
    if any(one.hangs_from < NEVER and not one.cancels for one in troubles.values()):
        return
    made, _ = driven(work, machines, troubles, budget)
    if all(one.cancels for one in troubles.values()):
        assert made.seconds <= budget + 1e-6


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("trouble", ["dies", "slows", "slows for good"])
def test_a_device_in_trouble_in_the_middle_loses_nothing(trouble: str, seed: int) -> None:
    for number in range(60):
        rng = random.Random(f"{trouble}-{seed}-{number}")
        jobs, devices = random_case(rng, 2, 20)
        at = plan(jobs, devices).makespan * rng.random()
        script = Script(dies_at=at) if trouble == "dies" else Script(slow_from=at, cancels=trouble == "slows")
        made, _ = driven(jobs, devices, {"device 0": script})
        able = {one.job.name for one in plan(jobs, [devices[1]] if trouble == "dies" else devices).left}
        done = {one.job.name for one in made.outcomes if one.state is State.DONE}
        assert {job.name for job in jobs} - able <= done


def test_a_device_that_dies_leaves_its_work_to_the_other_with_a_note() -> None:
    made, _ = driven(screens(10), two(), {"npu": Script(dies_at=2.5)})
    assert states(made) == {State.DONE}
    noted = [one for one in made.outcomes if one.reason]
    assert [(one.device, one.reason) for one in noted] == [("cpu", "npu vanished: the script says so")]
    assert made.gone == {"npu": "the script says so"}


def test_a_job_that_kills_two_devices_is_not_tried_on_a_third() -> None:
    devices = [Device(name, 1, (seat(f"m on {name}"),)) for name in ("a", "b", "c")]
    dying = {name: Script(dies_at=0.5) for name in ("a", "b")} | {"c": Script(dies_at=0.9)}
    made, _ = driven(screens(1), devices, {"a": Script(dies_at=0.5), "b": Script(dies_at=1.0), "c": Script()})
    assert [(one.state, one.reason) for one in made.outcomes] == [
        (State.FAILED, "a vanished: the script says so; b vanished: the script says so")
    ]
    assert states(driven(screens(3), devices, dying)[0]) == {State.FAILED}


def test_a_device_ten_times_slower_loses_its_queue_and_its_batch() -> None:
    usual = drive(screens(20), two(), ScriptedFloor(two())).seconds
    made, floor = driven(screens(20), two(), {"npu": Script(slow_from=3.0)})
    assert states(made) == {State.DONE}
    assert usual == 10.0
    assert made.seconds <= 18.0, "the other one alone needs 17 s for the rest"
    assert made.plans > 1
    assert len(floor.log("npu")) < 5


def test_a_slow_device_that_cannot_be_cancelled_is_waited_for() -> None:
    made, _ = driven(screens(4), two(), {"npu": Script(slow_from=0.0, slow_by=20.0, cancels=False)})
    assert states(made) == {State.DONE}
    assert made.seconds == pytest.approx(20.0)


def test_a_faster_device_gets_more() -> None:
    made, _ = driven(screens(20), two(), {"npu": Script(slow_from=0.0, slow_by=0.1)})
    assert sum(one.device == "npu" for one in made.outcomes) > 14


def test_a_refused_batch_is_tried_one_by_one_and_the_culprit_elsewhere() -> None:
    made, _ = driven(screens(6), two(batch=3), {"npu": Script(refuses=frozenset(("h00",)))})
    assert states(made) == {State.DONE}
    (culprit,) = (one for one in made.outcomes if one.job.name == "h00")
    assert culprit.device == "cpu"


def test_what_is_refused_everywhere_failed() -> None:
    refusing = Script(refuses=frozenset(("h01",)))
    made, _ = driven(screens(3), two(), {"npu": refusing, "cpu": refusing})
    assert {one.job.name: one.state for one in made.outcomes if one.state is not State.DONE} == {"h01": State.FAILED}


def test_a_hanging_device_is_left_and_the_budget_holds() -> None:
    made, _ = driven(screens(4), two(), {"npu": Script(hangs_from=0.0)})
    assert states(made) == {State.DONE}
    made, _ = driven(screens(2), two()[:1], {"npu": Script(hangs_from=0.0)}, budget=9.0)
    assert states(made) == {State.DEFERRED}
    assert made.seconds == pytest.approx(9.0)


def test_a_guess_is_stopped_by_the_clock() -> None:
    made, _ = driven(screens(3, 1000), [Device("cpu", 1, (seat("m", measured=False),))], budget=15.0)
    assert sorted(one.state.value for one in made.outcomes) == ["deferred", "deferred", "done"]


def test_work_that_follows_is_done_too_and_nothing_twice() -> None:
    devices = two()
    floor = ScriptedFloor(devices, more={"h00": (Job("h00 again", "screen", 100), Job("h01", "screen", 100))})
    made = drive(screens(3), devices, floor)
    assert sorted(floor.finished) == ["h00", "h00 again", "h01", "h02"]
    assert states(made) == {State.DONE}


def test_work_that_is_withdrawn_is_not_done_and_what_takes_its_place_is() -> None:
    floor = ScriptedFloor(
        two()[:1], more={"h00": (Job("instead", "screen", 100),)}, withdrawn={"h00": ("h00", "h01", "h02", "nobody")}
    )
    made = drive(screens(4), two()[:1], floor)
    assert sorted(floor.finished) == ["h00", "h03", "instead"]
    assert {one.job.name: one.state for one in made.outcomes} == {
        "h00": State.DONE, "h01": State.WITHDRAWN, "h02": State.WITHDRAWN, "h03": State.DONE, "instead": State.DONE,
    }  # fmt: skip


class Knowing(ScriptedFloor):
    """Knows how slow its devices are, whatever the clock says: it loads models, say."""

    known = 1.0

    def wait(self, until: float) -> Sequence[Event]:
        found = super().wait(until)
        return [replace(event, slowness=self.known) if isinstance(event, Finished) else event for event in found]


def test_what_the_floor_knows_of_the_speed_counts_and_not_the_clock() -> None:
    devices = two()[:1]
    floor = Knowing(devices, {"npu": Script(slow_from=0.0)})
    # Ten times slower than measured, and the floor says that this was not the device's fault.
    made = drive(screens(4), devices, floor, 45.0)
    assert len(floor.finished) == 4
    assert states(made) == {State.DONE}
    floor = Knowing(devices, {"npu": Script(slow_from=0.0)})
    floor.known = 40.0
    # What is believed to take 40 s does not fit into the 35 s that are left.
    made = drive(screens(4), devices, floor, 45.0)
    assert len(floor.finished) == 1


def test_a_device_that_was_late_for_once_is_believed_to_be_as_fast_as_before() -> None:
    (job,) = screens(1)
    station = Station(two()[0])
    station.queue = [Batch("npu", "m on npu", (job,), 0.0, 1.0)]
    station.begin(1, 0.0)
    running = station.end()
    station.slower(running, 5.0)
    assert station.slowness == 10.0
    assert station.learn(running, 5.0, 1.0), "what waits has to be planned anew"
    assert station.slowness == 1.0


def test_models_that_do_not_fit_together_are_put_out_first() -> None:
    seats = (seat("small", memory=2, loading=1.0), Seat("other", frozenset(("embed",)), 100.0, memory=2, loading=1.0))
    jobs = [*screens(3), Job("e0", "embed", 100), Job("e1", "embed", 100)]
    made, floor = driven(jobs, [Device("cpu", 3, seats)])
    assert states(made) == {State.DONE}
    assert floor.peak("cpu") == 2
    assert made.seconds == pytest.approx(7.0)


def test_nothing_to_do() -> None:
    made, _ = driven([], two())
    assert made.outcomes == ()
    assert states(driven(screens(1), [])[0]) == {State.FAILED}
