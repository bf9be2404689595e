"""The processor: always there, whatever runtime uses it."""

from __future__ import annotations

from dataclasses import replace

from reviewer.devices._openvino import seen
from reviewer.devices.interface import Around, Device, Kind


def look(around: Around) -> tuple[Device, ...]:
    """One device; its memory is that of the machine or of its container."""
    memory = _memory(around)
    known = seen(around, Kind.CPU)
    if known:
        return tuple(replace(one, memory=one.memory or memory) for one in known[:1])
    return (Device("CPU", Kind.CPU, _title(around), True, "", memory),)


def _memory(around: Around) -> int:
    """Bytes; see proc_meminfo(5) and memory.max of control groups, version 2."""
    try:
        words = (around.root / "proc/meminfo").read_text(encoding="ascii").split()
        total = int(words[words.index("MemTotal:") + 1]) * 1024
    except (OSError, ValueError, IndexError):
        return 0
    try:
        limit = (around.root / "sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return total
    return min(total, int(limit)) if limit.isdigit() else total


def _title(around: Around) -> str:
    try:
        text = (around.root / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    names = [line.partition(":")[2].strip() for line in text.split("\n") if line.startswith("model name")]
    return names[0] if names else ""
