"""The trained studio, made once and shared."""

from tests.trained import trained

__all__ = ["trained"]
