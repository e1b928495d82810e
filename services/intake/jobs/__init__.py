"""What intake does by the clock."""

from services.intake.jobs import files, mail, mailed_files

JOBS = (*mail.JOBS, *mailed_files.JOBS, *files.JOBS)
