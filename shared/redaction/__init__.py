"""What must never be stored is replaced before the first write: cards, secrets, documents, accounts, contact data.

Pure and total: any text gives a text, cleaning twice changes nothing more, and time grows with the length of the text
only. What is replaced is gone. Reversible tokens (a vault for IBANs, documents and contacts that a workflow needs back)
are not part of this package.
"""

from shared.redaction.engine import redact, redact_parts

__all__ = ["redact", "redact_parts"]
