"""How long does it take to verify a range? `hunkgate verify A..B` against `git log --show-signature A..B` on the same commits.

    python benchmarks/verify_range.py [--commits 1000] [--signers 3] [--files 2] [--no-git]

Makes a history with `git fast-import`: every commit changes some files of one kilobyte, is attested by one of the signers and
signed (as git signs commits) by the same key. Both run in turn; the minimum of three runs counts. The slope is what
verifying grows by from half of the commits to all of them, in milliseconds for a commit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from reviewer.attest import sshsig
from reviewer.attest.delta import Delta, DeltaEntry
from reviewer.attest.statement import signed_bytes
from reviewer.attest.trailer import Attested, trailers
from reviewer.git import EMPTY_TREE
from reviewer.objects.interface import TreeChange
from reviewer.records import Policy
from reviewer.records.statement import Statement, Word

ZEROS = "0" * 40
FOLDERS = 16
FILES_A_FOLDER = 8
IDENTITY = "A Developer <dev@example.org> 1760000000 +0000"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--signers", type=int, default=3)
    parser.add_argument("--files", type=int, default=2, help="changed by each commit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-git", action="store_true", help="without git log --show-signature")
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        repo, keys = Path(folder) / "repo", Path(folder) / "keys"
        make(repo, keys, args.commits, args.signers, args.files)
        ranges = {count: f"main~{count}..main" for count in (args.commits // 2, args.commits - 1)}
        best = {count: min(verified(repo, span, count) for _ in range(args.rounds)) for count, span in ranges.items()}
        (half, whole) = best
        for count, seconds in best.items():
            print(f"hunkgate verify, {count} commits: {seconds:.2f} s")
        print(f"slope: {(best[whole] - best[half]) / (whole - half) * 1000:.3f} ms for a commit")
        if not args.no_git:
            shown = min(timed(["git", "log", "--show-signature", ranges[whole]], repo) for _ in range(args.rounds))
            print(f"git log --show-signature: {shown:.2f} s; ratio {best[whole] / shown:.2f}")


def verified(repo: Path, span: str, count: int) -> float:
    """Seconds that verification takes; every commit must be proven."""
    start = time.perf_counter()
    done = subprocess.run(["hunkgate", "verify", span, "--format", "json"], cwd=repo, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    classes = [proof["class"] for proof in json.loads(done.stdout)]
    if classes != ["EXACT"] * count:
        sys.exit(f"not proven: {done.stdout[-2000:]!r} {done.stderr!r}")
    return seconds


def timed(argv: list[str], folder: Path) -> float:
    """Seconds that a program takes."""
    start = time.perf_counter()
    subprocess.run(argv, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def make(repo: Path, keys: Path, commits: int, signers: int, files: int) -> None:
    """The repository, and git's settings that trust its signers."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(repo)], check=True)
    keys.mkdir()
    people = [Signer(keys / f"signer{number}") for number in range(signers)]
    (keys / "allowed").write_text("".join(f"signer{n}@example.org {person.public}\n" for n, person in enumerate(people)))
    (keys / "revoked").write_text("")
    for name, file in (("allowedSignersFile", "allowed"), ("revocationFile", "revoked")):
        subprocess.run(["git", "config", f"gpg.ssh.{name}", str(keys / file)], cwd=repo, check=True)
    subprocess.run(["git", "config", "gpg.format", "ssh"], cwd=repo, check=True)
    history = History(files)
    changes = [history.change(number) for number in range(commits)]
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo, input=b"".join(history.stream), check=True)
    tip = write_commits(repo, keys, people, changes)
    subprocess.run(["git", "update-ref", "refs/heads/main", tip], cwd=repo, check=True)
    subprocess.run(["git", "repack", "-adq"], cwd=repo, check=True)


def write_commits(repo: Path, folder: Path, people: list[Signer], changes: list[Change]) -> str:
    """Signed and attested commits; returns the oid of the last. fast-import of git 2.39 cannot write signatures."""
    parent, base, files = "", EMPTY_TREE[40], []
    for number, (entries, tree) in enumerate(changes):
        person = people[number % len(people)]
        message = f"\n\nchange {number}\n\n{attestation(person, base, tree, entries)}\n"
        header = f"tree {tree}\n" + (f"parent {parent}\n" if parent else "") + f"author {IDENTITY}\ncommitter {IDENTITY}"
        armored = person.sign("git", (header + message).encode()).armored.decode().strip()
        raw = (header + "\ngpgsig " + armored.replace("\n", "\n ") + message).encode()
        files.append(folder / f"commit{number}")
        files[-1].write_bytes(raw)
        parent, base = oid(b"commit", raw), tree
    names = "".join(f"{file}\n" for file in files).encode()
    words = ["git", "hash-object", "-t", "commit", "-w", "--no-filters", "--stdin-paths"]
    subprocess.run(words, cwd=repo, input=names, stdout=subprocess.DEVNULL, check=True)
    return parent


class Signer:
    """A key that signs without a process for each signature. Needs the package `cryptography`."""

    def __init__(self, file: Path) -> None:
        from cryptography.hazmat.primitives.serialization import load_ssh_private_key

        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
        self._key = load_ssh_private_key(file.read_bytes(), None)
        self.public = file.with_suffix(".pub").read_text().strip()
        self._blob = string(b"ssh-ed25519") + string(self._key.public_key().public_bytes_raw())

    def sign(self, namespace: str, payload: bytes) -> sshsig.Signature:
        """As `ssh-keygen -Y sign` does (PROTOCOL.sshsig)."""
        fields = [namespace.encode(), b"", b"sha512"]
        signed = b"SSHSIG" + b"".join(map(string, [*fields, hashlib.sha512(payload).digest()]))
        inner = string(b"ssh-ed25519") + string(self._key.sign(signed))
        return sshsig.parse(b"SSHSIG\0\0\0\1" + b"".join(map(string, [self._blob, *fields, inner])))


Change = tuple[list[DeltaEntry], str]
"""What a commit does, and the tree that it makes."""


class History:
    """Changes of some files each; object ids are calculated here, so that statements can name them."""

    def __init__(self, files: int) -> None:
        self.stream: list[bytes] = []
        """What fast-import reads: the contents and trees."""
        self._files = files
        self._random = random.Random(1)
        self._now: dict[bytes, tuple[str, bytes]] = {}
        self._folders: dict[bytes, str] = {}

    def change(self, number: int) -> Change:
        """The next change."""
        paths = {
            b"d%02d/f%d.txt" % (self._random.randrange(FOLDERS), self._random.randrange(FILES_A_FOLDER))
            for _ in range(self._files)
        }
        entries = [self._edited(path, number) for path in sorted(paths)]
        self.stream.append(b"commit refs/heads/import\ncommitter %s\ndata 0\n" % IDENTITY.encode())
        for path in sorted(paths):
            content = self._now[path][1]
            self.stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path, len(content), content))
            self._folders[path[:3]] = self._tree_of(path[:3])
        root = b"".join(b"40000 %s\0%s" % (name, bytes.fromhex(tree)) for name, tree in sorted(self._folders.items()))
        return entries, oid(b"tree", root)

    def _edited(self, path: bytes, number: int) -> DeltaEntry:
        content = b"%d\n" % number + self._random.randbytes(512).hex().encode()
        old = self._now.get(path, (ZEROS, b""))[0]
        self._now[path] = (oid(b"blob", content), content)
        mode = 0 if old == ZEROS else 0o100644
        change = TreeChange(path, mode, 0o100644, old, self._now[path][0], "M" if mode else "A")
        return DeltaEntry(change, hashlib.sha256(content).hexdigest())

    def _tree_of(self, folder: bytes) -> str:
        inside = sorted(path for path in self._now if path.startswith(folder + b"/"))
        return oid(b"tree", b"".join(b"100644 %s\0%s" % (path[4:], bytes.fromhex(self._now[path][0])) for path in inside))


def attestation(person: Signer, base: str, tree: str, entries: list[DeltaEntry]) -> str:
    """Trailers about a change."""
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("models", "findings")}
    at = datetime.now(timezone.utc).replace(microsecond=0)
    statement = Statement(Word.PASS, tree, base, "hunkgate/0.1.0", Policy().digest, digests["models"], digests["findings"], at)
    signature = person.sign(sshsig.NAMESPACE, signed_bytes(statement, Delta(tuple(entries)), ""))
    return "\n".join(trailers(Attested(statement, signature)))


def oid(kind: bytes, content: bytes) -> str:
    """Of a git object."""
    return hashlib.sha1(b"%s %d\0%s" % (kind, len(content), content), usedforsecurity=False).hexdigest()


def string(data: bytes) -> bytes:
    """RFC 4251 section 5."""
    return len(data).to_bytes(4, "big") + data


if __name__ == "__main__":
    main()
