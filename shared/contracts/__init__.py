"""Every event of the product, one file per owning service; importing this package declares them all."""

from shared.contracts import chat, chat_mail, gateway, intake, notifications, sla, tickets

__all__ = ["chat", "chat_mail", "gateway", "intake", "notifications", "sla", "tickets"]
