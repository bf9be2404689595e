"""What a model is worth: the figures of issue 5, and the tables of the model card."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix, f1_score, roc_auc_score

from training.dataset import CLASSES, Rows


def task_figures(rows: Rows, shares: np.ndarray) -> dict[str, float]:
    """Accuracy and macro-F1 over all hunks, accuracy of the surest 30 %."""
    told, true = shares.argmax(1), rows.task
    surest = np.argsort(-shares.max(1), kind="stable")[: int(0.3 * len(true))]
    return {
        "accuracy": float(np.mean(told == true)),
        "macro-F1": float(f1_score(true, told, average="macro")),
        "accuracy at 30 %": float(np.mean(told[surest] == true[surest])),
    }


def risk_figures(rows: Rows, score: np.ndarray) -> dict[str, float]:
    """AUC over all; mean over repositories, by their size; over hunks of equal size; share of the risky among the top 20 %."""
    true, top = rows.risk, np.argsort(-score, kind="stable")[: int(0.2 * len(score))]
    repo = rows.table.repo.astype(str).to_numpy()
    size = np.minimum(np.round(np.log2(np.maximum(rows.table.added.to_numpy(), 1)) * 2), 20)
    return {
        "AUC": float(roc_auc_score(true, score)),
        "within repository": _stratified(true, score, repo, by_pairs=False),
        "at equal size": _stratified(true, score, size, by_pairs=True),
        "top 20 %": float(true[top].sum() / true.sum()),
    }


def _stratified(true: np.ndarray, score: np.ndarray, stratum: np.ndarray, *, by_pairs: bool) -> float:
    found, weights = [], []
    for one in np.unique(stratum):
        inside = stratum == one
        positive, count = true[inside].sum(), inside.sum()
        if 0 < positive < count:
            found.append(roc_auc_score(true[inside], score[inside]))
            weights.append(positive * (count - positive) if by_pairs else count)
    return float(np.average(found, weights=weights))


def by_language(rows: Rows, shares: np.ndarray, least: int = 300) -> pd.DataFrame:
    """Hunks, accuracy and macro-F1 of each language with enough hunks."""
    found = []
    for language, part in rows.table.groupby(rows.table.lang.astype(str), sort=False):
        if len(part) >= least:
            figures = task_figures(rows.take(part.index.to_numpy()), shares[part.index.to_numpy()])
            found.append({"language": language, "hunks": len(part), **figures})
    return pd.DataFrame(found).sort_values("hunks", ascending=False)


def risk_by_language(rows: Rows, score: np.ndarray, least: int = 2000) -> pd.DataFrame:
    """Hunks, share of risky ones, and the AUC of each language with enough hunks."""
    found = []
    for language, part in rows.table.groupby(rows.table.lang.astype(str), sort=False):
        if len(part) >= least:
            true, own = rows.risk[part.index], score[part.index]
            found.append({"language": language, "hunks": len(part), "risky": true.mean(), "AUC": roc_auc_score(true, own)})
    return pd.DataFrame(found).sort_values("hunks", ascending=False)


def by_class(rows: Rows, shares: np.ndarray) -> pd.DataFrame:
    """Precision, recall and F1 of each class, with the confusion table: rows are what the commit says it is."""
    told = shares.argmax(1)
    table = confusion_matrix(rows.task, told)
    precision, recall = np.diag(table) / table.sum(0), np.diag(table) / table.sum(1)
    frame = pd.DataFrame(table, index=CLASSES, columns=[f"told {name}" for name in CLASSES])
    return frame.assign(precision=precision, recall=recall, F1=2 * precision * recall / (precision + recall))


def by_coverage(rows: Rows, shares: np.ndarray) -> pd.DataFrame:
    """Accuracy and least probability of the surest hunks."""
    order = np.argsort(-shares.max(1), kind="stable")
    right = (shares.argmax(1) == rows.task)[order]
    found = []
    for percent in (10, 20, 30, 50, 70, 100):
        count = int(len(order) * percent / 100)
        least = shares.max(1)[order][count - 1]
        found.append({"coverage": percent / 100, "accuracy": right[:count].mean(), "probability": least})
    return pd.DataFrame(found)
