"""Signing with the user's SSH key, never asking anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewer import proc
from reviewer.attest.keys import SigningKey, signing_key
from reviewer.attest.sshsig import NAMESPACE, Signature, dearmor
from reviewer.errors import AttestError, ToolError, ToolFailedError, ToolMissingError
from reviewer.git import Git
from reviewer.private_folder import private_folder

TIMEOUT = 60.0
"""Seconds: an agent may wait for a click, a hardware key for a touch."""

_NEVER_ASK = {"SSH_ASKPASS_REQUIRE": "never"}
"""See ssh(1). Without a terminal and without this no passphrase can be asked for."""


def sign(git: Git, payload: bytes, namespace: str = NAMESPACE) -> Signature:
    """A signature over the payload in a namespace of ours, by the key of git's settings; ssh-agent is used if it has the key.

    Raises:
        AttestError: it could not be made; `what` says why in a few words, fit for a trailer.
    """
    key = signing_key(git)
    try:
        program = _program(git)
        with _key_file(key) as file:
            env = proc.clean_environment(_NEVER_ASK)
            armored = proc.run(
                (program, "-Y", "sign", "-n", namespace, "-f", file), stdin=payload, timeout=TIMEOUT, env=env, detached=True
            ).out
    except ToolMissingError as error:
        raise AttestError("ssh-keygen is missing", where=str(error)) from error
    except ToolFailedError as error:
        raise AttestError(_reason(error.stderr), where=error.what) from error
    except ToolError as error:
        raise AttestError("signing took too long", where=str(error)) from error
    except OSError as error:
        raise AttestError("no room for a temporary file", where=str(error)) from error
    signature = dearmor(armored)
    if signature.namespace != namespace:
        raise AttestError("the signing program changed the namespace", where=str(program))
    return signature


def _program(git: Git) -> Path:
    """The user's own gpg.ssh.program, else ssh-keygen. A repository's setting does not count: it would be run."""
    configured = git.config("gpg.ssh.program", scopes=("--global", "--system"))
    if configured is None:
        return proc.find_tool("ssh-keygen")
    path = Path(configured).expanduser()
    return path if path.is_absolute() else proc.find_tool(configured)


@contextmanager
def _key_file(key: SigningKey) -> Iterator[Path]:
    if key.file is not None:
        yield key.file.absolute()
        return
    with private_folder() as folder:
        file = folder / "key.pub"
        file.write_text(key.literal + "\n", encoding="utf-8")
        yield file


def _reason(stderr: bytes) -> str:
    """Why ssh-keygen could not sign (sshkey and ssh-keygen messages of OpenSSH 8.2 to 10)."""
    if b"incorrect passphrase" in stderr or b"passphrase" in stderr.lower():
        return "the signing key is locked"
    if b"bad permissions" in stderr or b"UNPROTECTED" in stderr or b"Permission denied" in stderr:
        return "the signing key cannot be read"
    if b"No such file" in stderr or b"No private key found" in stderr or b"agent" in stderr:
        return "the signing key is not here"
    return "ssh-keygen could not sign"
