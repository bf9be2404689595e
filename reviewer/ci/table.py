"""The honest table: each commit, what is proven of it, what was reviewed again, and what nobody has looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.attest.generation import Said, as_shown
from reviewer.attest.waivers import as_json as waiver_json
from reviewer.ci.rows import Done, Standing, Why
from reviewer.ci.span import Commits
from reviewer.records import Verdict, printable
from reviewer.report._markdown import code, prose
from reviewer.report._summary import counted, summarize
from reviewer.report._text import safe

_MOST_ROWS = 200
_MOST_PATHS = 5


@dataclass(frozen=True, slots=True)
class Table:
    """What the table is made of."""

    commits: Commits
    done: tuple[Done, ...]
    verdict: Verdict
    policy: str
    """Digest of the settings that counted."""


def as_text(table: Table) -> str:
    """For a log."""
    rows = [("commit", "class", "result", "reviewed again", "not looked at"), *(_cells(one) for one in _shown(table.done))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    details = dict(_details(_shown(table.done)))
    out = [lines[0]]
    for line, one in zip(lines[1:], _shown(table.done), strict=True):
        out += [line, *(f"    {detail}" for detail in details[one.row.proof.commit])]
    return "\n".join([*out, *_left_out(table.done), *_sums(table)]) + "\n"


def as_markdown(table: Table) -> str:
    """For a comment or a summary."""
    lines = ["| commit | class | result | reviewed again | not looked at |", "|---|---|---|---|---|"]
    for one in _shown(table.done):
        cells = _cells(one)
        again = ", ".join(code(printable(path), 80, cell=True) for path in one.seen[:_MOST_PATHS]) or cells[3]
        lines.append(f"| {code(cells[0])} | {cells[1]} | {cells[2]} | {_more(again, len(one.seen))} | {_unseen_cell(one)} |")
    sums = [f"- {prose(line)}" for line in (*_left_out(table.done), *_sums(table))]
    return "\n".join(["### Commits", "", *lines, "", *sums]) + "\n"


def as_json(table: Table) -> dict[str, Any]:
    """Documented in docs/ci.md."""
    return {
        "base": table.commits.base,
        "head": table.commits.head,
        "merge_base": table.commits.fork or None,
        "policy_digest": table.policy,
        "commits": [_json(one) for one in table.done],
    }


def _json(one: Done) -> dict[str, Any]:
    proof = one.row.proof
    return {
        "commit": proof.commit,
        "class": proof.klass.value,
        "result": one.standing.value,
        "attested": proof.result.value if proof.result else None,
        "signer": proof.fingerprint or None,
        "principal": proof.principal or None,
        "why_again": one.row.why.value or None,
        "paths": [printable(path) for path in one.row.paths],
        "reviewed_again": [printable(path) for path in one.seen],
        "left_to_rules": {printable(path): reason for path, reason in one.idle.items()},
        "not_looked_at": {printable(path): reason for path, reason in one.unseen.items()},
        "reasons": list(proof.reasons),
        "generated": _generated(one),
        "waivers": [{**waiver_json(waiver), "path": printable(waiver.path)} for waiver in proof.waivers],
    }


def _generated(one: Done) -> dict[str, Any]:
    ruling = one.row.ruling
    return {
        **as_shown(ruling.generation),
        "forbidden": {printable(landed.path): f"{landed.how} ({landed.pattern})" for landed in ruling.forbidden},
        "not_reviewed": {printable(path): reason for path, reason in one.unmet.items()},
    }


def _cells(one: Done) -> tuple[str, ...]:
    proof = one.row.proof
    result = one.standing.value
    if one.standing is Standing.PROVEN:
        result += f" ({proof.result.value})" if proof.result else ""
        result += ", sampled" if one.row.why in (Why.SAMPLED, Why.WATCHED) else ""
    again = counted(len(one.seen), "path") if one.seen else "-"
    return proof.commit[:12], proof.klass.value, result, again, counted(len(one.unseen), "path") if one.unseen else "-"


def _details(done: Sequence[Done]) -> Iterator[tuple[str, list[str]]]:
    for one in done:
        proof = one.row.proof
        lines = [f"signed by {safe(proof.principal, 100)}"] if proof.principal and proof.proven else []
        lines += [f"why: {safe(reason, 300)}" for reason in proof.reasons[:3]]
        lines += [f"waived: {safe(waiver.told, 300)}" for waiver in proof.waivers[:_MOST_PATHS]]
        if one.row.why is Why.PARTIAL:
            lines.append("why: its review was partial")
        if one.row.why is Why.WATCHED:
            lines.append("why: its key once attested what blocks, so all its commits are looked at again")
        lines += _generated_lines(one)
        if one.seen:
            lines.append(f"reviewed again: {_paths(one.seen)}")
        lines += [f"left to the deterministic reviewers: {_reasoned(item)}" for item in _by_reason(one.idle)]
        lines += [f"NOT looked at by a model: {_reasoned(item)}" for item in _by_reason(one.unseen)]
        yield proof.commit, lines


def _generated_lines(one: Done) -> Iterator[str]:
    ruling = one.row.ruling
    said = ruling.generation
    if said.said not in _UNREMARKABLE:
        yield f"generated: {safe(said.told, 300)}"
    yield from (f"generated: {safe(problem, 300)}" for problem in said.problems[:_MOST_PATHS])
    for landed in ruling.forbidden[:_MOST_PATHS]:
        yield f"FORBIDDEN: {printable(landed.path)}: {safe(landed.how, 200)} (generated.forbid: {safe(landed.pattern, 200)})"
    if len(ruling.forbidden) > _MOST_PATHS:
        yield f"FORBIDDEN: and {len(ruling.forbidden) - _MOST_PATHS} more files"
    if one.row.why is Why.GENERATED and (one.seen or one.unmet):
        yield "why: the settings want generated lines reviewed again (generated.review)"
    yield from (f"generated lines NOT reviewed: {_reasoned(item)}" for item in _by_reason(one.unmet))


_UNREMARKABLE = (Said.SILENT, Said.NOTHING, Said.MERGE)


def _by_reason(paths: Mapping[bytes, str]) -> list[tuple[str, list[bytes]]]:
    found: dict[str, list[bytes]] = {}
    for path, reason in paths.items():
        found.setdefault(reason, []).append(path)
    return list(found.items())


def _reasoned(item: tuple[str, list[bytes]]) -> str:
    return f"{_paths(item[1])}: {safe(item[0], 300)}"


def _paths(paths: Sequence[bytes]) -> str:
    return _more(", ".join(printable(path) for path in paths[:_MOST_PATHS]), len(paths))


def _more(text: str, total: int) -> str:
    return f"{text} and {total - _MOST_PATHS} more" if total > _MOST_PATHS else text


def _unseen_cell(one: Done) -> str:
    if not one.unseen:
        return "-"
    reasons = list(dict.fromkeys(one.unseen.values()))
    paths = ", ".join(code(printable(path), 80, cell=True) for path in [*one.unseen][:_MOST_PATHS])
    return f"{_more(paths, len(one.unseen))}: {'; '.join(prose(reason, 200) for reason in reasons[:2])}"


def _shown(done: Sequence[Done]) -> list[Done]:
    """In their order; of very many, those that need a look."""
    if len(done) <= _MOST_ROWS:
        return list(done)
    matters = [one for one in done if one.standing is not Standing.PROVEN or one.row.why is not Why.NOT or one.row.ruling.matters]
    return matters[:_MOST_ROWS]


def _left_out(done: Sequence[Done]) -> list[str]:
    left = len(done) - len(_shown(done))
    return [f"and {counted(left, 'more commit')}: commits.json has all"] if left else []


def _sums(table: Table) -> Iterator[str]:
    counts = Counter(one.standing for one in table.done)
    words = [f"{counts[standing]} {standing.value}" for standing in Standing if counts[standing]]
    yield f"{counted(len(table.done), 'commit')}: {', '.join(words) or 'nothing to verify'}"
    sampled = sum(one.row.why in (Why.SAMPLED, Why.WATCHED) for one in table.done)
    if sampled:
        yield f"{sampled} of the proven ones were chosen for another review"
    summary = summarize(table.verdict)
    looked = safe(summary.reviewers) or "NOBODY looked at anything"
    yield f"the whole change, {summary.extent}: {looked if summary.files else 'it is empty'}"
