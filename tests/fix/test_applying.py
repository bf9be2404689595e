"""Mends in the index and the work tree: not a byte outside of the patch, nothing lost, all or nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Repo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mending import a_candidate, put, staged

from reviewer.errors import GitError, HunkgateError
from reviewer.fix.applying import Written, apply
from reviewer.git import Git

PLACES = 24

FORMS = {
    "plain": (lambda n: b"line %d of the file" % n, lambda n: b"\n"),
    "crlf": (lambda n: b"line %d of the file" % n, lambda n: b"\r\n"),
    "tabs": (lambda n: b"\t" * (n % 3) + b"line %d\tof the file \t" % n, lambda n: b"\n"),
    "latin-1": (lambda n: b"line %d \xe9\xff of the file" % n, lambda n: b"\n"),
    "mixed": (lambda n: b"line %d of the file" % n, lambda n: (b"\n", b"\r\n", b"\r")[n % 3]),
    "utf-16": (lambda n: f"line {n} \u010a of".encode("utf-16-le"), lambda n: "\r\n".encode("utf-16-le")),
    "mark": (lambda n: (b"" if n else b"\xef\xbb\xbf") + b"line %d of the file" % n, lambda n: b"\n"),
}
"""Kinds of files: each line, different from every other one, and its end."""

EDITS = st.lists(st.tuples(st.sampled_from(["insert", "remove", "change", "append", "inside"]), st.integers(0, 23)), max_size=6)
ENCODED = {"utf-16": "utf-16-le", "latin-1": "latin-1"}


def _edited(lines: list[bytes], edits: list[tuple[str, int]], end: bytes) -> list[bytes]:
    """Somebody's unstaged work: lines come, go and change."""
    result = list(lines)
    for number, (how, at) in enumerate(edits):
        place = at % max(1, len(result))
        if how == "insert":
            result.insert(place, b"mine %d" % number + end)
        elif how == "remove" and result:
            del result[place]
        elif how == "change" and result:
            result[place] = b"my %d " % number + result[place]
        elif how == "inside" and result:
            result[place] = result[place][:9] + b"my" + result[place][9:]
        else:
            result.append(b"last %d" % number + end)
    return result


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    form=st.sampled_from(sorted(FORMS)),
    edits=EDITS,
    places=st.sets(st.integers(0, PLACES - 1), min_size=1, max_size=3),
    whole=st.booleans(),
    text=st.sampled_from(["mended", "", "two\nlines", "caf\xe9", "\tdeep  "]),
    moved=st.sampled_from([False, False, True]),
)
def test_apply_is_exact_and_loses_nothing(repo: Repo, form, edits, places, whole, text, moved) -> None:
    """300 edits around and inside of mends, in every kind of file."""
    line, ended = FORMS[form]
    lines = [line(number) + ended(number) for number in range(PLACES)]
    content = b"".join(lines) if whole else b"".join(lines).removesuffix(ended(PLACES - 1))
    new = text.encode(ENCODED.get(form, "utf-8")).replace(b"\n", ended(0))
    put(repo, b"a.py", content)
    spans = [(content.index(line(at)), content.index(line(at)) + len(line(at))) for at in sorted(places)]
    candidates = [a_candidate(content, (start, end, new)) for start, end in spans]
    work = b"".join(_edited(lines, edits, ended(0)))
    target = repo.write("a.py", work)
    if moved:
        put(repo, b"a.py", content + b"staged later")
        with pytest.raises(GitError, match="staged anew"):
            apply(Git(repo.path), candidates)
        assert (staged(repo, b"a.py"), target.read_bytes()) == (content + b"staged later", work)
        return
    done = apply(Git(repo.path), candidates)
    assert staged(repo, b"a.py") == _all_replaced(content, [line(at) for at in places], new)
    assert sorted(path.name for path in repo.path.iterdir()) == [".git", "a.py"]
    if done.left:
        assert target.read_bytes() == work
    else:
        # Every line is there once, so there is one place for each mend.
        assert all(work.count(line(at)) == 1 for at in places)
        assert target.read_bytes() == _all_replaced(work, [line(at) for at in places], new)


def _all_replaced(content: bytes, lines: list[bytes], new: bytes) -> bytes:
    for one in lines:
        content = content.replace(one, new)
    return content


def test_apply_to_untouched_file_reaches_the_work_tree(repo: Repo) -> None:
    repo.stage("a.py", b"one\ntwo\n")
    (repo.path / "a.py").chmod(0o755)
    repo.git("update-index", "--chmod=+x", "a.py")
    candidate = a_candidate(b"one\ntwo\n", (4, 7, b"three"), mode=0o100755)
    assert apply(Git(repo.path), [candidate]) == Written([b"a.py"], [b"a.py"], {})
    assert repo.git("status", "--porcelain") == "A  a.py"
    assert repo.git("ls-files", "-s", "a.py").startswith("100755")
    assert (repo.path / "a.py").stat().st_mode & 0o777 == 0o755


def test_apply_mends_several_files_or_none(repo: Repo) -> None:
    for name in ("a.py", "b.py"):
        repo.stage(name, b"one\n")
    both = [a_candidate(b"one\n", (0, 3, b"two"), path=name) for name in (b"a.py", b"b.py")]
    repo.stage("b.py", b"other\n")
    with pytest.raises(GitError, match=r"b\.py was staged anew"):
        apply(Git(repo.path), both)
    assert (staged(repo, b"a.py"), (repo.path / "a.py").read_bytes()) == (b"one\n", b"one\n")
    assert not (repo.path / ".git/index.lock").exists()


def test_apply_puts_two_mends_of_one_file_together(repo: Repo) -> None:
    content = b"one\ntwo\nthree\n"
    repo.stage("a.py", content)
    apply(Git(repo.path), [a_candidate(content, (8, 13, b"3")), a_candidate(content, (0, 3, b"1"))])
    assert staged(repo, b"a.py") == (repo.path / "a.py").read_bytes() == b"1\ntwo\n3\n"


def test_apply_respects_the_lock_of_another_git(repo: Repo) -> None:
    repo.stage("a.py", b"one\n")
    lock = repo.path / ".git/index.lock"
    lock.write_bytes(b"theirs")
    with pytest.raises(GitError, match="another git"):
        apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"))])
    assert (lock.read_bytes(), staged(repo, b"a.py"), (repo.path / "a.py").read_bytes()) == (b"theirs", b"one\n", b"one\n")


def test_apply_refuses_what_is_gone_from_the_index(repo: Repo) -> None:
    repo.stage("a.py", b"one\n")
    repo.git("rm", "-q", "--cached", "a.py")
    with pytest.raises(GitError, match="not in the index"):
        apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"))])
    assert (repo.path / "a.py").read_bytes() == b"one\n"


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_apply_loses_no_flag_of_the_index(repo: Repo, flag: str) -> None:
    repo.stage("a.py", b"one\n")
    repo.git("update-index", flag, "a.py")
    with pytest.raises(GitError, match="flag"):
        apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"))])
    assert staged(repo, b"a.py") == b"one\n"


def test_apply_leaves_other_line_ends_of_the_work_tree(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "true")
    put(repo, b"a.py", b"one\ntwo\n")
    repo.write("a.py", b"one\r\ntwo\r\n")
    done = apply(Git(repo.path), [a_candidate(b"one\ntwo\n", (0, 3, b"1"))])
    assert "autocrlf" in done.left[b"a.py"]
    assert (staged(repo, b"a.py"), (repo.path / "a.py").read_bytes()) == (b"1\ntwo\n", b"one\r\ntwo\r\n")


def test_apply_runs_no_filter_and_no_hook(repo: Repo) -> None:
    repo.write(".git/hooks/post-index-change", "#!/bin/sh\ntouch hooked\n").chmod(0o755)
    repo.git("config", "filter.f.clean", "touch filtered; cat")
    repo.git("config", "filter.f.smudge", "touch filtered; cat")
    repo.write(".gitattributes", "*.py filter=f\n")
    put(repo, b"a.py", b"one\n")
    repo.write("a.py", b"one\n")
    for trace in ("hooked", "filtered"):
        (repo.path / trace).unlink(missing_ok=True)
    apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"))])
    assert not (repo.path / "hooked").exists()
    assert not (repo.path / "filtered").exists()


def test_apply_writes_through_no_link(repo: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes(b"one\n")
    put(repo, b"a.py", b"one\n")
    put(repo, b"folder/b.py", b"one\n")
    (repo.path / "a.py").symlink_to(outside)
    (repo.path / "folder").symlink_to(tmp_path)
    (tmp_path / "b.py").write_bytes(b"one\n")
    paths = (b"a.py", b"folder/b.py")
    done = apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"), path=path) for path in paths])
    assert done.left == {b"a.py": "it is no plain file", b"folder/b.py": "a folder on its way is a symbolic link"}
    assert (outside.read_bytes(), (tmp_path / "b.py").read_bytes()) == (b"one\n", b"one\n")
    assert [staged(repo, path) for path in paths] == [b"two\n", b"two\n"]


def test_apply_keeps_the_rest_of_the_index(repo: Repo, make_repo: Callable[..., Repo]) -> None:
    """Intent to add, a submodule, a link, an unstaged file, a conflict elsewhere."""
    other = make_repo("other")
    other.commit("first")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.path), "module")
    repo.write("later.py", "x = 1\n")
    repo.git("add", "-N", "later.py")
    (repo.path / "link").symlink_to("a.py")
    repo.git("add", "link")
    repo.stage("a.py", b"one\n")
    before = repo.git("ls-files", "-s", "-t", "--debug", "module", "link").replace("\t", " ")
    flags = repo.git("ls-files", "--debug", "later.py").rpartition("flags:")[2]
    apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"))])
    assert repo.git("ls-files", "-s", "-t", "--debug", "module", "link").replace("\t", " ") == before
    assert repo.git("ls-files", "--debug", "later.py").rpartition("flags:")[2] == flags
    assert repo.git("diff", "--name-only") == "later.py"


@pytest.mark.parametrize("path", [b'a "b"\n\xe9.py', b"-n", b"*.py", b":(top)x", b" lead"])
def test_apply_takes_any_path(repo: Repo, path: bytes) -> None:
    put(repo, path, b"one\n")
    put(repo, b"zz.py", b"one\n")
    Path(os.fsdecode(os.fsencode(repo.path) + b"/" + path)).write_bytes(b"one\n")
    done = apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"), path=path)])
    assert done.in_work_tree == [path]
    assert (staged(repo, path), staged(repo, b"zz.py")) == (b"two\n", b"one\n")


@pytest.mark.parametrize("form", ["split", "version4", "sha256", "worktree", "untracked cache"])
def test_apply_to_every_kind_of_index(make_repo: Callable[..., Repo], tmp_path: Path, form: str) -> None:
    repo = make_repo("one", *(["--object-format=sha256"] if form == "sha256" else []))
    repo.stage("b.py", b"b\n")
    repo.commit()
    if form == "worktree":
        repo.git("worktree", "add", "-q", str(tmp_path / "tree"))
        repo = Repo(tmp_path / "tree")
    repo.stage("a.py", b"one\n")
    if form != "sha256" and form != "worktree":
        option = {"split": "--split-index", "version4": "--index-version=4", "untracked cache": "--force-untracked-cache"}[form]
        repo.git("update-index", option)
    candidate = a_candidate(b"one\n", (0, 3, b"two"), digits=64 if form == "sha256" else 40)
    apply(Git(repo.path), [candidate])
    assert staged(repo, b"a.py") == b"two\n"
    assert repo.git("status", "--porcelain") == "A  a.py"
    assert subprocess.run(["git", "fsck"], cwd=repo.path, capture_output=True, check=False).returncode == 0


def test_apply_from_a_folder_below(repo: Repo) -> None:
    repo.stage("below/a.py", b"one\n")
    apply(Git(repo.path / "below"), [a_candidate(b"one\n", (0, 3, b"two"), path=b"below/a.py")])
    assert staged(repo, b"below/a.py") == (repo.path / "below/a.py").read_bytes() == b"two\n"


def test_apply_of_a_long_file_is_exact(repo: Repo) -> None:
    lines = [b"\tline %d \xe9\r\n" % number for number in range(20_000)]
    content = b"".join(lines)
    repo.git("config", "core.autocrlf", "false")
    put(repo, b"a.py", content)
    repo.write("a.py", b"mine\r\n" + content)
    start = content.index(b"line 15000 ")
    done = apply(Git(repo.path), [a_candidate(content, (start, start + 4, b"LINE"))])
    assert done.in_work_tree == [b"a.py"]
    wanted = content[:start] + b"LINE" + content[start + 4 :]
    assert (staged(repo, b"a.py"), (repo.path / "a.py").read_bytes()) == (wanted, b"mine\r\n" + wanted)


@pytest.mark.parametrize("stops_at", ["a.py", "b.py", "index"])
@pytest.mark.parametrize("early", [True, False])
def test_apply_that_is_interrupted_changes_all_or_nothing(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, stops_at: str, early: bool
) -> None:
    for name in ("a.py", "b.py"):
        repo.stage(name, b"one\n")
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if Path(target).name != stops_at:
            return real(self, target)
        if not early:
            real(self, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"), path=name) for name in (b"a.py", b"b.py")])
    wanted = b"two\n" if stops_at == "index" and not early else b"one\n"
    assert [(repo.path / name).read_bytes() for name in ("a.py", "b.py")] == [wanted, wanted]
    assert [staged(repo, name) for name in (b"a.py", b"b.py")] == [wanted, wanted]
    assert sorted(path.name for path in repo.path.iterdir()) == [".git", "a.py", "b.py"]
    assert not [path.name for path in (repo.path / ".git").iterdir() if "lock" in path.name or "hunkgate" in path.name]


def test_apply_undoes_all_if_a_file_cannot_be_replaced(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.py", "b.py"):
        repo.stage(name, b"one\n")
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if Path(target).name in ("b.py",):
            raise PermissionError(13, "Permission denied", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(HunkgateError, match="Permission denied"):
        apply(Git(repo.path), [a_candidate(b"one\n", (0, 3, b"two"), path=name) for name in (b"a.py", b"b.py")])
    assert [(repo.path / name).read_bytes() for name in ("a.py", "b.py")] == [b"one\n", b"one\n"]
    assert [staged(repo, name) for name in (b"a.py", b"b.py")] == [b"one\n", b"one\n"]
    assert sorted(path.name for path in repo.path.iterdir()) == [".git", "a.py", "b.py"]
