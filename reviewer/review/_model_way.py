"""The way of the hunks through the models: what is asked next, and what follows from an answer.

All devices are asked at the same time, by `_model_floor`; what is said is taken in here, by one thread.

screen -> verdict -> write -> anchored or dropped -> confirm -> not what the rules said already -> finding
triage: findings of the rules of medium confidence
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from reviewer.errors import BackendError, HunkgateError, OverdueError
from reviewer.records import Finding, Hunk, State
from reviewer.review import _model_roles as roles
from reviewer.review import _model_schedule as schedule
from reviewer.review import _model_triage as triage
from reviewer.review._model_asking import Asking, ends, least
from reviewer.review._model_choice import judge_of, profile_of, reviewer_of, risk_of, screener_of
from reviewer.review._model_findings import finding, repeats
from reviewer.review._model_ledger import NAME, Ledger, Part
from reviewer.review._model_parts import Parts
from reviewer.review._model_question import Reply, log_odds
from reviewer.review._model_schedule import Answer
from reviewer.review._model_seats import Missing, Seat, Seats
from reviewer.review._model_statements import Statement, stated
from reviewer.review._model_tasks import About, Task, Tasks
from reviewer.review._model_taxonomy import worded
from reviewer.review.interface import Job, Outcome


@dataclass(slots=True)
class Way:
    """One review."""

    job: Job
    seats: Seats
    parts: Parts
    asking: Asking
    ledger: Ledger
    tasks: Tasks
    findings: list[Finding] = field(default_factory=list)
    doubted: dict[tuple[bytes, int, str], str] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    """Statements that got lost, by what happened to them."""
    unjudged: int = 0
    """Findings of the rules that should have been judged and were not."""

    def begin(self) -> None:
        """Put the first questions, and take in every answer that is known. What waits then has to be asked."""
        for hunk in self.job.hunks:
            self._begin(hunk)
        self._alarms()
        self.take_known()

    def outcome(self) -> Outcome:
        """What came of it, once nothing waits any more."""
        identity = " | ".join(seat.identity for seat in self._asked())
        identities = {NAME: identity} if identity else {}
        doubted = dict(sorted(self.doubted.items()))
        forced = frozenset(role for seat in self._asked() for role in seat.forced)
        entries, notes = self.ledger.entries(), self._notes()
        return Outcome(sorted(self.findings, key=_place), entries, identities, notes, forced=forced, doubted=doubted)

    def take_known(self) -> None:
        """Take in every answer that is there already, and what follows from it, as far as that is there."""
        for task in self.tasks.known():
            if task.seat.broken:
                self._elsewhere(task)
            else:
                self._said(task, self.asking.answer(task.seat, task.question, task.part.hunk.content_id).reply)

    def take(self, task: Task, said: Answer | HunkgateError) -> None:
        """Take in what came of a question.

        Raises:
            HunkgateError: it is none of the model's.
        """
        if isinstance(said, Answer):
            self._said(task, said.reply)
        elif isinstance(said, OverdueError):
            self.too_late(task, over=True)
        elif not isinstance(said, BackendError):
            raise said
        elif ends(said):
            self._broke(task, said.told)
        else:
            self.failed(task, said.told)

    def _broke(self, task: Task, why: str) -> None:
        """A model is no more: what it was to be asked is asked elsewhere, or failed."""
        task.seat.broken = why
        waiting = [other.name for other in self.tasks.waiting.values() if other.seat is task.seat]
        for lost in (task, *map(self.tasks.take, waiting)):
            self._elsewhere(lost)

    def _begin(self, hunk: Hunk) -> None:
        parts = self.parts.of(hunk)
        if not parts:
            self.ledger.close(hunk, State.SKIPPED, "adds nothing but blank lines")
            return
        self.ledger.expect(hunk, len(parts))
        for part in parts:
            self._enter(part)

    def _enter(self, part: Part) -> None:
        """The first question about a part; also the first one to another model, after one broke down."""
        reviewer, screener = self._reviewer(part.hunk), self._screener(part.hunk)
        prior = schedule.prior(profile_of(self.job, part.hunk))
        if reviewer is None:
            missing = self.seats.refusal("review")
            self.ledger.close(part.hunk, missing.state, missing.reason)
        elif screener is not None:
            self.tasks.add("screen", part, screener, roles.screen(part.context), prior)
        else:
            self.tasks.add("verdict", part, reviewer, roles.verdict(part.context), prior)

    def _alarms(self) -> None:
        for alarm, part, label in triage.questions(self.job.others.findings, self.job.hunks, self.parts):
            seat = judge_of(self.seats, self.job, part.hunk)
            if seat is not None:
                question = roles.triage(part.context, label, self.parts.said(triage.claim(alarm)))
                self.tasks.add("triage", part, seat, question, schedule.MISGIVING, About(alarm=alarm))

    def _said(self, task: Task, reply: Reply) -> None:
        try:
            self._follow(task, reply)
        except BackendError as error:
            # It is no answer to what was asked.
            self.failed(task, error.told)

    def _follow(self, task: Task, reply: Reply) -> None:
        {
            "screen": self._screened,
            "verdict": self._judged,
            "write": self._written,
            "confirm": self._confirmed,
            "triage": self._triaged,
        }[task.step](task, reply)

    def _screened(self, task: Task, reply: Reply) -> None:
        permit, score = task.seat.permits["screen"], log_odds(reply)
        reviewer, evidence = self._reviewer(task.part.hunk), risk_of(self.job, task.part.hunk)
        if not permit.counts(score, evidence):
            self.ledger.close(task.part.hunk, State.REVIEWED)
        elif reviewer is None:
            missing = self.seats.refusal("review")
            self.ledger.close(task.part.hunk, missing.state, missing.reason)
        else:
            self.tasks.add("verdict", task.part, reviewer, roles.verdict(task.part.context), permit.probability(score, evidence))

    def _judged(self, task: Task, reply: Reply) -> None:
        permit, score = task.seat.permits["review"], log_odds(reply)
        if score < least(permit, "review"):
            self.ledger.close(task.part.hunk, State.REVIEWED)
        else:
            self.tasks.add("write", task.part, task.seat, roles.review(task.part.context), permit.probability(score))

    def _written(self, task: Task, reply: Reply) -> None:
        said = stated(task.part.context, reply)
        self.lost["held on to no new line"] += said.dropped
        self.ledger.close(task.part.hunk, State.REVIEWED)
        larger = self.seats.holder("confirm")
        for statement in said.kept:
            if larger is None:
                self._find(task.part.hunk, statement, task.seat, confirmed=False)
                continue
            claim = self.parts.said(f"{worded(statement.defect)} {statement.why}")
            question = roles.confirm(task.part.context, statement.row.label, claim)
            self.tasks.add("confirm", task.part, larger, question, 1.0, About(statement, task.seat))

    def _confirmed(self, task: Task, reply: Reply) -> None:
        assert task.about.statement is not None
        assert task.about.reviewer is not None
        if task.seat.permits["confirm"].counts(log_odds(reply)):
            self._find(task.part.hunk, task.about.statement, task.about.reviewer, confirmed=True, judge=task.seat)
        else:
            self.lost["did not stand a second look"] += 1

    def _triaged(self, task: Task, reply: Reply) -> None:
        assert task.about.alarm is not None
        permit, score = task.seat.permits["triage"], log_odds(reply)
        if not permit.counts(score):
            key = (task.about.alarm.path, task.about.alarm.start_line, task.about.alarm.rule)
            self.doubted[key] = triage.doubt(task.seat.name, permit, score)

    def _find(self, hunk: Hunk, statement: Statement, seat: Seat, *, confirmed: bool, judge: Seat | None = None) -> None:
        roles_used = [seat.permits["review"]] + ([judge.permits["confirm"]] if judge else [])
        forced = any(permit.forced for permit in roles_used) or self._screen_forced(hunk)
        made = finding(hunk, statement, seat.name, forced=forced, confirmed=confirmed)
        if repeats(made, self.job.others.findings):
            self.lost["repeated what others found"] += 1
        else:
            self.findings.append(made)

    def _screen_forced(self, hunk: Hunk) -> bool:
        screener = self._screener(hunk)
        return screener is not None and screener.permits["screen"].forced

    def too_late(self, task: Task, *, over: bool) -> None:
        """Not asked, or asked in vain, for want of time.

        Args:
            over: all time is; else there was not enough for this one.
        """
        session = task.seat.session
        budget = f"the budget of {self.job.policy.budget:g} s"
        ran_out = f"{budget} ran out" + (" before the model was loaded" if session and not session.loading else "")
        self._end(task, State.DEFERRED, ran_out if over else f"does not fit into what is left of {budget}")

    def failed(self, task: Task, reason: str) -> None:
        """Nobody could answer it."""
        self._end(task, State.FAILED, reason)

    def _end(self, task: Task, state: State, reason: str) -> None:
        """A question without an answer. What was stated stands without its second look; an alarm stays as it was."""
        if task.step == "confirm":
            assert task.about.statement is not None
            assert task.about.reviewer is not None
            self.lost["got no second look"] += 1
            self._find(task.part.hunk, task.about.statement, task.about.reviewer, confirmed=False)
        elif task.step == "triage":
            self.unjudged += 1
        else:
            self.ledger.close(task.part.hunk, state, reason)

    def _elsewhere(self, task: Task) -> None:
        """The model that was to be asked is no more: ask the other one, if there is one for this."""
        if task.step in ("screen", "verdict", "write") and self._reviewer(task.part.hunk) is not None:
            self._enter(task.part)
        else:
            self.failed(task, task.seat.broken)

    def _reviewer(self, hunk: Hunk) -> Seat | None:
        return reviewer_of(self.seats, self.job, hunk)

    def _screener(self, hunk: Hunk) -> Seat | None:
        return screener_of(self.seats, self.job, hunk)

    def _asked(self) -> list[Seat]:
        """The models that had a part in this, whoever was first."""
        return [seat for seat in self.seats.all if self.asking.used(seat)]

    def _notes(self) -> list[str]:
        notes = [
            f"{seat.name} was loaded in {seat.session.loading:.1f} s"
            for seat in self._asked()
            if seat.session is not None and seat.session.loading
        ]
        notes += sorted(self.asking.notes)
        if isinstance(self.seats.larger, Missing):
            notes.append(f"no second look: {self.seats.larger.reason}")
        notes += [f"statements of the model that {what}: {number}" for what, number in sorted(self.lost.items()) if number]
        if self.unjudged:
            notes.append(f"findings of the rules that no model judged: {self.unjudged}")
        return notes


def _place(found: Finding) -> tuple[bytes, int, str, str]:
    return found.path, found.start_line, found.rule, found.message
