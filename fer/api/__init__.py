"""The REST routes under /api/v1: `ApiFirst` puts them into any ASGI application."""

from fer.api.endpoints import routes
from fer.api.first import ApiFirst

__all__ = ["ApiFirst", "routes"]
