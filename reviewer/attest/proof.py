"""What is proven about one commit, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from reviewer.attest.sshsig import fingerprint
from reviewer.attest.trailer import Attested
from reviewer.attest.trust import Checked, Standing
from reviewer.attest.waivers import Waiver
from reviewer.records.statement import Statement, Word


class Class(str, Enum):
    """How a commit is covered by reviewed changes."""

    EXACT = "EXACT"
    """(base tree, tree) are those that were reviewed."""
    DELTA = "DELTA"
    """The same happens to the same paths as was reviewed; other paths differ."""
    COMPOSED = "COMPOSED"
    """Whole reviewed changes, one after the other, do exactly what the commit does."""
    REPLAY = "REPLAY"
    """A three-way replay of whole reviewed changes gives exactly this tree."""
    CLEAN_MERGE = "CLEAN-MERGE"
    """A merge of two commits that is what git makes of it without help."""
    RESIDUAL = "RESIDUAL"
    """Anything else: somebody has to look at the paths."""


_WEIGHT = (Word.PASS, Word.WARN, Word.WAIVED, Word.PARTIAL)
"""Of several results the last of these is that of all together."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question about a commit, and its answer."""

    question: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Used:
    """A statement that covers a commit, or a part of it."""

    item: Attested
    checked: Checked
    source: str
    """Where it was found, such as "the message of 1f2e3d4c5b6a"."""

    @property
    def fingerprint(self) -> str:
        """Of the key that signed, as OpenSSH prints it; empty if none did."""
        return fingerprint(self.item.signature.key_digest) if self.item.signature else ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven about one commit."""

    commit: str
    klass: Class
    used: tuple[Used, ...]
    """The statements that cover it, in the order in which they apply; none for a merge. If it is RESIDUAL: those that cover
    the rest of its paths, or the one that was about this change and does not count."""
    standing: Standing
    """Of the signatures; NONE if there is no statement about the commit."""
    residual: tuple[bytes, ...]
    """Paths that are not proven."""
    reasons: tuple[str, ...]
    """Why it is not proven; empty if it is."""
    checks: tuple[Check, ...] = ()

    @property
    def proven(self) -> bool:
        """Nothing of it has to be reviewed again."""
        covered = self.klass is Class.CLEAN_MERGE or self.standing is Standing.VALID
        return self.klass is not Class.RESIDUAL and covered

    @property
    def statement(self) -> Statement | None:
        """The first statement that covers the commit; None if it is RESIDUAL or a merge."""
        return self.used[0].item.statement if self.used and self.klass is not Class.RESIDUAL else None

    @property
    def result(self) -> Word | None:
        """That of all statements together; None if it is RESIDUAL or a merge."""
        if self.klass is Class.RESIDUAL or not self.used:
            return None
        return max((used.item.statement.result for used in self.used), key=_WEIGHT.index)

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """Those that its statements rest on; none if it is RESIDUAL."""
        used = self.used if self.klass is not Class.RESIDUAL else ()
        return tuple(dict.fromkeys(waiver for one in used for waiver in one.item.waivers))

    @property
    def fingerprint(self) -> str:
        """Of the keys that signed; empty if none did."""
        return ", ".join(dict.fromkeys(used.fingerprint for used in self.used if used.fingerprint))

    @property
    def principal(self) -> str:
        """Who they are; empty if nobody vouches for them."""
        return ", ".join(dict.fromkeys(used.checked.principal for used in self.used if used.checked.principal))
