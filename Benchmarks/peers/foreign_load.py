"""How busy other programs kept the machine during a measurement."""
import os
import resource
import time
from pathlib import Path


class ForeignLoad:
    """Processor time of other programs than this one since this object was made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._foreign_at_start = self._foreign_seconds()

    def share(self) -> float:
        """Foreign time as a share of all processors' time."""
        capacity = (time.perf_counter() - self._start) * (os.cpu_count() or 1)
        return max(0.0, self._foreign_seconds() - self._foreign_at_start) / capacity

    def _foreign_seconds(self) -> float:
        own = resource.getrusage(resource.RUSAGE_SELF)
        return self._busy_seconds() - own.ru_utime - own.ru_stime

    @staticmethod
    def _busy_seconds() -> float:
        """Seconds that all processors together have worked, or were taken away by a hypervisor, since the machine started."""
        ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen = ticks[:8]
        return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")
