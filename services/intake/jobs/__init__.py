"""What intake does by the clock."""

from services.intake.jobs import files, mail

JOBS = (*mail.JOBS, *files.JOBS)
