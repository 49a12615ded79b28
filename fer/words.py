"""Numbers and lists in sentences."""

from collections.abc import Sequence


def counted(n: int, noun: str, plural: str = "") -> str:
    """A number and its noun: "1 run", "1,200 runs"; `plural` where it is not the noun with an s."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """Names in a row: "happy, sad and neutral"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
