"""What the team decided (`Policy`) and what this machine has (`Machine`)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import Enum

from reviewer.records.finding import Confidence, Kind, Severity


class Mode(str, Enum):
    """Whether a verdict may stop a commit."""

    ADVISE = "advise"
    BLOCK = "block"


class OnError(str, Enum):
    """What an incomplete review does."""

    WARN = "warn"
    BLOCK = "block"


class Suppressions(str, Enum):
    """Whether `hunkgate: ignore[rule] reason` comments count."""

    ALLOW = "allow"
    FORBID = "forbid"


class Dismissals(str, Enum):
    """Which dismissals of findings count (`hunkgate dismiss`)."""

    CHANGE = "change"
    """Also those that the change under review brings along."""
    BASE = "base"
    """Only those that were there before it."""


class PrePush(str, Enum):
    """What the pre-push hook does about commits that are not proven."""

    OFF = "off"
    WARN = "warn"
    BLOCK = "block"


class Waived(str, Enum):
    """What a review is worth that let a finding pass because a person waived it."""

    ALLOW = "allow"
    WARN = "warn"
    """It counts, and that is said."""
    BLOCK = "block"
    """It counts as none, unless the decision was there before the change."""


class Provenance(str, Enum):
    """What the server does about a commit that does not say what of it was generated."""

    OFF = "off"
    WARN = "warn"
    BLOCK = "block"


class GeneratedReview(str, Enum):
    """How the server reviews a file in which lines were generated, if it is proven that it was reviewed before."""

    USUAL = "usual"
    """As any other."""
    AGAIN = "again"
    """By its models, again."""
    LARGER = "larger"
    """By its larger model."""


class Store(str, Enum):
    """Where the attestation of a commit is kept."""

    TRAILER = "trailer"
    """In the commit's message."""
    NOTES = "notes"
    """In refs/notes/review-attestations, with the findings; the message stays as it is."""
    BOTH = "both"

    @property
    def in_message(self) -> bool:
        return self is not Store.NOTES

    @property
    def in_notes(self) -> bool:
        return self is not Store.TRAILER


REVIEWERS = ("rules", "secrets", "analyzers", "models")
"""Every reviewer, in the order of their reports."""

ROLES = ("screen", "triage", "review", "confirm", "explain", "fix", "embed")
"""What a model can be used for. It earns each of them by an exam."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The team's settings. Read from the repository; can only ask for more scrutiny, never name programs, paths or hosts."""

    mode: Mode = Mode.ADVISE
    block_confidence: Confidence = Confidence.HIGH
    """The least confidence that blocks."""
    block_severity: Severity = Severity.ERROR
    """The least severity that blocks."""
    block_kinds: tuple[Kind, ...] = (Kind.SECURITY, Kind.BUG, Kind.SECRET)
    reviewers: tuple[str, ...] = REVIEWERS
    budget: float = 10.0
    """Seconds of model time for one commit."""
    on_error: OnError = OnError.WARN
    suppressions: Suppressions = Suppressions.ALLOW
    dismissals: Dismissals = Dismissals.CHANGE
    disabled_rules: tuple[str, ...] = ()
    max_file_bytes: int = 2 * 1024 * 1024
    """Larger files are not parsed by rules and analyzers; the coverage says so."""
    attest: bool = True
    store: Store = Store.TRAILER
    pre_push: PrePush = PrePush.WARN
    waived: Waived = Waived.WARN
    grace: str = ""
    """How long reviews under a former policy count, such as "14d"; empty: not at all."""
    repository: str = ""
    """The repository's own id, bound into every attestation so that none can be replayed elsewhere; empty binds nothing."""
    generated_require: Provenance = Provenance.OFF
    generated_forbid: tuple[str, ...] = ()
    """Patterns of paths (`reviewer.config.patterns`) at which nothing may be generated."""
    generated_review: GeneratedReview = GeneratedReview.USUAL

    @property
    def asks_for_provenance(self) -> bool:
        """Whether anything depends on what was generated: then a commit says so, too, if nothing was."""
        asked = self.generated_require is not Provenance.OFF or self.generated_review is not GeneratedReview.USUAL
        return asked or bool(self.generated_forbid)

    @property
    def digest(self) -> str:
        """Sha256 (hex) over the canonical JSON of the settings that differ from the defaults: an attestation's "policy".

        A later version may have more settings; that must not make another policy of an old one.
        """
        usual = asdict(Policy())
        own = {key: value for key, value in asdict(self).items() if value != usual[key]}
        text = json.dumps(own, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class OwnAnalyzer:
    """A tool that the user's own file names: whatever prints SARIF. Never read from a repository."""

    name: str
    """What its findings are called by: "analyzers/NAME"."""
    command: tuple[str, ...]
    """Program and arguments. "{files}" stands for the files, "{folder}" for the folder they are in, "{output}" for a file that
    the tool writes its report to instead of printing it. Without "{files}" and "{folder}" the files are added at the end."""
    languages: tuple[str, ...] = ()
    """Languages it is asked about, as in `Hunk.language`; empty for all files."""
    timeout: float = 60.0
    """Seconds."""


class Dialect(str, Enum):
    """What kind of inference server an endpoint is."""

    LLAMA_SERVER = "llama-server"
    """The server of llama.cpp."""
    LLAMA_CPP_PYTHON = "llama-cpp-python"
    VLLM = "vllm"
    OLLAMA = "ollama"
    OPENVINO = "openvino-model-server"
    OPENAI = "openai"
    """Any other one with chat completions as OpenAI has them."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model on an inference server that the user's own file names. Never read from a repository."""

    name: str
    """What the settings call the model, such as in `larger_model`."""
    url: str
    """The server's root, without "/v1"."""
    model: str
    """What the server calls the model."""
    dialect: Dialect
    api_key_env: str = ""
    """The environment variable that holds the key; empty if the server wants none."""
    timeout: float = 60.0
    """Seconds that one answer may take, whatever else there is time for."""
    context: int = 8192
    """Tokens that the server lets a question have."""

    @property
    def remote(self) -> bool:
        """Whether what it is sent leaves this machine."""
        from ipaddress import ip_address
        from urllib.parse import urlsplit

        host = urlsplit(self.url).hostname or ""
        try:
            return not ip_address(host).is_loopback
        except ValueError:
            return host != "localhost"


class Ranking(Enum):
    """Whether the trained classifier ranks the hunks of a review."""

    AUTO = "auto"
    """If a larger model is configured: risk decides what it is asked about."""
    ON = "on"
    OFF = "off"


class EngineUse(Enum):
    """Whether hooks share a warm engine."""

    AUTO = "auto"
    """The first one that needs a model starts it."""
    OFF = "off"
    """Every review loads the model for itself."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The user's settings for this machine. Never read from a repository."""

    store: str = ""
    """Folder of the model files; empty means the platform's data folder."""
    model: str = "qwen2.5-coder-1.5b-instruct"
    """The model that reviews, if it is installed; empty switches models off."""
    threads: int = 0
    """Threads of the inference runtime; 0 leaves it to the runtime."""
    larger_model: str = ""
    """The model that takes the complex and risky hunks and gives the second look; empty means none."""
    forced_roles: tuple[str, ...] = ()
    """Roles in which a model may speak without having passed its exam; the attestation says so."""
    cache: int = 64 * 2**20
    """Bytes on disk for what models answered; 0 keeps nothing."""
    classifier: Ranking = Ranking.AUTO
    classifier_device: str = ""
    """Where it runs, as `hunkgate devices` names it; empty leaves that to what is there and was measured."""
    engine: EngineUse = EngineUse.AUTO
    engine_idle: float = 900.0
    """Seconds without a question after which the engine ends."""
    engine_memory: int = 0
    """Bytes that its models may take together; 0 is half of this machine's memory."""
    model_python: str = ""
    """The Python interpreter that has the inference runtime; empty looks for one."""
    analyzers: tuple[OwnAnalyzer, ...] = ()
    """Further tools of the user's that print SARIF."""
    endpoints: tuple[Endpoint, ...] = ()
    """Models on inference servers."""
    fix_check: tuple[str, ...] = ()
    """The user's own command that a mend has to pass, without a shell; empty for none."""
    tools: dict[str, str] = field(default_factory=dict)
    """Absolute paths of external programs by name, where the installed ones should not be used."""
