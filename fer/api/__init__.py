"""The REST routes under /api/v1: `ApiFirst` puts them into any ASGI application."""

from fer.api.endpoints import routes
from fer.api.first import ApiFirst
from fer.api.log import log_to_terminal

__all__ = ["ApiFirst", "log_to_terminal", "routes"]
