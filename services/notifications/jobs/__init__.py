"""What notifications does by the clock."""

from typing import Final

from services.notifications.jobs import mails, retention, webhooks
from shared.messaging.runtime import Job

JOBS: Final = (
    Job(webhooks.NAME, webhooks.deliver),
    Job(mails.NAME, mails.send),
    Job(retention.NAME, retention.forget),
)
