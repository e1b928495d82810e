"""The HTTP edge of chat."""

from services.chat.api import corrections, reaching, rules, sessions
from services.chat.api.sessions import SOCKET_PATH

ROUTERS = (sessions.hot, sessions.router, corrections.router, rules.router, reaching.router)

__all__ = ["ROUTERS", "SOCKET_PATH"]
