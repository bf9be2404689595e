"""Picks models for this machine: one that reads every hunk, a larger one for the hard ones, one for embeddings.

Pure arithmetic over what the caller knows. Nothing is measured here; what was measured in an exam counts more than estimates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from reviewer.models.catalogue import Entry
from reviewer.models.roles import Grade, Standing

HUNK = 700
"""Tokens of a hunk with its context and the question, where it is long: measured on the way to the design."""

QUICK = 3.0
"""Seconds in which the first model must read that: three such hunks fit the usual budget of 10 s. Own choice."""

PATIENT = 30.0
"""The same for the larger model, which sees few hunks, and the rest where nobody waits. Own choice."""

READS = {"openvino_genai": 369e9, "llama_cpp": 112e9}
"""Tokens a second, times bytes of weights, on two cores: from 330 (OpenVINO, with AMX) and 100 (llama.cpp) tokens/s of a file
of 1.117 GB (Qwen2.5-Coder 1.5B, Q4_K_M). Reading costs in proportion to the weights, and cores help in proportion: a rough
guess that an exam on this machine replaces."""

SPARE = 0.5e9
"""Bytes besides the weights, for a model whose need was not measured: caches and the runtime itself."""

SWOLLEN = {"openvino_genai": 2.4, "llama_cpp": 1.25}
"""Memory over size of the file, measured with the 1.5B: 3.1 GB and 1.9 GB less SPARE, over 1.117 GB."""


CPU = "CPU"


class Place(str, Enum):
    """What a model is picked for; the value is the setting that names it, where there is one."""

    FAST = "model"
    LARGER = "larger_model"
    EMBED = "embed"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What counts of the machine."""

    memory: int
    """Bytes that the models may take together."""
    cores: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model and what is known of it here."""

    entry: Entry
    backend: str
    installed: bool
    """Weights in the store."""
    standings: Mapping[str, Standing]
    """By role, for the roles that the catalogue gives it."""
    device: str = CPU
    """Where it would run here."""
    reads: float = 0.0
    """Tokens a second there, as 'hunkgate devices --measure' found; 0 if it was not measured."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do with one model."""

    candidate: Candidate
    place: Place
    why: str
    """One sentence without a full stop."""
    embeds: bool = False
    """It makes the embeddings, whatever else it does."""

    @property
    def commands(self) -> tuple[str, ...]:
        """What makes it so, as far as it is not so yet."""
        if self.place is Place.NONE:
            return ()
        name, roles = self.candidate.entry.name, self.candidate.standings
        made = [] if self.candidate.installed else [f"hunkgate models pull {name}"]
        if self.place is not Place.EMBED and any(one.state is Grade.UNEXAMINED for one in roles.values()):
            made.append(f"hunkgate models qualify {name}")
        return tuple(made)


def recommend(candidates: Sequence[Candidate], machine: Machine) -> tuple[Advice, ...]:
    """Advice on every candidate, in their order; at most one for each place.

    A model that is picked anyway embeds, too, if it can: that takes no further memory.
    """
    fast = _best([one for one in candidates if not _against_fast(one, machine)])
    left = Machine(machine.memory - (need(fast) if fast else 0), machine.cores)
    larger = _best([one for one in candidates if fast and not _against_larger(one, fast, left)])
    rest = Machine(left.memory - (need(larger) if larger else 0), machine.cores)
    anyway = [one for one in (fast, larger) if one and "embed" in one.entry.roles]
    fit = sorted((one for one in candidates if not _against_embed(one, rest)), key=lambda one: one.entry.size)
    embed = next(iter(anyway + fit), None)
    return tuple(_advice(one, machine, fast, larger, embed) for one in candidates)


def need(candidate: Candidate) -> int:
    """Bytes of memory: measured where the catalogue has it for this backend, else estimated."""
    entry = candidate.entry
    if entry.memory and candidate.backend == entry.backends[0]:
        return entry.memory
    return round(entry.size * SWOLLEN.get(candidate.backend, 1.25) + SPARE)


def reading(candidate: Candidate, machine: Machine) -> tuple[float, bool]:
    """Tokens a second, and whether that was measured here; 0 if nothing can be said.

    The exam asks what a review asks, but on the processor: it says nothing of another device.
    """
    exam = next((one.speed.prefill for one in candidate.standings.values() if one.speed), 0.0)
    measured = (exam or candidate.reads) if candidate.device == CPU else (candidate.reads or exam)
    if measured:
        return measured, True
    if not candidate.entry.size:
        return 0.0, False
    return READS.get(candidate.backend, READS["llama_cpp"]) / candidate.entry.size * machine.cores / 2, False


def _best(candidates: Sequence[Candidate]) -> Candidate | None:
    """One that passed something before one that did not sit the exam, then the largest."""
    return max(candidates, key=lambda one: (_passed(one), one.entry.size), default=None)


def _passed(candidate: Candidate) -> bool:
    """Whether it earned a role that has an exam; only those have a result."""
    return any(one.state is Grade.PASSED and one.result for one in candidate.standings.values())


def _examined(candidate: Candidate) -> Mapping[str, Standing]:
    """Standings in roles that have an exam."""
    return {role: one for role, one in candidate.standings.items() if one.result or one.state is not Grade.PASSED}


def _against_fast(candidate: Candidate, machine: Machine) -> str:
    """Why it cannot be the first model; empty if it can."""
    return _unusable(candidate) or _too_large(candidate, machine.memory) or _too_slow(candidate, machine, QUICK)


def _against_larger(candidate: Candidate, fast: Candidate, left: Machine) -> str:
    unusable = _unusable(candidate)
    if not unusable and candidate.entry.size <= fast.entry.size:
        return f"it is no larger than {fast.entry.name}"
    return unusable or _too_large(candidate, left.memory) or _too_slow(candidate, left, PATIENT)


def _against_embed(candidate: Candidate, left: Machine) -> str:
    if candidate.entry.endpoint is not None:
        return _unusable(candidate)
    if "embed" not in candidate.entry.roles:
        return "the catalogue does not give it the role embed"
    return _too_large(candidate, left.memory)


def _unusable(candidate: Candidate) -> str:
    roles = _examined(candidate)
    if candidate.entry.endpoint is not None:
        return "it is on a server of yours: write its name into model or larger_model if it shall review"
    if not roles:
        return "the catalogue gives it no role in a review"
    if all(one.state is Grade.REFUSED for one in roles.values()):
        return next(iter(roles.values())).line
    return ""


def _too_large(candidate: Candidate, memory: int) -> str:
    needed = need(candidate)
    if needed <= memory:
        return ""
    others = [replace(candidate, backend=other) for other in candidate.entry.backends if other != candidate.backend]
    instead = "".join(f"; on {other.backend} {_gb(need(other))} would do" for other in others if need(other) <= memory)
    return f"on {candidate.backend} it needs {_gb(needed)} of memory, and {_gb(max(memory, 0))} are left for it{instead}"


def _too_slow(candidate: Candidate, machine: Machine, limit: float) -> str:
    pace, measured = reading(candidate, machine)
    seconds = HUNK / pace
    how = "measured" if measured else "estimated"
    return f"it would read a long hunk in {seconds:.0f} s ({how}), more than {limit:.0f} s" if seconds > limit else ""


def _advice(
    one: Candidate, machine: Machine, fast: Candidate | None, larger: Candidate | None, embed: Candidate | None
) -> Advice:
    for place, pick in ((Place.FAST, fast), (Place.LARGER, larger), (Place.EMBED, embed)):
        if one is pick:
            return Advice(one, place, _praise(one, machine), one is embed)
    why = _against_fast(one, machine)
    if not why or fast is None:
        return Advice(one, Place.NONE, why or "another one is better")
    left = Machine(machine.memory - need(fast), machine.cores)
    return Advice(one, Place.NONE, _against_larger(one, fast, left) or f"{(larger or fast).entry.name} is preferred")


def _praise(candidate: Candidate, machine: Machine) -> str:
    pace, measured = reading(candidate, machine)
    passed = [role for role, one in candidate.standings.items() if one.state is Grade.PASSED and one.result]
    earned = f"passed as {', '.join(passed)}" if passed else "not examined yet"
    how = ("measured" if measured else "estimated") + (f", {candidate.device}" if candidate.device != CPU else "")
    return f"{earned}; a long hunk in {HUNK / pace:.1f} s ({how}), {_gb(need(candidate))} of memory"


def _gb(size: float) -> str:
    return f"{size / 1e9:.1f} GB"
