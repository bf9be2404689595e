"""One holder at a time; the kernel lets go for the dead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from reviewer.engine import lock

HOLDER = """
import sys, time
from pathlib import Path
from reviewer.engine import lock
held = lock.take(Path(sys.argv[1]))
held.sign()
print("held", flush=True)
time.sleep(600)
"""


def test_only_one_can_take_it(tmp_path: Path) -> None:
    path = tmp_path / "l"
    first = lock.take(path)
    assert first is not None
    assert lock.take(path) is None
    first.release()
    second = lock.take(path)
    assert second is not None
    second.release()


def test_holder_is_who_signed_it(tmp_path: Path) -> None:
    path = tmp_path / "l"
    assert lock.holder(path) is None
    held = lock.take(path)
    assert held is not None
    assert lock.holder(path) == 0
    held.sign()
    assert lock.holder(path) == os.getpid()
    held.release()
    assert lock.holder(path) is None


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "l"
    process = subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert lock.take(path) is None
    assert lock.holder(path) == process.pid
    process.kill()
    process.wait()
    process.stdout.close()
    held = lock.take(path)
    assert held is not None
    held.release()


def test_a_deleted_lock_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "l"
    held = lock.take(path)
    assert held is not None
    assert held.found
    path.unlink()
    assert not held.found
    other = lock.take(path)
    assert other is not None
    assert not held.found
    held.release()
    other.release()
