from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Repo
from hypothesis import given
from hypothesis import strategies as st

from reviewer import config
from reviewer.config.documents import Document, Source
from reviewer.config.kinds import Seconds, Size
from reviewer.config.table import TEAM, USER, Setting
from reviewer.errors import ConfigError, GitError, NotARepositoryError
from reviewer.git import Git
from reviewer.records import Confidence, Kind, Machine, Mode, OnError, OwnAnalyzer, Policy, PrePush, Severity, Suppressions

ALL_TEAM = """\
mode = "block"
reviewers = ["secrets", "rules", "rules"]
budget = "500ms"
on_error = "block"
suppressions = "forbid"
disabled_rules = ["a/b", "c"]
max_file_bytes = "512 KiB"

[block]
confidence = "medium"
severity = "warning"
kinds = ["secret"]

[attest]
enabled = false
pre_push = "block"
repository = "an-id"
"""


def refused(text: str | bytes, *parts: str) -> None:
    """The text is refused, and the message has all the parts."""
    with pytest.raises(ConfigError) as raised:
        config.load_policy_text(text.encode() if isinstance(text, str) else text, ".hunkgate.toml")
    said = f"{raised.value} {raised.value.todo}"
    for part in parts:
        assert part in said
    assert raised.value.todo


def test_every_team_setting_is_read() -> None:
    policy = config.load_policy_text(ALL_TEAM.encode(), "x")
    assert policy == Policy(
        mode=Mode.BLOCK,
        block_confidence=Confidence.MEDIUM,
        block_severity=Severity.WARNING,
        block_kinds=(Kind.SECRET,),
        reviewers=("secrets", "rules"),
        budget=0.5,
        on_error=OnError.BLOCK,
        suppressions=Suppressions.FORBID,
        disabled_rules=("a/b", "c"),
        max_file_bytes=512 * 1024,
        attest=False,
        pre_push=PrePush.BLOCK,
        repository="an-id",
    )


def test_every_field_of_the_records_has_a_setting() -> None:
    assert sorted(setting.field for setting in TEAM) == sorted(Policy.__dataclass_fields__)
    assert sorted(setting.field for setting in USER) == sorted(Machine.__dataclass_fields__)


@pytest.mark.parametrize("setting", [*TEAM, *USER], ids=lambda setting: setting.key)
def test_what_a_kind_writes_it_reads(setting: Setting) -> None:
    document = Document(Source("x"), "", {})
    assert document.line(["x"]) == 0
    table = config.loading.parse(f"value = {setting.kind.write(setting.default)}".encode(), Source("x"))
    assert setting.kind.read(table["value"]) == setting.default


@given(st.integers(0, 2**50))
def test_sizes_survive_writing_and_reading(size: int) -> None:
    assert Size().read(Size().write(size).strip('"')) == size


@given(st.integers(0, 10**7))
def test_times_survive_writing_and_reading(milliseconds: int) -> None:
    written = Seconds().write(milliseconds / 1000).strip('"')
    assert Seconds().read(written) == pytest.approx(milliseconds / 1000, rel=1e-5)


@given(st.binary(max_size=60) | st.text(alphabet='modeblck[]=."\n #0123', max_size=60).map(str.encode))
def test_any_text_is_read_or_refused_in_words(text: bytes) -> None:
    try:
        outcome: Policy | str = config.load_policy_text(text, "x")
    except ConfigError as error:
        outcome = error.todo
    assert outcome


@pytest.mark.parametrize(
    ("text", "seconds"), [('"10s"', 10), ('"500ms"', 0.5), ('"1m"', 60), ('"1.5 s"', 1.5), ("3", 3), ("0.25", 0.25), ("0", 0)]
)
def test_budget_forms(text: str, seconds: float) -> None:
    assert config.load_policy_text(f"budget = {text}".encode(), "x").budget == seconds


@pytest.mark.parametrize("text", ['"10"', '"1h"', '"-1s"', '"fast"', "-1", "nan", "inf", "true", "[1]"])
def test_budget_refused(text: str) -> None:
    refused(f"# a line\nbudget = {text}", "'budget' must be", ".hunkgate.toml:2", 'budget = "10s"')


@pytest.mark.parametrize(("text", "size"), [('"2 MiB"', 2**21), ('"1KiB"', 1024), ('"1.5 KiB"', 1536), ('"7 B"', 7), ("12", 12)])
def test_size_forms(text: str, size: int) -> None:
    assert config.load_policy_text(f"max_file_bytes = {text}".encode(), "x").max_file_bytes == size


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('mode = "bloc"', ("'mode'", '"advise" or "block"', ":1")),
        ("mode = 1", ("'mode'", '"advise" or "block"')),
        ('modes = "block"', ("no setting 'modes'", "Did you mean 'mode'?", ":1")),
        ("zzzzzz = 1", ("no setting 'zzzzzz'", "Known settings:", "block.confidence")),
        ('\n[block]\nconfidense = "high"', ("'block.confidense'", "'block.confidence'", ":3")),
        ('confidence = "high"', ("no setting 'confidence'", "'block.confidence'")),
        ('block.confidence = "sure"', ("'block.confidence'", ":1")),
        ("[block.confidence]\nx = 1", ("'block.confidence' must be", ":1")),
        ("block = 3", ("'block' must be a table", "block.confidence")),
        ('"block" = "high"', ("'block' must be a table",)),
        ("[blok]\nkinds = []", ("no setting 'blok'", ":1")),
        ("reviewers = []", ("must not be empty",)),
        ('reviewers = ["rules", "nobody"]', ('"rules", "secrets", "analyzers" or "models"',)),
        ('reviewers = "rules"', ("must be a list",)),
        ("[block]\nkinds = []", ("must not be empty", "advise")),
        ("disabled_rules = [1]", ("must be a list of names",)),
        ("disabled_rules = ['']", ("must be a list of names",)),
        ("max_file_bytes = -1", ("max_file_bytes", "0 or more")),
        ('max_file_bytes = "2 MB"', ("2 MiB",)),
        ("max_file_bytes = true", ("must be a size",)),
        ("[attest]\nenabled = 1", ("true or false", ":2")),
        ('[attest]\nrepository = "a b"', ("without white space",)),
        ('store = "/x"', ("'store' is a setting of this machine", "must not set it", "config.toml")),
        ('[tools]\nruff = "/x"', ("'tools' is a setting of this machine", ":1")),
        ("mode =", ("not valid TOML", ":1")),
        ('mode = "block"\n[block\n', ("not valid TOML", ":2")),
        ('mode = "block', ("not valid TOML", ":1")),
        ("mode = 'block'\nmode = 'block'", ("not valid TOML",)),
        (b'mode = "block"\n# \xff', ("0xff", "UTF-8", ":2")),
        ("x = " + "[" * 100_000, ("nested too deeply",)),
        (b"#" * (1024 * 1024 + 1), ("larger than 1 MiB",)),
    ],
    ids=lambda value: str(value)[:30],
)
def test_malformed_text_is_refused(text: str | bytes, parts: tuple[str, ...]) -> None:
    refused(text, *parts)


def test_windows_line_endings_are_fine() -> None:
    assert config.load_policy_text(b'mode = "block"\r\n[block]\r\nconfidence = "low"\r\n', "x").block_confidence is Confidence.LOW


def test_no_file_at_all_advises(repo: Repo) -> None:
    loaded = config.load_policy(Git(repo.path))
    assert loaded.policy == Policy()
    assert loaded.source == "default"
    assert set(loaded.origins.values()) == {"default"}
    assert "block.kinds" in loaded.origins


def test_the_committed_file_counts_and_edits_wait(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    repo.stage(".hunkgate.toml", 'mode = "advise"\n')
    loaded = config.load_policy(Git(repo.path))
    assert loaded.policy.mode is Mode.BLOCK
    assert loaded.source == ".hunkgate.toml at HEAD"
    assert loaded.origins["mode"] == ".hunkgate.toml at HEAD"
    assert loaded.origins["budget"] == "default"
    assert loaded.notes == ("your edits of .hunkgate.toml apply after they are committed",)


def test_the_tree_of_head_by_its_oid_is_head(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    repo.write(".hunkgate.toml", 'mode = "advise"\n')
    loaded = config.load_policy(Git(repo.path), repo.git("rev-parse", "HEAD^{tree}"))
    assert loaded.source == ".hunkgate.toml at HEAD"
    assert loaded.notes


def test_unstaged_deletion_and_comments(repo: Repo) -> None:
    path = repo.write(".hunkgate.toml", 'mode = "block"\n')
    repo.git("add", ".")
    repo.commit()
    path.write_text('# why\nmode = "block"\n')
    assert config.load_policy(Git(repo.path)).notes == ()
    path.unlink()
    loaded = config.load_policy(Git(repo.path))
    assert loaded.policy.mode is Mode.BLOCK
    assert "apply after" in loaded.notes[0]


def test_broken_edits_are_named(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    repo.write(".hunkgate.toml", "mode = \n")
    loaded = config.load_policy(Git(repo.path))
    assert loaded.policy.mode is Mode.BLOCK
    assert "not valid yet" in loaded.notes[0]
    assert ".hunkgate.toml:1" in loaded.notes[0]


def test_broken_edits_are_refused_once_they_are_staged(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    repo.stage(".hunkgate.toml", 'mode = "block"\nmode = "block"\n')
    with pytest.raises(ConfigError, match="not valid TOML") as caught:
        config.load_policy(Git(repo.path))
    assert ".hunkgate.toml:2" in caught.value.where
    repo.git("rm", "-q", "--cached", "-f", ".hunkgate.toml")
    assert config.load_policy(Git(repo.path)).policy.mode is Mode.BLOCK


def test_a_given_tree_governs_without_words_on_edits(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    tree = repo.git("rev-parse", "HEAD^{tree}")
    repo.stage(".hunkgate.toml", 'mode = "advise"\n')
    repo.commit()
    loaded = config.load_policy(Git(repo.path), tree)
    assert loaded.policy.mode is Mode.BLOCK
    assert loaded.source == f".hunkgate.toml at {tree[:12]}"
    assert loaded.notes == ()


def test_staged_then_work_tree_file_counts_before_the_first_commit_of_it(repo: Repo) -> None:
    repo.write(".hunkgate.toml", 'mode = "block"\n')
    loaded = config.load_policy(Git(repo.path))
    assert (loaded.policy.mode, loaded.source) == (Mode.BLOCK, ".hunkgate.toml (work tree)")
    repo.git("add", ".hunkgate.toml")
    repo.write(".hunkgate.toml", 'mode = "advise"\n')
    loaded = config.load_policy(Git(repo.path))
    assert (loaded.policy.mode, loaded.source) == (Mode.BLOCK, ".hunkgate.toml (staged)")


def test_from_a_subfolder_and_a_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.commit()
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "w t"))
    Repo(tmp_path / "w t").write(".hunkgate.toml", 'mode = "block"\n')
    folder = tmp_path / "w t" / "sub"
    folder.mkdir()
    assert config.load_policy(Git(folder)).policy.mode is Mode.BLOCK


def test_a_broken_committed_file_is_mended_by_the_staged_one(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", "mode = \n")
    repo.commit()
    with pytest.raises(ConfigError, match="not valid TOML"):
        config.load_policy(Git(repo.path))
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    loaded = config.load_policy(Git(repo.path))
    assert loaded.source == ".hunkgate.toml (staged)"
    assert "malformed" in loaded.notes[0]
    repo.git("rm", "-q", "--cached", ".hunkgate.toml")
    with pytest.raises(ConfigError) as raised:
        config.load_policy(Git(repo.path))
    assert "git add .hunkgate.toml" in raised.value.todo


def test_pyproject_table(repo: Repo) -> None:
    repo.stage(
        "pyproject.toml", '[project]\nname = "x"\n\n[tool.hunkgate]\nmode = "block"\n[tool.hunkgate.block]\nseverity = "info"\n'
    )
    repo.commit()
    loaded = config.load_policy(Git(repo.path))
    assert (loaded.policy.mode, loaded.policy.block_severity) == (Mode.BLOCK, Severity.INFO)
    assert loaded.source == "pyproject.toml at HEAD"
    repo.write("pyproject.toml", '[tool.hunkgate]\nmode = "block"\nblock = {severity = "info"}\n[project]\nname = "y"\n')
    assert config.load_policy(Git(repo.path)).notes == ()


@pytest.mark.parametrize(
    "text", ['[tool]\nhunkgate.mode = "block"', 'tool.hunkgate = {mode = "block"}', '[ "tool" . \'hunkgate\' ]\nmode="block"']
)
def test_every_spelling_of_the_pyproject_table_is_seen(repo: Repo, text: str) -> None:
    repo.stage("pyproject.toml", text)
    assert config.load_policy(Git(repo.path)).policy.mode is Mode.BLOCK


def test_line_numbers_in_pyproject(repo: Repo) -> None:
    repo.stage("pyproject.toml", '[project]\nmodes = "x"\n\n[tool.hunkgate]\n\nmodes = "block"\n')
    with pytest.raises(ConfigError, match=r"pyproject.toml:6 \(staged\)"):
        config.load_policy(Git(repo.path))


def test_pyproject_table_must_be_a_table(repo: Repo) -> None:
    repo.stage("pyproject.toml", "[tool]\nhunkgate = 3\n")
    with pytest.raises(ConfigError, match="must be a table"):
        config.load_policy(Git(repo.path))


@pytest.mark.parametrize(
    "text", ['[project]\ndependencies = ["hunkgate==0.1"]\n', "broken toml [", "# hunkgate\n", "tool = 3 # hunkgate.x"]
)
def test_pyproject_without_our_table_does_not_matter(repo: Repo, text: str) -> None:
    repo.stage("pyproject.toml", text)
    assert config.load_policy(Git(repo.path)).source == "default"


def test_own_file_wins_over_pyproject_and_says_so(repo: Repo) -> None:
    repo.stage("pyproject.toml", '[tool.hunkgate]\nmode = "advise"\n')
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    loaded = config.load_policy(Git(repo.path))
    assert loaded.policy.mode is Mode.BLOCK
    assert "is ignored" in loaded.notes[0]


def test_things_that_are_no_file_are_refused(repo: Repo) -> None:
    (repo.path / ".hunkgate.toml").mkdir()
    with pytest.raises(ConfigError, match="not a plain file"):
        config.load_policy(Git(repo.path))
    repo.stage(".hunkgate.toml/x", "x")
    repo.commit()
    with pytest.raises(ConfigError, match="not a file"):
        config.load_policy(Git(repo.path))


def test_a_link_is_not_followed(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text('mode = "block"')
    (repo.path / ".hunkgate.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="not a plain file"):
        config.load_policy(Git(repo.path))


def test_a_huge_file_is_refused_unread(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", b"#" * (1024 * 1024 + 1))
    repo.commit()
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        config.load_policy(Git(repo.path))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser reads everything")
def test_an_unreadable_file_is_refused(repo: Repo) -> None:
    repo.write(".hunkgate.toml", "").chmod(0)
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load_policy(Git(repo.path))


def test_content_missing_from_a_partial_clone_is_no_absent_policy(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    oid = repo.git("rev-parse", "HEAD:.hunkgate.toml")
    (repo.path / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(GitError):
        config.load_policy(Git(repo.path))


def test_a_bare_repository_has_the_committed_settings(repo: Repo, tmp_path: Path) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert config.load_policy(Git(tmp_path / "bare.git")).policy.mode is Mode.BLOCK


def test_outside_a_repository(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError):
        config.load_policy(Git(tmp_path))


def test_hostile_attributes_do_not_change_what_is_read(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.toml filter=evil diff=evil working-tree-encoding=UTF-16\n")
    repo.git("config", "filter.evil.smudge", "echo mode = 1")
    repo.git("config", "filter.evil.clean", "cat")
    (repo.path / ".gitattributes").write_text("")
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    assert config.load_policy(Git(repo.path)).policy.mode is Mode.BLOCK


def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    path = tmp_path / "user config.toml"
    path.write_text(text)
    monkeypatch.setenv("HUNKGATE_CONFIG", str(path))
    return path


def test_machine_defaults() -> None:
    assert config.load_machine() == Machine()
    assert set(config.read_machine().origins.values()) == {"default"}


def test_machine_settings_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = user_file(
        tmp_path,
        monkeypatch,
        'store = "/var/models"\nmodel = "m"\nthreads = 2\nmodel_python = "~/py"\n[tools]\nruff = "/opt/ruff"\n"sg" = "/x"\n'
        '[[analyzers]]\nname = "own"\ncommand = ["tool", "--sarif"]\nlanguages = ["python"]\ntimeout = "5s"\n',
    )
    loaded = config.read_machine()
    home = str(Path.home() / "py")
    assert loaded.machine == Machine(
        store="/var/models", model="m", threads=2, model_python=home, tools={"ruff": "/opt/ruff", "sg": "/x"},
        analyzers=(OwnAnalyzer("own", ("tool", "--sarif"), ("python",), 5.0),),
    )  # fmt: skip
    assert loaded.origins["tools"] == str(path)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('mode = "block"', ("'mode' is a setting of the team", ".hunkgate.toml at the root", "user config.toml:1")),
        ('[block]\nkinds = ["bug"]', ("'block' is a setting of the team",)),
        ('store = "relative"', ("'store' must be an absolute path",)),
        ("threads = -1", ("0 or more",)),
        ("threads = true", ("whole number",)),
        ('[tools]\nruff = "ruff"', ("'tools' must be an absolute path",)),
        ("tools = 1", ("must be a table",)),
        ("analyzers = 1", ("'analyzers' must be a list of tables",)),
        ('[[analyzers]]\nname = "x"', ("needs a command for 'x'",)),
        ('[[analyzers]]\nname = "X"\ncommand = ["x"]', ("needs a name of small letters",)),
        ('[[analyzers]]\nname = "x"\ncommand = "x y"', ("lists of strings",)),
        ('[[analyzers]]\nname = "x"\ncommand = ["x"]\nshell = true', ("unknown key 'shell'",)),
        ('[[analyzers]]\nname = "x"\ncommand = ["x"]\ntimeout = "soon"', ("must be a time",)),
        ('[[analyzers]]\nname = "x"\ncommand = ["x"]\n[[analyzers]]\nname = "x"\ncommand = ["y"]', ("names 'x' twice",)),
        ('stor = "/x"', ("Did you mean 'store'?",)),
    ],
)
def test_malformed_machine_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, parts: tuple[str, ...]) -> None:
    user_file(tmp_path, monkeypatch, text)
    with pytest.raises(ConfigError) as raised:
        config.load_machine()
    for part in parts:
        assert part in f"{raised.value} {raised.value.todo}"


def test_the_users_file_is_found_in_its_usual_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    platformdirs = pytest.importorskip("platformdirs")
    for value in ("", str(tmp_path / "xdg")):
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        assert str(config.machine_path()) == str(Path(platformdirs.user_config_dir("hunkgate")) / "config.toml")


@pytest.mark.skipif(sys.platform != "linux", reason="XDG folders")
def test_a_relative_folder_in_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert config.machine_path() == Path.home() / ".config" / "hunkgate" / "config.toml"


def test_the_chosen_file_must_exist_and_be_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value, message in (
        ("x.toml", "absolute"),
        (str(tmp_path / "none.toml"), "does not exist"),
        (str(tmp_path), "not a file"),
    ):
        monkeypatch.setenv("HUNKGATE_CONFIG", value)
        with pytest.raises(ConfigError, match=message):
            config.load_machine()


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10), ("250ms", 0.25), ("2m", 120), ("7", 7)])
def test_parse_duration(text: str, seconds: float) -> None:
    assert config.parse_duration(text, "--budget") == seconds


def test_parse_duration_names_the_option() -> None:
    with pytest.raises(ConfigError, match="--budget"):
        config.parse_duration("soon", "--budget")


def test_cold_path_imports_nothing_heavy(repo: Repo) -> None:
    code = (
        "import sys; from reviewer import config; from reviewer.git import Git; config.load_policy(Git()); config.load_machine();"
        "print([name for name in ('tomllib', 'tomli', 'platformdirs', 'difflib', 'rich', 'yaml') if name in sys.modules])"
    )
    # Measuring coverage reads TOML in every process.
    plain = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=repo.path, env=plain, capture_output=True, text=True, check=True)
    if sys.platform == "linux":
        assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", [["make", "check"], ["sh", "-c", "a", "a", ""], []])
def test_a_command_keeps_every_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f"[fix]\ncheck = {json.dumps(command)}\n")
    monkeypatch.setenv("HUNKGATE_CONFIG", str(file))
    assert config.load_machine().fix_check == tuple(command)


@pytest.mark.parametrize("command", ['"make check"', "[1]", '[""]', '["  ", "x"]'])
def test_what_is_no_command_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f"[fix]\ncheck = {command}\n")
    monkeypatch.setenv("HUNKGATE_CONFIG", str(file))
    with pytest.raises(ConfigError, match="must be a program and its arguments"):
        config.load_machine()
