"""Step 2: what the network sees of every hunk: its own numbers, the staged set's context, and the set's hunks pooled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from reviewer.classify import hunk_numbers, staged_context
from reviewer.classify.hunk_words import BUCKETS
from reviewer.classify.staged_context import FIELDS, UNKNOWN, StagedContext, parse

OWN = len(hunk_numbers.NAMES)
CONTEXT = len(staged_context.NAMES)
CLASSES = ("feat", "fix", "refactor")
WORDS = 80
"""Words of a hunk that training looks at, evenly picked of those it has."""


@dataclass(frozen=True)
class Rows:
    """Hunks of one table. Where a label is unknown it is -1."""

    table: pd.DataFrame
    own: np.ndarray
    words: np.ndarray
    """[rows, WORDS] buckets; BUCKETS where there is none."""
    context: np.ndarray
    """[rows, CONTEXT]"""
    group: np.ndarray
    """Number of the commit, from 0."""
    pool: np.ndarray
    """[rows, 2 * OWN + 2] as `staged_sets.pooled`."""
    task: np.ndarray
    risk: np.ndarray
    """Whether it was fixed within 548 days: what is judged."""
    ever: np.ndarray
    """Whether it was fixed at any later time."""

    def take(self, chosen: np.ndarray) -> Rows:
        """Some of the rows; their commits are numbered anew."""
        group = np.unique(self.group[chosen], return_inverse=True)[1]
        picked = {name: getattr(self, name)[chosen] for name in ("own", "words", "context", "pool", "task", "risk", "ever")}
        return Rows(table=self.table.iloc[chosen].reset_index(drop=True), group=group, **picked)

    def at_any_time(self) -> Rows:
        """The same hunks; risky is what was fixed at any later time."""
        return replace(self, risk=self.ever)

    def alone(self) -> Rows:
        """The same hunks as if nothing were known of what is committed with them."""
        size = len(self.own)
        single = np.full((size, 2), np.log(2), np.float32)
        return replace(self, context=np.zeros_like(self.context), pool=np.hstack([self.own, self.own, single]))

    def numbers(self) -> np.ndarray:
        """In the order of `rows.FEATURES`."""
        return np.hstack([self.own, self.context, self.pool])


def load(data: Path, work: Path, kind: str, split: str) -> Rows:
    """Read one table that `extract` made."""
    table = pd.read_parquet(work / f"{kind}_{split}.parquet")
    arrays = np.load(work / f"{kind}_{split}.npz")
    words = _padded(arrays["words"], arrays["offsets"])
    own = arrays["numbers"]
    if kind == "task":
        kept = np.flatnonzero(table.task.isin(CLASSES) & (table.ruled == "code"))
    else:
        kept = np.flatnonzero(table.ruled == "code")
    table, own, words = table.iloc[kept].reset_index(drop=True), own[kept], words[kept]
    group = table.groupby(["repo", "sha"], observed=True, sort=False).ngroup().to_numpy()
    context, full = _contexts(data, table)
    named = table.task if kind == "task" else table.label
    task = named.astype(str).map({name: number for number, name in enumerate(CLASSES)}).fillna(-1).to_numpy(np.int32)
    if kind == "risk":
        # These commits are in the task tables too, with more of them known.
        task = np.where(full, -1, task).astype(np.int32)
    unknown = np.full(len(table), -1, np.int32)
    risk, ever = (table[name].to_numpy(np.int32) if kind == "risk" else unknown for name in ("risk18", "risk"))
    return Rows(table, own, words, context, group, pooled(own, group, table.path.to_numpy()), task, risk, ever)


def pooled(own: np.ndarray, group: np.ndarray, paths: np.ndarray) -> np.ndarray:
    """`staged_sets.pooled` for many sets at once."""
    count = np.bincount(group)
    total = np.zeros((len(count), own.shape[1]))
    np.add.at(total, group, own)
    most = np.full((len(count), own.shape[1]), -np.inf, np.float32)
    np.maximum.at(most, group, own)
    files = pd.Series(paths).groupby(group).nunique().to_numpy()
    return np.hstack([total / count[:, None], most, np.log1p(count)[:, None], np.log1p(files)[:, None]]).astype(np.float32)[group]


def _contexts(data: Path, table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of each row's context, and whether all of it is known."""
    commits = pd.read_parquet(data / "commits.parquet", columns=["repo", "sha", *FIELDS])
    known = {(repo, sha): counts for repo, sha, *counts in commits.itertuples(index=False, name=None)}
    totals = table[["c_files", "c_la", "c_ld"]].to_numpy(float) if "c_la" in table else None
    made: dict[tuple[str, str], np.ndarray] = {}
    rows, full = np.zeros((len(table), CONTEXT), np.float32), np.zeros(len(table), bool)
    for number, key in enumerate(zip(table.repo.astype(str), table.sha, strict=True)):
        full[number] = key in known
        if key not in made:
            context: StagedContext = UNKNOWN
            if key in known:
                context, wrong = parse(dict(zip(FIELDS, map(float, known[key]), strict=True)))
                assert not wrong, wrong
            elif totals is not None:
                context, _ = parse(dict(zip(FIELDS, totals[number], strict=False)))
            made[key] = np.asarray(staged_context.numbers(context), np.float32)
        rows[number] = made[key]
    return rows, full


def _padded(words: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    out = np.full((len(offsets) - 1, WORDS), BUCKETS, np.int16 if BUCKETS < 1 << 15 else np.int32)
    for number in range(len(out)):
        own = words[offsets[number] : offsets[number + 1]]
        if len(own) > WORDS:
            own = own[np.linspace(0, len(own) - 1, WORDS).astype(int)]
        out[number, : len(own)] = own
    return out
