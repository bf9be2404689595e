"""Whether a signed statement about a change counts here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewer.attest.delta import Delta
from reviewer.attest.requirements import Requirements
from reviewer.attest.statement import signed_bytes
from reviewer.attest.trailer import Attested
from reviewer.attest.trust import Checked, Standing, Trust

Former = Callable[[str], Sequence[str]]
"""From a base tree to further ids of the repository under which a change of it may have been signed."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Checks signatures and requirements."""

    trust: Trust
    requirements: Requirements
    repositories: Sequence[str]
    """The repository's own ids, from the policies that count."""
    former: Former | None = None
    pushed: bool = False
    """Dismissals are among what is verified: what a statement takes for decided before may be decided by the push."""

    def check(self, item: Attested, delta: Delta, base: str) -> Checked:
        """What a statement is worth, if it is about this change.

        Args:
            delta: the change; the statement is INVALID if it was made about another.
            base: tree whose policy may name a further id of the repository; empty if there is none.

        Raises:
            ToolMissingError: a signature has to be checked and there is no ssh-keygen.
        """
        if item.signature is None:
            return Checked(Standing.UNSIGNED, "", f"its attestation is unsigned: {item.unsigned}")
        checked = self._signed(item, delta, base)
        if checked.standing is not Standing.VALID:
            return checked
        objection = "; ".join(self.requirements.objections(item.statement, item.waivers, pushed=self.pushed))
        return Checked(Standing.REFUSED, checked.principal, objection) if objection else checked

    def _signed(self, item: Attested, delta: Delta, base: str) -> Checked:
        checked = Checked(Standing.INVALID, "", "the signature is not over this change and this statement")
        for repository in self.repositories:
            checked = self._over(item, delta, repository)
            if checked.standing is not Standing.INVALID:
                return checked
        for repository in self.former(base) if self.former and base else ():
            again = self._over(item, delta, repository)
            if again.standing is not Standing.INVALID:
                return again
        return checked

    def _over(self, item: Attested, delta: Delta, repository: str) -> Checked:
        assert item.signature is not None
        return self.trust.check(item.signature, signed_bytes(item.statement, delta, repository))
