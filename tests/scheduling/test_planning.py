"""A plan is near the optimum, keeps to the budget, and forgets nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from any_schedule import least_makespan, random_case

from reviewer.scheduling.planning import plan
from reviewer.scheduling.work import Device, Job, Plan, Seat

NEVER = float("inf")


def names(made: Plan) -> list[str]:
    return sorted([job.name for batch in made.batches for job in batch.jobs] + [one.job.name for one in made.left])


def seat(name: str = "m", **fields: object) -> Seat:
    usual: dict[str, object] = {"roles": frozenset(("screen", "review")), "reads": 100.0, "writes": 10.0}
    return Seat(name, **(usual | fields))


def screens(*tokens: int, value: float = 1.0) -> list[Job]:
    return [Job(f"h{number}", "screen", read, value=value) for number, read in enumerate(tokens)]


@pytest.mark.parametrize("seed", range(4))
def test_makespan_is_within_115_percent_of_the_optimum(seed: int) -> None:
    worst = 0.0
    for number in range(300):
        rng = random.Random(f"{seed}-{number}")
        jobs, devices = random_case(rng, rng.randint(1, 3), rng.randint(1, 7))
        made = plan(jobs, devices)
        best = least_makespan(jobs, devices)
        assert names(made) == sorted(job.name for job in jobs)
        assert made.makespan >= best - 1e-9, "the optimum of this test is none"
        worst = max(worst, made.makespan / best if best else 1.0)
    assert worst <= 1.15


@pytest.mark.parametrize("seed", range(3))
def test_budget_is_kept_and_every_job_is_planned_or_left_once(seed: int) -> None:
    for number in range(100):
        rng = random.Random(f"{seed}-{number}")
        jobs, devices = random_case(rng, rng.randint(1, 4), rng.randint(1, 60))
        whole = plan(jobs, devices)
        budget = whole.makespan * rng.random()
        made = plan(jobs, devices, budget)
        assert made.makespan <= budget + 1e-6
        assert names(made) == sorted(job.name for job in jobs)
        assert {one.job.name for one in whole.left} <= {one.job.name for one in made.left}
        for batch in made.batches:
            at = next(one for device in devices for one in device.seats if one.name == batch.seat)
            assert len(batch.jobs) <= at.batch
            assert all(at.fits(job) for job in batch.jobs)


def test_batches_of_a_device_do_not_overlap_and_cost_what_they_say() -> None:
    jobs, devices = random_case(random.Random(8), 3, 50)
    made = plan(jobs, devices)
    for device in devices:
        mine = [batch for batch in made.batches if batch.device == device.name]
        assert [one.begins for one in mine] == pytest.approx([0.0, *[one.ends for one in mine]][: len(mine)])
    assert made.makespan == max(one.ends for one in made.batches)


def test_what_is_worth_most_a_second_is_kept() -> None:
    dear, cheap = screens(100, 100, value=5.0), [Job("x", "screen", 500, value=6.0), Job("y", "screen", 100, value=0.5)]
    made = plan([*cheap, *dear], [Device("cpu", 1, (seat(),))], budget=3.0)
    assert [job.name for batch in made.batches for job in batch.jobs] == ["h0", "h1", "y"]
    assert [one.reason for one in made.left] == ["it would take 5.0 s, and the budget is 3 s"]


def test_what_does_not_fit_says_where_the_time_went() -> None:
    made = plan(screens(100, 100, 200), [Device("cpu", 1, (seat(),))], budget=2.0)
    assert [(one.job.name, one.can, one.reason) for one in made.left] == [
        ("h2", True, "the budget of 2 s went to what is worth more a second")
    ]


def test_a_guess_defers_nothing() -> None:
    made = plan(screens(1000, 1000), [Device("cpu", 1, (seat(measured=False),))], budget=1.0)
    assert made.left == ()


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (Job("a", "embed", 10), "no device has a model for embed"),
        (Job("a", "screen", 5000), "it has 5000 tokens, more than any model here can read"),
        (Job("a", "review", 10, 10), "no model for review can write here"),
        (Job("a", "screen", 10, avoid=frozenset(("cpu",))), "no other device has a model for screen"),
    ],
)
def test_what_cannot_be_done_says_why(job: Job, reason: str) -> None:
    made = plan([job], [Device("cpu", 10, (seat(context=4096, writes=0.0),))])
    assert [(one.can, one.reason) for one in made.left] == [(False, reason)]


def test_a_model_larger_than_the_device_is_not_used() -> None:
    made = plan(screens(100), [Device("npu", 5, (seat("large", memory=6, reads=1e6),)), Device("cpu", 9, (seat(memory=9),))])
    assert [batch.device for batch in made.batches] == ["cpu"]
    made = plan(screens(100), [Device("npu", 5, (seat("large", memory=6),))])
    assert [one.reason for one in made.left] == ["no device has the memory for the model"]


def test_models_that_do_not_fit_together_take_turns_the_loaded_one_first() -> None:
    seats = (
        seat("screener", roles=frozenset(("screen",)), memory=3, loading=2.0),
        seat("writer", roles=frozenset(("review",)), memory=3, loading=2.0),
    )
    jobs = [*screens(10, 10, value=9.0), *(Job(f"r{n}", "review", 10, 1) for n in range(2))]
    made = plan(jobs, [Device("cpu", 4, seats, loaded=frozenset(("writer",)))])
    assert [batch.seat for batch in made.batches] == ["writer", "writer", "screener", "screener"]
    assert [batch.loading for batch in made.batches] == [0.0, 0.0, 2.0, 0.0]


def test_batches_share_what_a_call_costs() -> None:
    made = plan(screens(*[100] * 8), [Device("npu", 1, (seat(batch=4, call=1.0),))])
    assert [len(batch.jobs) for batch in made.batches] == [4, 4]
    assert made.makespan == pytest.approx(10.0)


def test_a_job_that_has_to_be_alone_is_alone() -> None:
    jobs = [replace(job, alone=job.name == "h1") for job in screens(100, 100, 100)]
    made = plan(jobs, [Device("npu", 1, (seat(batch=4),))])
    assert sorted(tuple(job.name for job in batch.jobs) for batch in made.batches) == [("h0", "h2"), ("h1",)]


def test_a_busy_or_slow_device_gets_less() -> None:
    devices = [Device("a", 1, (seat("m on a"),), free_at=3.0), Device("b", 1, (seat("m on b"),))]
    made = plan(screens(*[100] * 5), devices)
    assert sum(batch.device == "b" for batch in made.batches) == 4
    devices = [Device("a", 1, (seat("m on a"),), slowness=10.0), Device("b", 1, (seat("m on b"),))]
    assert {batch.device for batch in plan(screens(*[100] * 5), devices).batches} == {"b"}


def test_nothing_to_do_and_nobody_to_do_it() -> None:
    assert plan([], [Device("cpu", 1, (seat(),))]) == Plan((), ())
    assert [one.reason for one in plan(screens(1), []).left] == ["no device has a model for screen"]
    assert plan(screens(1), [Device("cpu", 1, (seat(),))], 0.0).batches == ()


def test_the_same_question_has_the_same_plan() -> None:
    jobs, devices = random_case(random.Random(3), 3, 80)
    assert plan(jobs, devices, 50.0) == plan(jobs, devices, 50.0)
