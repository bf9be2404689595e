"""Tables of the screen's designs from what ask_changes.py and flag_rows.py wrote. Nothing is chosen on the set that is judged.

judge_changes.py --shared ../shared --out FOLDER
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from figures import Head, auc, mean_of, ridge, threshold, told, within_pairs
from material import REVERSED, SETS, changed, grown, pairs_of

STRENGTHS = (0.3, 1.0, 3.0)

EVEN = 0
"""Net tokens up to which the two texts of a pair count as equally long: not one, since even three let their number decide."""

APART = ("history", "exam")
"""What is no pair of a change and its reverse: every change is read forth and back."""

Spec = tuple[str, int, int]
"""A feature: ("hid", question, layer) or ("means", 0, layer)."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a set."""

    name: str
    data: dict[str, Any]
    size: Any
    """Net tokens removed, per row; net lines where rows are not pairs."""

    @property
    def labels(self) -> Any:
        """Whether the row is the bad one."""
        return self.data["y"]

    @property
    def pairs(self) -> Any:
        """Number of the pair, per row."""
        return self.data["pair"]

    def question(self, name: str) -> Any:
        """The scores of a question."""
        return self.data["scores"][:, list(self.data["qs"]).index(name)]

    def feature(self, spec: Spec, reverse: bool) -> Any:
        """Hidden states of a spec; with `reverse`, minus those of the reversed change."""
        kind, question, layer = spec
        if kind == "means":
            both = self.data["means"][:, layer].astype(np.float32)
            half = both.shape[1] // 2
            values = np.concatenate([both, both[:, :half] - both[:, half:]], axis=1)
        else:
            values = self.data["hid"][:, question, layer].astype(np.float32)
        return within_pairs(values, self.pairs) if reverse else values


def loaded(shared: Path, out: Path, name: str) -> Read:
    """A set with the size of its changes."""
    data = dict(np.load(out / f"{name}.npz"))
    if name in APART:
        return Read(name, data, data["feats"][:, 1] - data["feats"][:, 0])
    whole = [at for at, pair in enumerate(data["pair"]) if (data["pair"] == pair).sum() == 2]
    data = {key: values if key == "qs" else values[whole] for key, values in data.items()}
    rows = {row["id"]: row for pair in pairs_of(shared, name, 1000) for row in pair}
    size = [grown(*changed(rows[str(key)]["before"], rows[str(key)]["after"])) for key in data["ids"]]
    return Read(name, data, np.array(size))


def specs(read: Read) -> Iterator[Spec]:
    """All features that were read."""
    for layer in range(read.data["means"].shape[1]):
        yield "means", 0, layer
        for question in range(read.data["hid"].shape[1]):
            yield "hid", question, layer


def fitted(reads: Sequence[Read], spec: Spec, strength: float, reverse: bool) -> Head:
    """A head trained on some sets, each set weighing what its rows weigh."""
    features = np.concatenate([read.feature(spec, reverse) for read in reads])
    return ridge(features, np.concatenate([read.labels for read in reads]), strength)


def chosen(reads: Sequence[Read], reverse: bool) -> tuple[Spec, float]:
    """The feature and strength that do best when each of the training sets in turn is left out."""
    reads = [*_halves(reads[0])] if len(reads) == 1 else reads
    best, found = -1.0, (("hid", 0, 0), 1.0)
    for spec in specs(reads[0]):
        for strength in STRENGTHS:
            folds = []
            for left in reads:
                head = fitted([read for read in reads if read is not left], spec, strength, reverse)
                folds.append(auc(left.labels, head.score(left.feature(spec, reverse))))
            if np.mean(folds) > best:
                best, found = float(np.mean(folds)), (spec, strength)
    return found


def probe(train: Sequence[Read], judged: Read, reverse: bool) -> tuple[Any, str]:
    """Scores on a set of a head trained on others, and what was chosen there."""
    spec, strength = chosen(train, reverse)
    head = fitted(train, spec, strength, reverse)
    return head.score(judged.feature(spec, reverse)), f"{spec[0]} q{spec[1]} l{spec[2]} s{strength}"


def line(name: str, read: Read, scores: Any) -> None:
    """As it is and minus the score of the reversed change; over all pairs and over those of equal length."""
    even, parts = np.abs(read.size) <= EVEN, []
    for values in (scores, within_pairs(scores, read.pairs)):
        parts.append(told(read.labels, values, read.pairs))
        parts.append(told(read.labels[even], values[even], read.pairs[even]) if even.sum() > 8 else "-")
    print(f"| {read.name} | {name} | " + " | ".join(parts) + " |")


def scores_of(read: Read, others: Sequence[Read]) -> dict[str, Any]:
    """Every design's scores on a set."""
    made = {f"ask {name}": read.question(name) for name in read.data["qs"]}
    made["size"] = np.tanh(read.size / 20)
    made["mean of questions"] = mean_of([key for key in made if key.startswith("ask")], made)
    weighed = ridge(np.concatenate([one.data["scores"] for one in others]), np.concatenate([one.labels for one in others]), 0.1)
    made["weighed questions"] = weighed.score(read.data["scores"])
    for reverse in (False, True):
        scores, what = probe(others, read, reverse)
        made[f"probe{', minus reverse' if reverse else ''}"] = scores
        print(f"<!-- {read.name} probe reverse={reverse}: {what} -->")
    made["size + probe"] = mean_of(["size", "probe"], made)
    made["size + probe, minus reverse"] = mean_of(["size", "probe, minus reverse"], made)
    made["weighed questions + probe"] = mean_of(["weighed questions", "probe"], made)
    made["size + weighed questions"] = mean_of(["size", "weighed questions"], made)
    return made


def _halves(read: Read) -> Iterator[Read]:
    for odd in (0, 1):
        keep = read.pairs % 2 == odd
        data = {key: values if key == "qs" else values[keep] for key, values in read.data.items()}
        yield Read(f"{read.name}{odd}", data, read.size[keep])


def elsewhere(read: Read, reads: Sequence[Read]) -> None:
    """The same questions, and the heads of all pair sets, on what is no pair of a change and its reverse."""
    names = [str(name) for name in read.data["qs"]]
    shared = [name for name in reads[0].data["qs"] if name in names]
    labels = np.concatenate([one.labels for one in reads])
    known = np.stack([np.concatenate([one.question(name) for one in reads]) for name in shared], axis=1)
    made = {f"ask {name}": read.question(name) for name in names}
    asked = np.stack([read.question(name) for name in shared], axis=1)
    made["weighed questions"] = ridge(known, labels, 0.1).score(asked)
    made["probe of the pair sets"], _ = probe(reads, read, False)
    made["lines removed minus added"] = read.size
    back = np.char.startswith(read.data["ids"], REVERSED)
    whole = min(int(back.sum()), int((~back).sum()))
    for design, scores in made.items():
        groups, truth = read.pairs[~back][:whole], read.labels[~back][:whole]
        forth = scores[~back][:whole]
        net = forth - scores[back][:whole]
        print(f"| {read.name} | {design} | {told(truth, forth, groups)} | - | {told(truth, net, groups)} | - |")
    spec, strength = chosen(reads, True)
    head, states = fitted(reads, spec, strength, True), read.feature(spec, False)
    apart = head.score(states[~back][:whole] - states[back][:whole])
    print(f"| {read.name} | probe trained on differences | - | - | {told(truth, apart, groups)} | - |")


def operating(all_scores: dict[str, dict[str, Any]], reads: dict[str, Read], flags: dict[str, bool]) -> None:
    """Recall and alarm where the other sets have 2 % of false alarms, alone and together with the rules."""
    print("\n| set | design | recall, alarm | rules | rules or model | gain |\n|---|---|---|---|---|---|")
    for name, read in reads.items():
        ruled = np.array([flags[str(key)] for key in read.data["ids"]])
        for design in all_scores[name]:
            others = [other for other in reads if other != name]
            cut = float(np.median([threshold(reads[one].labels, all_scores[one][design], 0.02) for one in others]))
            over, labels = all_scores[name][design] >= cut, read.labels
            rates = [(flag[labels].mean(), flag[~labels].mean()) for flag in (over, ruled, ruled | over)]
            cells = " | ".join(f"{one:.3f}, {two:.3f}" for one, two in rates)
            gain = f"{100 * (rates[2][0] - rates[1][0]):+.1f} at {100 * (rates[2][1] - rates[1][1]):+.1f}"
            print(f"| {name} | {design} | {cells} | {gain} |")


def main() -> None:
    """Read the arguments and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    names = [name for name in SETS if (args.out / f"{name}.npz").exists()]
    reads = {name: loaded(args.shared, args.out, name) for name in names}
    print("| set | design | all pairs | of equal length | minus its reverse | of equal length |\n|---|---|---|---|---|---|")
    all_scores = {}
    for name, read in reads.items():
        all_scores[name] = scores_of(read, [other for other in reads.values() if other is not read])
        for design, scores in all_scores[name].items():
            line(design, read, scores)
    for name in APART:
        if (args.out / f"{name}.npz").exists():
            elsewhere(loaded(args.shared, args.out, name), list(reads.values()))
    if len(reads) > 1:
        operating(all_scores, reads, json.loads((args.out / "flags.json").read_text(encoding="utf-8")))
    for name, read in reads.items():
        if "seconds" in read.data:
            print(f"{name}: {len(read.labels) // 2} pairs, {np.median(read.data['seconds']):.2f} s per hunk")


if __name__ == "__main__":
    main()
