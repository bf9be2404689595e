"""Every shipped rule with a fix mends each of its positive examples, provably, and what is mended stays mended."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from conftest import Repo

from reviewer import rulebook, sources
from reviewer.fix.applying import apply
from reviewer.git import Git
from reviewer.proving.bench import Bench
from reviewer.proving.proposals import Settled, active, candidates, settle
from reviewer.records import Finding, Machine
from reviewer.rulebook import Rule

FILES = [path for path in rulebook.rule_files(rulebook.FOLDERS) if "\nfix:" in path.read_text(encoding="utf-8")]


def _examples() -> Iterator[tuple[str, Rule, str]]:
    """Name of a file, rule, code; for every grammar that the rule is used with."""
    for rule in map(rulebook.load, FILES):
        for dialect in {d.grammar: d for d in rulebook.DIALECTS.values() if rule.language in d.folders}.values():
            for number, code in enumerate(rule.match):
                yield f"{rule.id}/{number}{dialect.endings[0]}", rule, code


def _settled(repo: Repo) -> tuple[list[Finding], Settled]:
    git = Git(repo.path)
    bench = Bench.of(git, sources.staged(git), Machine())
    findings = active(bench.before)
    return findings, settle(candidates(bench.sourced, findings), bench)


def test_there_are_fixes() -> None:
    assert len(FILES) >= 30


def test_every_positive_example_is_mended_and_stays_so(tmp_path_factory: pytest.TempPathFactory, monkeypatch) -> None:
    repo = Repo(tmp_path_factory.mktemp("examples"))
    repo.git("init", "-q")
    monkeypatch.chdir(repo.path)
    examples = {name: (rule, code) for name, rule, code in _examples()}
    for name, (_, code) in examples.items():
        repo.write(name, code)
    repo.git("add", ".")
    _, settled = _settled(repo)
    shown = {(os.fsdecode(p.candidate.path), rule) for p in settled.shown for rule in _rules(p.candidate.finding)}
    refused = {
        (os.fsdecode(p.candidate.path), p.candidate.finding.rule): (p.failure.name, p.failure.said)
        for p in settled.refused
        if p.failure
    }
    missing = {
        name: refused.get((name, rule.id), "no fix was proposed")
        for name, (rule, _) in examples.items()
        if (name, rule.id) not in shown
    }
    assert missing == {}
    apply(Git(repo.path), [proof.candidate for proof in settled.shown])
    again, second = _settled(repo)
    left = {(os.fsdecode(finding.path), rule) for finding in again for rule in _rules(finding)}
    assert {name for name, (rule, _) in examples.items() if (name, rule.id) in left} == set()
    assert [proof for proof in second.shown if proof.candidate.origin == "rule"] == []
    assert repo.git("diff", "--name-only") == ""


def _rules(finding: Finding) -> tuple[str, ...]:
    return (finding.rule, *finding.also)


def test_a_clean_example_gets_no_fix(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    for path in FILES:
        rule = rulebook.load(path)
        dialect = rulebook.DIALECTS[rule.language]
        for number, code in enumerate(rule.clean):
            repo.write(f"{rule.id}/{number}{dialect.endings[0]}", code)
    repo.git("add", ".")
    _, settled = _settled(repo)
    own = [p for p in settled.shown if os.fsdecode(p.candidate.path).startswith(f"{p.candidate.finding.rule}/")]
    assert own == []
