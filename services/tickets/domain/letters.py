"""What the register writes to players: acknowledgement, notice of more time, and the letter that ends the procedure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeAlias

from services.tickets.domain.complaints import Complaint, Jurisdiction

FALLBACK: Final = "en"
FORMER_ODR: Final = ("ec.europa.eu/odr", "ec.europa.eu/consumers/odr", "webgate.ec.europa.eu/odr")
_DATE: Final = "%d.%m.%Y %H:%M UTC"

Texts: TypeAlias = Mapping[str, Mapping[str, str]]


def read_texts(document: Mapping[str, object]) -> Texts:
    """Return the texts of a parsed file by name and language.

    Refuse any that names the EU platform for disputes, which has ended.
    """
    texts = {
        name: {str(language): str(text) for language, text in versions.items()}
        for name, versions in document.items()
        if isinstance(versions, Mapping)
    }
    for name, versions in texts.items():
        if any(url in text.casefold() for text in versions.values() for url in FORMER_ODR):
            message = f"{name} names the former ODR platform"
            raise ValueError(message)
    return texts


def acknowledgement(complaint: Complaint, texts: Texts, licences: Mapping[str, Jurisdiction]) -> str:
    """Return what the player is told once the complaint is registered."""
    language = _language(complaint, texts, None)
    step = licences[complaint.state.jurisdiction].next_step or texts["next_step_unnamed"][language]
    return texts["acknowledgement"][language].format(
        ref=complaint.state.number,
        received_at=complaint.state.received_at.strftime(_DATE),
        due_at=_moment(complaint.legal_due_at),
        next_step=step,
    )


def extension(complaint: Complaint, texts: Texts, *, reason: str, due_at: datetime) -> str:
    """Return the notice that the answer takes longer."""
    language = _language(complaint, texts, None)
    return texts["extension"][language].format(ref=complaint.state.number, reason=reason, due_at=_moment(due_at))


def letter(
    complaint: Complaint, texts: Texts, licences: Mapping[str, Jurisdiction], *, language: str | None = None
) -> str:
    """Return the letter that ends the procedure: the decision, that it is the last word, and where to go from here."""
    chosen = _language(complaint, texts, language or complaint.record.final_language)
    record, missing = complaint.record, texts["open_point"][chosen]
    name = "letter" if complaint.state.final_response_at or record.decision else "letter_overdue"
    body = texts[name][chosen].format(
        ref=complaint.state.number,
        received_at=complaint.state.received_at.strftime(_DATE),
        details=record.details,
        decision=record.decision or missing,
        reasons=record.reasons or missing,
        remedy=record.remedy or missing,
        ended=record.end_of_process_statement or texts["ended"][chosen],
    )
    return f"{body}\n\n{_way_on(complaint, texts, licences, chosen)}"


def _way_on(complaint: Complaint, texts: Texts, licences: Mapping[str, Jurisdiction], language: str) -> str:
    entity = complaint.record.adr_entity_ref or licences[complaint.state.jurisdiction].next_step
    return texts["adr"][language].format(entity=entity) if entity else texts["no_adr"][language]


def _language(complaint: Complaint, texts: Texts, wanted: str | None) -> str:
    """Return the language of a text: the wanted one, the player's, or English."""
    for name in (wanted, complaint.state.language):
        short = (name or "").partition("-")[0].lower()
        if short in texts["letter"]:
            return short
    return FALLBACK


def _moment(moment: datetime | None) -> str:
    return moment.strftime(_DATE) if moment else "-"
