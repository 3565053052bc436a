"""Exits with 0 if this Python has every package in the version that a requirements file pins."""
import sys
from importlib import metadata
from pathlib import Path


def version(package: str) -> str | None:
    """The installed version without its local part, such as `+cpu`."""
    try:
        return metadata.version(package).partition("+")[0]
    except metadata.PackageNotFoundError:
        return None


def pinned(requirements: Path) -> dict[str, str]:
    """The version of each package that the file names."""
    return dict(line.split("==") for line in requirements.read_text().split())


if __name__ == "__main__":
    wanted = pinned(Path(sys.argv[1]))
    sys.exit(any(version(package) != number for package, number in wanted.items()))
