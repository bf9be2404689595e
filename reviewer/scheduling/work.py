"""The nouns of the scheduler: frozen records, no behavior but what follows from their own fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work on one hunk. It is done once, or deferred once, or fails once."""

    name: str
    """Unlike that of any other job."""
    role: str
    """What is done: "classify", "embed", "screen", "review" and so on."""
    read: int
    """Tokens to read."""
    write: int = 0
    """Tokens to write."""
    value: float = 1.0
    """What it is worth to have it done; only compared with that of other jobs."""
    avoid: frozenset[str] = frozenset()
    """Names of devices that must not get it: it was lost there."""
    alone: bool = False
    """It must not be in a batch with others: one that it was in was refused."""

    @property
    def tokens(self) -> int:
        """What has to fit into a model's context."""
        return self.read + self.write


@dataclass(frozen=True, slots=True)
class Seat:
    """A model on a device."""

    name: str
    """Unlike that of any other seat, such as "qwen2.5-coder-1.5b-instruct on GPU"."""
    roles: frozenset[str]
    """What this model may be asked for here."""
    reads: float
    """Tokens a second."""
    writes: float = 0.0
    """Tokens a second; 0 if it cannot write."""
    measured: bool = True
    """Whether the speeds were measured on this machine. A guess defers nothing."""
    memory: int = 0
    """Bytes while it works: weights, its caches at full context, and a full batch."""
    loading: float = 0.0
    """Seconds until it can be asked, if it is not loaded."""
    call: float = 0.0
    """Seconds that every batch costs besides its tokens."""
    batch: int = 1
    """Jobs that one batch may have."""
    context: int = 2**31
    """Tokens that one job may have."""

    def fits(self, job: Job) -> bool:
        """Whether the job can be done here at all."""
        return job.role in self.roles and job.tokens <= self.context and (not job.write or self.writes > 0)

    def seconds(self, job: Job) -> float:
        """What the job adds to its batch; infinite if it does not fit."""
        if not self.fits(job):
            return float("inf")
        return job.read / self.reads + (job.write / self.writes if job.write else 0.0)


@dataclass(frozen=True, slots=True)
class Device:
    """Something that computes one batch at a time."""

    name: str
    memory: int
    """Bytes; what the seats that are loaded take together never exceeds that."""
    seats: tuple[Seat, ...]
    loaded: frozenset[str] = frozenset()
    """Names of the seats that are loaded already."""
    free_at: float = 0.0
    """Seconds from now on at which it can begin."""
    slowness: float = 1.0
    """How many times longer than measured it takes at present."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs that a seat does in one call."""

    device: str
    seat: str
    jobs: tuple[Job, ...]
    begins: float
    """Seconds from the plan's making."""
    seconds: float
    """What it is expected to take, loading included."""
    loading: float = 0.0
    """How much of that is loading."""

    @property
    def ends(self) -> float:
        """Seconds from the plan's making."""
        return self.begins + self.seconds


@dataclass(frozen=True, slots=True)
class Left:
    """A job that is in no batch."""

    job: Job
    reason: str
    """In words, as it will stand in the coverage."""
    can: bool
    """Whether a device could do it if there were time. Else it failed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Every job exactly once, in a batch or left."""

    batches: tuple[Batch, ...]
    """In the order of each device."""
    left: tuple[Left, ...]

    @property
    def makespan(self) -> float:
        """Seconds until the last device is done."""
        return max((batch.ends for batch in self.batches), default=0.0)


class State(str, Enum):
    """What became of a job."""

    DONE = "done"
    DEFERRED = "deferred"
    """The time was over."""
    FAILED = "failed"
    """No device could do it."""
    WITHDRAWN = "withdrawn"
    """The floor wanted it no more before it was begun."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one job."""

    job: Job
    state: State
    device: str = ""
    seat: str = ""
    reason: str = ""
    """Why it was not done; for a job that was done, what happened on the way, such as a device that vanished."""
    value: object = None
    """What the device returned."""
