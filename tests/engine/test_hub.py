"""Who is asked when, who has to go, and that every question gets one reply: decided without a process or a clock."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reviewer.engine import hub as hub_module
from reviewer.engine.client import CrashedError, Task
from reviewer.engine.hand import Event, Happening, Spec, ending
from reviewer.engine.hub import Hub
from reviewer.engine.limits import Limits, from_json
from reviewer.engine.protocol import error_to_json
from reviewer.engine.slot import State
from reviewer.engine.ticket import Ticket
from reviewer.errors import AbandonedError, BackendError

CRASH = ending(CrashedError("died"))
REFUSAL = error_to_json(BackendError("no such thing"))
TAKEN_BACK = error_to_json(AbandonedError("nobody waits"))


class FakeHand:
    """A worker that does what the test says."""

    def __init__(self, spec: Spec, process: int) -> None:
        self.spec = spec
        self.process = process
        self.given: list[Mapping[str, Any]] = []
        self.tasks: list[Task] = []
        """What has no reply yet."""
        self.taken_back: list[str] = []
        self.dismissed = False

    def give(self, tasks: Sequence[Task]) -> None:
        assert not self.tasks
        self.tasks = list(tasks)
        self.given += [task.request for task in tasks]

    def take_back(self, task: Task) -> None:
        if task in self.tasks:
            self.taken_back.append(task.request["name"])

    def dismiss(self) -> None:
        self.dismissed = True


class World:
    """A hub with fake hands."""

    def __init__(self, *, memory: int = 0) -> None:
        self.hands: list[FakeHand] = []
        self.sizes: dict[int, int] = {}
        self.hub = Hub(self._hire, lambda process: self.sizes.get(process, 0))  # type: ignore[arg-type]  # a fake
        self.hub.limits = Limits(memory=memory)
        self.replies: dict[str, list[Mapping[str, Any]]] = {}
        self._number = 0

    def _hire(self, spec: Spec) -> FakeHand:
        hand = FakeHand(spec, 1000 + len(self.hands))
        self.sizes[hand.process] = 100
        self.hands.append(hand)
        return hand

    def ticket(
        self, name: str, *, deadline: float = 1e9, priority: int = 0, attach: bool = False, system: str = "", material: str = ""
    ) -> Ticket:
        self._number += 1
        replies = self.replies.setdefault(name, [])
        request = {"name": name, "op": "choose", "system": system or f"of {name}", "material": material}
        return Ticket({} if attach else request, deadline, priority, self._number, replies.append)

    def attach(self, model: str = "m") -> str:
        return self.hub.attach(spec(model), self.ticket(f"attach {model}", attach=True))

    def ask(self, key: str, name: str, **how: Any) -> Ticket:
        ticket = self.ticket(name, **how)
        self.hub.ask(key, ticket)
        return ticket

    def tell(self, hand: FakeHand, what: Happening, reply: Mapping[str, Any] | None = None) -> None:
        self.hub.happened(Event(hand, what, reply or {}))  # type: ignore[arg-type]  # a fake

    def loaded(self, model: str = "m", size: int = 100) -> tuple[str, FakeHand]:
        key = self.attach(model)
        hand = self.hands[-1]
        self.sizes[hand.process] = size
        self.tell(hand, Happening.LOADED)
        return key, hand

    def answer(self, hand: FakeHand) -> None:
        """To the first task that has none."""
        self.reply(hand, {"ok": hand.tasks[0].request["name"]})

    def reply(self, hand: FakeHand, reply: Mapping[str, Any]) -> None:
        hand.tasks.pop(0)
        self.tell(hand, Happening.REPLIED if hand.tasks else Happening.ANSWERED, reply)

    def crash(self, hand: FakeHand) -> None:
        self.tell(hand, Happening.ENDED, CRASH)
        self.sizes[hand.process] = 0
        self.tell(hand, Happening.CLOSED)


def spec(model: str) -> Spec:
    """One that takes only free room if it is called so."""
    return Spec("python", "scripted", {"op": "load", "files": {"name": model}, "modest": model == "modest"})


def told(world: World, name: str) -> str:
    """What the one reply says."""
    (reply,) = world.replies[name]
    return str(reply["error"]["what"])


def test_gates_share_a_worker_and_wait_for_its_loading() -> None:
    world = World()
    world.attach()
    world.attach()
    assert len(world.hands) == 1
    assert world.replies["attach m"] == []
    world.tell(world.hands[0], Happening.LOADED)
    assert world.replies["attach m"] == [{"ok": None}] * 2
    world.attach()
    assert len(world.replies["attach m"]) == 3


def test_another_setting_is_another_worker() -> None:
    world = World()
    world.attach("a")
    world.attach("b")
    assert len(world.hands) == 2


def test_questions_go_by_priority_then_deadline_then_arrival() -> None:
    world = World()
    key, hand = world.loaded()
    for name, deadline, priority in (("first", 9, 0), ("low", 1, 5), ("late", 8e8, 0), ("soon", 5e8, 0), ("soon too", 5e8, 0)):
        world.ask(key, name, deadline=1e8 + deadline, priority=priority)
    for _ in range(5):
        world.answer(hand)
    assert [one["name"] for one in hand.given] == ["first", "soon", "soon too", "late", "low"]
    assert all(world.replies[name] == [{"ok": name}] for name in world.replies if name != "attach m")


def test_a_gate_that_hung_up_is_not_asked_for() -> None:
    world = World()
    key, hand = world.loaded()
    running = world.ask(key, "running")
    world.ask(key, "waiting").cancel()
    world.ask(key, "last")
    running.cancel()
    world.answer(hand)
    assert [one["name"] for one in hand.given] == ["running", "last"]
    assert world.replies["running"] == world.replies["waiting"] == []


def test_what_waits_beyond_its_deadline_is_told_so_and_never_asked() -> None:
    world = World()
    key, hand = world.loaded()
    world.ask(key, "running")
    world.ask(key, "late", deadline=time.monotonic() - 1)
    world.hub.tick()
    assert world.replies["late"][0]["error"]["overdue"] is True
    assert "busy" in told(world, "late")
    world.answer(hand)
    assert len(hand.given) == 1


def test_loading_goes_on_when_the_gate_has_left() -> None:
    world = World()
    world.hub.attach(spec("m"), world.ticket("gate", deadline=time.monotonic() - 1, attach=True))
    world.hub.tick()
    assert "still loading" in told(world, "gate")
    assert not world.hands[0].dismissed
    world.tell(world.hands[0], Happening.LOADED)
    world.attach()
    assert len(world.hands) == 1
    assert world.replies["attach m"] == [{"ok": None}]


def test_a_crash_costs_the_running_question_and_the_others_go_to_the_next_worker() -> None:
    world = World()
    key, hand = world.loaded()
    world.ask(key, "poison")
    world.ask(key, "other")
    world.crash(hand)
    assert world.replies["poison"] == [CRASH]
    assert world.replies["other"] == []
    world.tell(world.hands[1], Happening.LOADED)
    world.answer(world.hands[1])
    assert world.replies["other"] == [{"ok": "other"}]
    assert world.hub.slots[key].restarts == 1


def test_after_a_second_crash_without_an_answer_it_rests() -> None:
    world = World()
    key, hand = world.loaded()
    world.ask(key, "poison")
    world.crash(hand)
    world.tell(world.hands[1], Happening.LOADED)
    world.ask(key, "poison again")
    world.ask(key, "waiting")
    world.crash(world.hands[1])
    assert world.replies["poison again"] == [CRASH]
    assert "2 times without an answer, the last time because died" in told(world, "waiting")
    assert len(world.hands) == 2
    world.attach("m")
    assert "rest" in str(world.replies["attach m"][-1])
    world.hub.slots[key].rests_until = 0
    world.attach("m")
    assert len(world.hands) == 3
    world.crash(world.hands[2])
    assert len(world.hands) == 3


def test_an_answer_between_forgives_a_crash() -> None:
    world = World()
    key, hand = world.loaded()
    for round_ in range(3):
        world.ask(key, f"poison {round_}")
        world.crash(hand)
        hand = world.hands[-1]
        world.tell(hand, Happening.LOADED)
        world.ask(key, f"good {round_}")
        world.answer(hand)
    assert world.hub.slots[key].restarts == 3
    assert world.hub.slots[key].state is State.IDLE


def test_a_refused_model_is_told_and_not_restarted() -> None:
    world = World()
    world.attach()
    world.tell(world.hands[0], Happening.REFUSED, REFUSAL)
    world.tell(world.hands[0], Happening.CLOSED)
    assert world.replies["attach m"] == [REFUSAL]
    assert len(world.hands) == 1
    world.attach()
    assert len(world.hands) == 2


def test_a_worker_that_was_killed_while_idle_costs_no_question() -> None:
    world = World()
    key, hand = world.loaded()
    world.sizes[hand.process] = 0
    world.ask(key, "question")
    assert hand.dismissed
    assert hand.given == []
    world.tell(hand, Happening.CLOSED)
    world.tell(world.hands[1], Happening.LOADED)
    world.answer(world.hands[1])
    assert world.replies["question"] == [{"ok": "question"}]


def test_a_worker_that_was_killed_while_idle_is_started_again_by_the_next_question() -> None:
    world = World()
    key, hand = world.loaded()
    world.sizes[hand.process] = 0
    world.hub.tick()
    world.tell(hand, Happening.CLOSED)
    assert len(world.hands) == 1
    world.ask(key, "question")
    assert len(world.hands) == 2
    assert (world.hub.slots[key].restarts, world.hub.slots[key].crashes) == (1, 0)


def test_a_thread_that_ends_without_a_word_is_a_crash() -> None:
    world = World()
    key, hand = world.loaded()
    world.ask(key, "question")
    world.tell(hand, Happening.CLOSED)
    assert world.replies["question"][0]["ended"] == "crashed"
    assert len(world.hands) == 2


def test_events_of_a_worker_that_left_change_nothing() -> None:
    world = World()
    key, hand = world.loaded()
    world.ask(key, "poison")
    world.crash(hand)
    world.tell(hand, Happening.ANSWERED, {"ok": "ghost"})
    world.tell(hand, Happening.LOADED)
    assert world.hub.slots[key].state is State.LOADING
    assert world.replies["poison"] == [CRASH]


def test_an_unknown_model_is_told() -> None:
    world = World()
    world.ask("never attached", "question")
    assert told(world, "question") == "no model is loaded"


def test_the_least_recently_used_idle_model_goes_for_the_next_one() -> None:
    world = World(memory=250)
    key_a, first = world.loaded("a")
    _, second = world.loaded("b")
    world.ask(key_a, "question")
    world.answer(first)
    world.hub.slots[spec("c").key] = hub_module.Slot(spec("c"), size=100)
    world.attach("c")
    assert second.dismissed
    assert not first.dismissed
    assert len(world.hands) == 2, "the next one is started only when the memory is free"
    world.tell(second, Happening.CLOSED)
    assert len(world.hands) == 3
    world.tell(world.hands[2], Happening.LOADED)
    assert world.replies["attach c"] == [{"ok": None}]


def test_a_model_that_was_put_out_is_loaded_again_for_its_gate() -> None:
    world = World(memory=150)
    key, first = world.loaded("a")
    _, second = world.loaded("b")
    assert first.dismissed, "what a model takes is known when it is loaded"
    world.tell(first, Happening.CLOSED)
    world.ask(key, "question")
    assert second.dismissed
    world.tell(second, Happening.CLOSED)
    world.tell(world.hands[2], Happening.LOADED)
    world.answer(world.hands[2])
    assert world.replies["question"] == [{"ok": "question"}]


def test_a_busy_model_is_not_put_out_and_the_next_one_is_refused() -> None:
    world = World(memory=150)
    key, hand = world.loaded("a")
    world.ask(key, "question")
    world.hub.slots[spec("b").key] = hub_module.Slot(spec("b"), size=100)
    world.attach("b")
    assert "model b needs" in told(world, "attach b")
    assert "busy models use" in told(world, "attach b")
    assert not hand.dismissed
    world.answer(hand)
    assert world.replies["question"] == [{"ok": "question"}]


def test_nobody_is_put_out_for_a_modest_one() -> None:
    world = World(memory=150)
    _, model = world.loaded("a")
    _, modest = world.loaded("modest")
    assert modest.dismissed, "what it takes is known when it is loaded"
    assert "model modest needs" in told(world, "attach modest")
    assert not model.dismissed
    world.tell(modest, Happening.CLOSED)
    world.replies.clear()
    world.attach("modest")
    assert "model modest needs" in told(world, "attach modest")
    assert len(world.hands) == 2, "now that is known before"


def test_a_modest_one_goes_first() -> None:
    world = World(memory=250)
    _, model = world.loaded("a")
    _, modest = world.loaded("modest")
    assert not modest.dismissed
    world.loaded("b")
    assert modest.dismissed
    assert not model.dismissed


def test_who_is_told_that_a_model_is_loading_hears_how_that_ended_before() -> None:
    world = World()
    world.attach()
    world.tell(world.hands[0], Happening.REFUSED, REFUSAL)
    world.tell(world.hands[0], Happening.CLOSED)
    world.hub.attach(spec("m"), world.ticket("again", deadline=time.monotonic(), attach=True))
    world.hub.tick()
    assert told(world, "again").endswith("the last time that ended with: no such thing")


def test_what_cannot_fit_is_refused_without_putting_out_anybody() -> None:
    world = World(memory=150)
    _, hand = world.loaded("a")
    world.hub.slots[spec("b").key] = hub_module.Slot(spec("b"), size=151)
    world.attach("b")
    assert "model b needs" in told(world, "attach b")
    assert not hand.dismissed


def test_a_model_that_turns_out_too_large_is_ended_and_the_next_time_not_even_loaded() -> None:
    world = World(memory=150)
    _, hand = world.loaded("a", size=200)
    assert "engine may use" in told(world, "attach a")
    assert hand.dismissed
    world.tell(hand, Happening.CLOSED)
    world.attach("a")
    assert len(world.hands) == 1
    assert len(world.replies["attach a"]) == 2


def test_a_model_that_grew_is_put_out_when_it_has_answered() -> None:
    world = World(memory=150)
    key, hand = world.loaded("a")
    world.ask(key, "one")
    world.sizes[hand.process] = 200
    world.hub.tick()
    assert not hand.dismissed
    world.answer(hand)
    assert hand.dismissed
    assert world.replies["one"] == [{"ok": "one"}]
    world.tell(hand, Happening.CLOSED)
    world.ask(key, "two")
    world.tell(world.hands[1], Happening.LOADED)
    world.answer(world.hands[1])
    assert world.replies["two"] == [{"ok": "two"}]


def test_only_some_absent_models_are_remembered() -> None:
    world = World()
    for number in range(40):
        world.attach(f"m{number}")
        world.tell(world.hands[-1], Happening.REFUSED, REFUSAL)
        world.tell(world.hands[-1], Happening.CLOSED)
    assert len(world.hub.slots) <= 17


@pytest.mark.parametrize("value", [None, {}, {"idle": "x"}, {"idle": -1}, {"memory": True}, {"idle": float("nan")}, [1]])
def test_limits_that_make_no_sense_change_nothing(value: object) -> None:
    assert from_json(value, Limits(5.0, 7)) == Limits(5.0, 7)


def test_a_ticket_answers_once() -> None:
    replies: list[Mapping[str, Any]] = []
    ticket = Ticket({}, 0.0, 0, 1, replies.append)
    ticket.settle({"ok": 1})
    ticket.settle({"ok": 2})
    assert replies == [{"ok": 1}]
    assert not ticket.wanted


def test_limits_are_those_of_the_last_gate() -> None:
    assert from_json({"idle": 3, "memory": 4}, Limits(5.0, 7)) == Limits(3.0, 4)


def test_questions_under_the_same_instructions_are_given_together() -> None:
    world = World()
    key, hand = world.loaded()
    world.ask(key, "running")
    for name, system, material in (("a1", "a", "x"), ("a2", "a", "y"), ("a3", "a", "x"), ("b", "b", "x"), ("a4", "a", "x")):
        world.ask(key, name, system=system, material=material)
    world.answer(hand)
    assert [task.request["name"] for task in hand.tasks] == ["a1", "a3", "a2"], (
        "one material after the other, and nobody is passed"
    )
    assert world.hub.slots[key].described(0)["waiting"] == 4
    for name in ("a1", "a3", "a2"):
        assert world.replies[name] == []
        world.answer(hand)
        assert world.replies[name] == [{"ok": name}]
    assert [task.request["name"] for task in hand.tasks] == ["b"]
    assert world.hub.slots[key].requests == 4


def test_only_so_many_are_given_together_and_only_of_one_priority() -> None:
    world = World()
    key, hand = world.loaded()
    world.ask(key, "running")
    for number in range(12):
        world.ask(key, f"q{number}", system="a", priority=number // 10)
    world.answer(hand)
    assert len(hand.tasks) == 8
    for _ in range(8):
        world.answer(hand)
    assert [task.request["name"] for task in hand.tasks] == ["q8", "q9"]


def test_a_large_question_is_given_alone() -> None:
    world = World()
    key, hand = world.loaded()
    world.ask(key, "running")
    for name in ("one", "two"):
        world.ask(key, name, system="a", material="x" * 600_000)
    world.answer(hand)
    assert [task.request["name"] for task in hand.tasks] == ["one"]


def together(world: World, *names: str, **how: Any) -> tuple[str, FakeHand]:
    """A worker that was given these at once."""
    key, hand = world.loaded()
    world.ask(key, "running")
    for name in names:
        world.ask(key, name, system="a", **how)
    world.answer(hand)
    assert [task.request["name"] for task in hand.tasks] == list(names)
    return key, hand


def test_a_refused_item_spoils_no_other() -> None:
    world = World()
    _, hand = together(world, "good", "bad", "fine")
    world.answer(hand)
    world.reply(hand, REFUSAL)
    world.answer(hand)
    assert [world.replies[name] for name in ("good", "bad", "fine")] == [[{"ok": "good"}], [REFUSAL], [{"ok": "fine"}]]


def test_a_crash_costs_the_item_that_had_begun_and_no_other() -> None:
    world = World()
    _, hand = together(world, "good", "poison", "fine", "well")
    world.answer(hand)
    world.crash(hand)
    assert world.replies["poison"] == [CRASH]
    assert world.replies["fine"] == world.replies["well"] == []
    world.tell(world.hands[1], Happening.LOADED)
    world.answer(world.hands[1])
    world.answer(world.hands[1])
    assert (world.replies["fine"], world.replies["well"]) == ([{"ok": "fine"}], [{"ok": "well"}])


def test_an_item_that_is_late_before_it_began_is_told_at_its_deadline() -> None:
    world = World()
    key, hand = together(world, "long", "short", deadline=time.monotonic() + 0.05)
    assert world.hub.next_deadline() < time.monotonic() + 1
    time.sleep(0.06)
    world.hub.tick()
    assert world.replies["long"] == [], "the worker keeps the time of what has begun"
    assert "busy with other questions" in told(world, "short")
    assert hand.taken_back == ["short"]
    assert world.hub.next_deadline() == float("inf")
    world.answer(hand)
    world.reply(hand, TAKEN_BACK)
    assert len(world.replies["short"]) == 1
    assert world.hub.slots[key].last_error == ""


def test_an_item_of_a_gate_that_left_is_taken_back_and_the_others_are_not() -> None:
    world = World()
    key, hand = together(world, "first", "second", "third")
    world.hub.slots[key].running[1].ticket.cancel()
    world.hub.left(key)
    assert hand.taken_back == ["second"]
    world.answer(hand)
    world.reply(hand, TAKEN_BACK)
    world.answer(hand)
    assert [world.replies[name] for name in ("first", "second", "third")] == [[{"ok": "first"}], [], [{"ok": "third"}]]


def test_what_has_not_begun_waits_again_for_somebody_more_urgent() -> None:
    world = World()
    key, hand = together(world, "first", "second", "third", priority=5)
    world.ask(key, "urgent", priority=0)
    assert hand.taken_back == ["second", "third"]
    world.answer(hand)
    world.answer(hand)
    world.reply(hand, TAKEN_BACK)
    assert world.replies["second"] == [{"ok": "second"}], "it was answered before the worker heard of it"
    assert [task.request["name"] for task in hand.tasks] == ["urgent"]
    world.answer(hand)
    world.answer(hand)
    assert (world.replies["urgent"], world.replies["third"]) == ([{"ok": "urgent"}], [{"ok": "third"}])
    assert world.hub.slots[key].last_error == ""


class EveryQuestionOnce(RuleBasedStateMachine):
    """Whatever workers and gates do in whatever order: no question has two replies, and in the end each has one."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(memory=250)
        self.asked: dict[str, Ticket] = {}
        self.cancelled: set[str] = set()
        self.keys = [self.world.attach(model) for model in "abc"]

    def _live(self) -> list[FakeHand]:
        return [slot.hand for slot in self.world.hub.slots.values() if slot.hand is not None]  # type: ignore[misc]  # a fake

    def _in(self, *states: State) -> list[FakeHand]:
        slots = self.world.hub.slots.values()
        return [slot.hand for slot in slots if slot.hand is not None and slot.state in states]  # type: ignore[misc]  # a fake

    @rule(model=st.integers(0, 2), priority=st.integers(0, 2), soon=st.booleans(), system=st.sampled_from(["", "a", "a", "b"]))
    def ask(self, model: int, priority: int, soon: bool, system: str) -> None:
        name = f"q{len(self.asked)}"
        deadline = time.monotonic() + (0.0 if soon else 1e6)
        how = {"priority": priority, "deadline": deadline, "system": system, "material": name[-1]}
        self.asked[name] = self.world.ask(self.keys[model], name, **how)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def hang_up(self, data: Any) -> None:
        name = data.draw(st.sampled_from(sorted(self.asked)))
        self.asked[name].cancel()
        if not self.world.replies[name]:
            self.cancelled.add(name)
        for key in self.keys:
            self.world.hub.left(key)

    @precondition(lambda self: self._in(State.BUSY))
    @rule(data=st.data())
    def stop_computing(self, data: Any) -> None:
        hand = data.draw(st.sampled_from(self._in(State.BUSY)))
        if hand.tasks[0].request["name"] in hand.taken_back:
            self.world.reply(hand, TAKEN_BACK)

    @precondition(lambda self: self._in(State.LOADING))
    @rule(data=st.data(), size=st.sampled_from([50, 100, 200, 300]))
    def load(self, data: Any, size: int) -> None:
        hand = data.draw(st.sampled_from(self._in(State.LOADING)))
        self.world.sizes[hand.process] = size
        self.world.tell(hand, Happening.LOADED)

    @precondition(lambda self: self._in(State.BUSY))
    @rule(data=st.data())
    def answer(self, data: Any) -> None:
        self.world.answer(data.draw(st.sampled_from(self._in(State.BUSY))))

    @precondition(lambda self: self._in(State.BUSY, State.LOADING))
    @rule(data=st.data(), silently=st.booleans())
    def crash(self, data: Any, silently: bool) -> None:
        hand = data.draw(st.sampled_from(self._in(State.BUSY, State.LOADING)))
        if silently:
            self.world.tell(hand, Happening.CLOSED)
        else:
            self.world.crash(hand)

    @precondition(lambda self: self._in(State.IDLE))
    @rule(data=st.data())
    def die_idle(self, data: Any) -> None:
        self.world.sizes[data.draw(st.sampled_from(self._in(State.IDLE))).process] = 0

    @rule()
    def tick(self) -> None:
        self.world.hub.tick()
        self.close_dismissed()

    @rule()
    def close_dismissed(self) -> None:
        for hand in self.world.hands:
            if hand.dismissed:
                self.world.sizes[hand.process] = 0
                self.world.tell(hand, Happening.CLOSED)

    @invariant()
    def no_question_has_two_replies(self) -> None:
        assert all(len(self.world.replies[name]) <= 1 for name in self.asked)
        assert all(not self.world.replies[name] for name in self.cancelled)

    @invariant()
    def nobody_waits_for_an_idle_worker(self) -> None:
        for slot in self.world.hub.slots.values():
            if slot.state is State.IDLE:
                assert not [one for one in slot.waiting if one.wanted]
            assert bool(slot.running) == (slot.state is State.BUSY)
            if slot.state is State.BUSY:
                tasks = slot.hand.tasks  # type: ignore[union-attr]  # a fake
                assert [one.task for one in slot.running] == tasks, "what the hub and the worker believe"

    def teardown(self) -> None:
        for _ in range(400):
            self.close_dismissed()
            for hand in self._in(State.LOADING):
                self.world.tell(hand, Happening.LOADED)
            for hand in self._in(State.BUSY):
                if hand.tasks[0].request["name"] in hand.taken_back:
                    self.world.reply(hand, TAKEN_BACK)
                else:
                    self.world.answer(hand)
            if not self.world.hub.working:
                break
        self.world.hub.tick()
        lost = [name for name in self.asked if not self.world.replies[name] and name not in self.cancelled]
        assert lost == []


TestEveryQuestionOnce = EveryQuestionOnce.TestCase
TestEveryQuestionOnce.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
