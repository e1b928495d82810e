"""The HTTP edge of intake."""

from services.intake.api import attachments, mail, uploads

ROUTERS = (mail.router, uploads.router, attachments.router, attachments.followed)
