"""What is known of the whole staged set when one of its hunks is classified: files and lines, over all and by kind of file.

The fields are those of the training data: `c_files`, `c_add`, `c_del`, `c_new`, `c_gone`, `c_ren`, and for each kind of file
`c_f_KIND`, `c_a_KIND`, `c_d_KIND` (files, added lines, removed lines).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log1p

KINDS = ("src", "test", "docs", "changelog", "ci", "build", "config", "manifest", "lock", "i18n", "generated", "data")
TOTALS = ("c_files", "c_add", "c_del", "c_new", "c_gone", "c_ren")
FIELDS = TOTALS + tuple(f"c_{what}_{kind}" for what in "fad" for kind in KINDS)

_LARGEST = 1e9
"""No staged set has more files or lines; what claims to is no count."""

_SHARES = (
    "added", "src_added", "test_added", "src", "test", "docs", "new_files", "gone_files", "renamed_files", "src_files",
    "test_files", "src_growth", "growth", "test_growth", "net", "per_file", "src_per_file", "test_of_code",
)  # fmt: skip
NAMES = (*FIELDS, *(f"share_{name}" for name in _SHARES), "has_totals", "has_kinds")


@dataclass(frozen=True, slots=True)
class StagedContext:
    """The counts of a staged set, in the order of `FIELDS`; those that are not known are 0."""

    counts: tuple[float, ...] = (0.0,) * len(FIELDS)
    has_totals: bool = False
    """Whether files, added and removed lines are known."""
    has_kinds: bool = False
    """Whether they are known by kind."""

    def __getitem__(self, field: str) -> float:
        return self.counts[_AT[field]]


_AT = {field: number for number, field in enumerate(FIELDS)}

UNKNOWN = StagedContext()


def parse(raw: object) -> tuple[StagedContext, str]:
    """The context that somebody hands in, and in words what is wrong with it (then it is `UNKNOWN`); empty if nothing is.

    Fields that are missing count as not known, fields that we do not know are left alone.
    """
    if raw is None:
        return UNKNOWN, ""
    if not isinstance(raw, Mapping):
        return UNKNOWN, "the context is left out: it is no object"
    for field in FIELDS:
        if raw.get(field) is not None and not _is_count(raw[field]):
            return UNKNOWN, f"the context is left out: {field} is no count"
    known = frozenset(field for field in FIELDS if raw.get(field) is not None)
    if not known.issuperset(TOTALS[:3]):
        return UNKNOWN, "" if not known else "the context is left out: it needs c_files, c_add and c_del"
    counts = tuple(float(raw[field]) if field in known else 0.0 for field in FIELDS)
    return StagedContext(counts, True, known.issuperset(FIELDS)), ""


def _is_count(value: object) -> bool:
    # Neither NaN nor an infinity lies between the two.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def numbers(context: StagedContext) -> list[float]:
    """The numbers of a context, in the order of `NAMES`; nothing but zeros if it is unknown."""
    flags = [float(context.has_totals), float(context.has_kinds)]
    return [*(log1p(count) for count in context.counts), *_shares(context), *flags]


def _shares(context: StagedContext) -> list[float]:
    added, removed, files = context["c_add"], context["c_del"], context["c_files"]
    src, src_gone, test, test_gone = context["c_a_src"], context["c_d_src"], context["c_a_test"], context["c_d_test"]
    docs = context["c_a_docs"] + context["c_d_docs"]
    changed = added + removed
    return [
        _share(added, changed), _share(src, src + src_gone), _share(test, test + test_gone), _share(src + src_gone, changed),
        _share(test + test_gone, changed), _share(docs, changed), _share(context["c_new"], files),
        _share(context["c_gone"], files), _share(context["c_ren"], files), _share(context["c_f_src"], files),
        _share(context["c_f_test"], files), log1p(src) - log1p(src_gone), log1p(added) - log1p(removed),
        log1p(test) - log1p(test_gone), _signed(added - removed),
        log1p(_share(added, files)), log1p(_share(src, context["c_f_src"])), _share(test, src + test),
    ]  # fmt: skip


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _signed(value: float) -> float:
    return log1p(value) if value >= 0 else -log1p(-value)
