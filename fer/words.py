"""Numbers in sentences."""


def counted(n: int, noun: str, plural: str = "") -> str:
    """A number and its noun: "1 run", "1,200 runs"; `plural` where it is not the noun with an s."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
