"""What do the rules cost? Three measurements, all of them with the engine as it is shipped.

    python benchmarks/rule_cost.py ratio [--files FOLDER] [--rounds 9]
    python benchmarks/rule_cost.py tree [--files FOLDER] [--rounds 3]
    python benchmarks/rule_cost.py hostile [LANGUAGE ...] [--alone]

`ratio` lets the rules reviewer look at the same files with 40 and with 300 rules, picked evenly over the shipped rules of the
languages present, in turn, and prints the median of the ratios. `tree` stages 2 MB in 250 files and prints time and memory of a
cold `hunkgate review --staged --reviewers rules,secrets,analyzers` over all its processes. `hostile` reviews each hostile
megabyte of `tests/hostile_code.py` and prints what becomes of it; `--alone`, which takes hours for all languages, lists the rules
that take more than a second of processor time by themselves, too.

Files are generated, the same at every call; `--files` takes the files of a folder instead (12 of every language for `ratio`).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cold_hook import git, peak_memory, report, timed
from plain_code import plain_files

from reviewer import proc, rulebook
from reviewer.intake.languages import language_of
from reviewer.records import Hunk, Machine, Policy
from reviewer.review import _ast_grep, by_rules
from reviewer.review._trigger_words import Trigger
from reviewer.review.interface import Job, PrivateFile

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
from hostile_code import SHAPES, hostile

SLOW = 1.0
"""Seconds of processor time for a rule and a megabyte."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("ratio", "tree", "hostile"))
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE")
    parser.add_argument("--files", type=Path)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--alone", action="store_true")
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    if args.what == "ratio":
        ratio(files_of(args.files, each=12) if args.files else plain_files(24, 8_000), args.rounds or 9)
    elif args.what == "tree":
        tree(files_of(args.files) if args.files else plain_files(250, 8_000), args.rounds or 3)
    else:
        every_shape(args.languages or [name for name in rulebook.DIALECTS if name not in ("jsx", "bash")], alone=args.alone)


def files_of(folder: Path, each: int = 10**6) -> dict[str, str]:
    """The files of a folder that have rules, by path."""
    files: dict[str, str] = {}
    counts: dict[str, int] = {}
    for path in sorted(folder.rglob("*")):
        language = language_of(os.fsencode(path.name)) if path.is_file() and path.stat().st_size < 100_000 else ""
        if language in rulebook.DIALECTS and counts.get(language, 0) < each:
            counts[language] = counts.get(language, 0) + 1
            files[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8", errors="replace")
    return files


def ratio(files: dict[str, str], rounds: int) -> None:
    """300 rules against 40, in turn."""
    languages = {language_of(name.encode()) for name in files}
    rules = sorted(path.stem for path in rulebook.rule_files(languages))
    sets = {count: frozenset(evenly(rules, count)) for count in (40, 300)}
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes, {len(languages)} languages, {len(rules)} rules for them")
    seconds: dict[int, list[float]] = {count: [] for count in sets}
    for _ in range(rounds):
        for count, chosen in sets.items():
            Trigger.of.cache_clear()
            policy = Policy(disabled_rules=tuple(rule for rule in rules if rule not in chosen))
            seconds[count].append(reviewed(files, policy))
    for count, taken in seconds.items():
        report(f"{len(sets[count])} rules", taken)
    ratios = [many / few for few, many in zip(seconds[40], seconds[300], strict=True)]
    print(
        f"median of the ratios: {statistics.median(ratios):.2f}; ratio of the minima: {min(seconds[300]) / min(seconds[40]):.2f}"
    )


def evenly(rules: Sequence[str], count: int) -> Iterator[str]:
    """As many rules, at equal distances in the sorted list."""
    yield from (rules[number * len(rules) // count] for number in range(min(count, len(rules))))


def reviewed(files: dict[str, str], policy: Policy) -> float:
    """Wall seconds of the rules reviewer."""
    with tempfile.TemporaryDirectory() as name:
        job = job_of(Path(name), {path.encode(): text.encode() for path, text in files.items()}, policy)
        started = time.perf_counter()
        by_rules.review(job)
        return time.perf_counter() - started


def job_of(folder: Path, files: dict[bytes, bytes], policy: Policy, language: str = "") -> Job:
    """All lines of all files as new."""
    private = {}
    for number, (path, content) in enumerate(files.items()):
        copy = folder / f"{number:05d}{Path(path.decode()).suffix}"
        copy.write_bytes(content)
        private[path] = PrivateFile(path, copy, content, language or language_of(path))
    hunks = [Hunk(path, file.language, 0, 0, 1, 1, "", ()) for path, file in private.items()]
    return Job(hunks, private, folder, {}, policy, Machine(), 0.0)


def tree(files: dict[str, str], rounds: int) -> None:
    """A cold review of many staged files."""
    print(f"{len(files)} files, {sum(map(len, files.values())) / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as name:
        repo = Path(name)
        git(repo, "init", "-q")
        git(repo, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "first")
        for path, text in files.items():
            (repo / path).parent.mkdir(parents=True, exist_ok=True)
            (repo / path).write_text(text, encoding="utf-8")
        git(repo, "add", "-A")
        for reviewers in ("rules,secrets,analyzers", "rules", "secrets", "analyzers"):
            command = ["hunkgate", "review", "--staged", "--reviewers", reviewers, "--format", "json"]
            report(reviewers, [timed(command, repo) for _ in range(rounds)])
        rss, pss = peak_memory(["hunkgate", "review", "--reviewers", "rules,secrets,analyzers"], repo)
        print(f"peak memory of the gate and all its children: RSS {rss:.0f} MB, PSS {pss:.0f} MB")


def every_shape(languages: Sequence[str], *, alone: bool) -> None:
    """All rules of these languages on every hostile shape."""
    for language in languages:
        for shape in SHAPES:
            content = hostile(language, shape, 1_000_000)
            if content:
                seconds, said = judged(language, content)
                slow = f"; slow alone: {slow_rules(language, content) or 'none'}" if alone else ""
                print(f"{language}, {shape}: {seconds:.2f} s, {said}{slow}", flush=True)


def judged(language: str, content: bytes) -> tuple[float, str]:
    """Wall seconds of a review of one file by all rules, and what became of it."""
    with tempfile.TemporaryDirectory() as name:
        job = job_of(Path(name), {b"hostile": content}, Policy(), language)
        started = time.perf_counter()
        outcome = by_rules.review(job)
        seconds = time.perf_counter() - started
    return seconds, ", ".join(sorted({f"{entry.state.value} {entry.reason}".strip() for entry in outcome.coverage}))


def slow_rules(language: str, content: bytes) -> dict[str, float]:
    """CPU seconds of the rules that are slow by themselves; reading and parsing the file is not counted."""
    dialect = rulebook.DIALECTS[language]
    if not dialect.grammar:
        return {}
    files = {path.stem: path.read_text(encoding="utf-8") for path in rulebook.rule_files([language])}
    texts = {name: rulebook.ast_grep_text(text, dialect.grammar) for name, text in files.items()}
    nothing = f"id: nothing\nlanguage: {dialect.grammar}\nseverity: info\nrule: {{nthChild: 1000000000}}\n"
    parsing = cpu_seconds(dialect, content, [nothing])
    kept = {name: text for name, text in texts.items() if text}
    slow = halved(kept, lambda some: cpu_seconds(dialect, content, some) - parsing)
    return {**({"parsing": round(parsing, 2)} if parsing > SLOW else {}), **dict(slow)}


def halved(texts: dict[str, str], seconds_of: Callable[[Sequence[str]], float]) -> Iterator[tuple[str, float]]:
    """The slow ones, found by leaving out halves that are fast together."""
    seconds = seconds_of(list(texts.values())) if texts else 0.0
    if seconds <= SLOW:
        return
    names = list(texts)
    if len(names) == 1:
        yield names[0], round(seconds, 2)
        return
    for half in (names[: len(names) // 2], names[len(names) // 2 :]):
        yield from halved({name: texts[name] for name in half}, seconds_of)


def cpu_seconds(dialect: rulebook.Dialect, content: bytes, rules: Sequence[str]) -> float:
    """CPU seconds of ast-grep with some rules over the content; it is stopped after a few."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.yml").write_text("---\n".join(rules), encoding="utf-8")
        (folder / "sgconfig.yml").write_text("ruleDirs: []\n")
        (folder / f"a{dialect.endings[0]}").write_bytes(content)
        argv = [
            *_ast_grep._limited(3),
            proc.find_tool("ast-grep"),
            "scan",
            "--rule",
            "rules.yml",
            "--json=stream",
            f"a{dialect.endings[0]}",
        ]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
