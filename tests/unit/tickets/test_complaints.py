"""The register's rules: moves as the data file has them, and what words make a complaint."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain import complaints as rules
from services.tickets.domain.letters import letter, read_texts
from services.tickets.domain.phrases import is_complaint
from services.tickets.domain.returns import period_of, safe_cell
from services.tickets.settings import complaint_lexicon, complaint_rules, complaint_texts, licences
from shared.contracts.base import SAMPLE_TIME
from shared.contracts.tickets import ComplaintStep
from shared.contracts.tickets.complaints import SAMPLE_COMPLAINT

S = ComplaintStep
FORWARD = [
    (S.DETECTED, S.REGISTERED), (S.REGISTERED, S.ACKNOWLEDGED), (S.ACKNOWLEDGED, S.INVESTIGATING),
    (S.INVESTIGATING, S.PAUSED), (S.PAUSED, S.INVESTIGATING), (S.INVESTIGATING, S.DECISION_DRAFTED),
    (S.DECISION_DRAFTED, S.FINAL_RESPONSE_SENT), (S.FINAL_RESPONSE_SENT, S.CLOSED_ACCEPTED),
    (S.FINAL_RESPONSE_SENT, S.DEADLOCK), (S.DEADLOCK, S.ADR_OFFERED), (S.ADR_OFFERED, S.ADR_OPEN),
    (S.ADR_OPEN, S.ADR_DECIDED), (S.OVERDUE_FINAL, S.ADR_OFFERED),
    (S.OVERDUE_FINAL, S.FINAL_RESPONSE_SENT),
]  # fmt: skip
ENDS = {S.CLOSED, S.CLOSED_ACCEPTED}
ANYWHERE = {S.OVERDUE_FINAL, S.CLOSED}


@pytest.mark.parametrize("before", list(S))
@pytest.mark.parametrize("after", list(S))
def test_the_moves_are_those_of_the_file(before: ComplaintStep, after: ComplaintStep) -> None:
    allowed = (before, after) in FORWARD or (after in ANYWHERE and before not in ENDS and before is not after)
    assert (after in complaint_rules().moves[before]) == allowed


@given(st.lists(st.sampled_from(list(S)), max_size=30))
def test_whatever_is_tried_the_time_of_receipt_stays_and_ends_are_ends(tries: list[ComplaintStep]) -> None:
    one = rules.Complaint("lucky", SAMPLE_COMPLAINT, rules.Record(details="x"))
    for version, after in enumerate(tries):
        move = rules.Move(one.state.step, after, "s-1", SAMPLE_TIME)
        was = one.state
        try:
            one = rules.moved(one, complaint_rules(), move, received_at=None)
        except rules.ComplaintMoveRefused:
            assert one.state is was
            continue
        assert was.step not in ENDS
        assert one.state.version == was.version + 1
        assert (one.state.closed_at is not None) == (after in ENDS), version
    assert one.state.received_at == SAMPLE_COMPLAINT.received_at


@pytest.mark.parametrize(
    "words",
    [
        "I'm not happy how you settled my bet",
        "I\u2019M NOT   HAPPY how you settled my bet!!",
        "This is a formal complaint.",
        "I will take it to IBAS",
        "Это официальная претензия",
        "ХОЧУ ПОДАТЬ ЖАЛОБУ",
        "Ich möchte eine Beschwerde einreichen",
        "ich mochte eine beschwerde einreichen",
        "Je veux déposer une réclamation",
        "je veux deposer une reclamation",
        "\uff49 want your manager",
    ],
)
def test_these_words_complain(words: str) -> None:
    assert is_complaint(words, complaint_lexicon())


@pytest.mark.parametrize(
    "words",
    [
        "no complaints, great service", "is this legal in my country", "final spins", "court piece card game",
        "report history page", "претензий нет, спасибо", "это легально в моей стране?", "финальные спины",
        "отчёт по ставкам где", "всё честно, спасибо", "keine beschwerden, super service", "ist das bei mir legal",
        "finale freispiele", "wo ist der spielbericht", "alles fair, danke", "aucune réclamation, merci",
        "est-ce légal chez moi", "derniers tours gratuits", "où est le relevé de jeu", "tout est honnête, merci",
        "Where is my payout?", "I am happy with how you settled my bet", "",
    ],
)  # fmt: skip
def test_these_do_not(words: str) -> None:
    assert not is_complaint(words, complaint_lexicon())


@given(st.text(max_size=2000))
def test_no_text_is_too_strange_to_read(words: str) -> None:
    is_complaint(words, complaint_lexicon())


def test_a_message_is_read_in_microseconds() -> None:
    lexicon, words = complaint_lexicon(), "i want my money, where is my payout of last week? " * 4

    def once() -> float:
        begin = time.perf_counter()
        is_complaint(words, lexicon)
        return time.perf_counter() - begin

    assert min(once() for _ in range(50)) < 0.001


def test_a_text_with_the_former_odr_address_is_refused() -> None:
    texts = dict(complaint_texts()) | {"extra": {"en": "See https://EC.europa.eu/odr for help."}}
    with pytest.raises(ValueError, match="ODR"):
        read_texts(texts)


@pytest.mark.parametrize("name", ["acknowledgement", "letter", "letter_overdue", "ended", "adr", "no_adr", "extension"])
def test_every_text_is_there_in_four_languages(name: str) -> None:
    assert set(complaint_texts()[name]) == {"en", "ru", "de", "fr"}


@pytest.mark.parametrize("language", ["en", "ru", "de", "fr"])
@pytest.mark.parametrize("decision", [None, "Paid."])
def test_the_letter_says_once_that_the_procedure_has_ended(language: str, decision: str | None) -> None:
    """In the words of the final response where it has some, else in those of the register."""
    stock = complaint_texts()["ended"][language]
    for own in (None, "Nothing follows {from} us."):
        record = rules.Record(details="x", decision=decision, end_of_process_statement=own)
        text = letter(
            rules.Complaint("lucky", SAMPLE_COMPLAINT, record), complaint_texts(), licences(), language=language
        )
        assert (text.count(stock), text.count("Nothing follows {from} us.")) == ((0, 1) if own else (1, 0))


def test_a_final_response_is_told_everything_that_it_lacks() -> None:
    given = {"decision": "Paid.", "language": "en"}
    with pytest.raises(rules.FinalResponseIncomplete) as refused:
        rules.check_final(complaint_rules(), licences()["GB"], given)
    missing = ["reasons", "remedy", "end_of_process_statement", "adr_entity_ref"]
    assert refused.value.extra["missing"] == missing
    assert all(name in refused.value.detail for name in missing)
    errors = refused.value.extra["errors"]
    assert isinstance(errors, list)
    assert [one["pointer"] for one in errors] == [f"/{name}" for name in missing]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe_cell(cell) == f"'{cell}"


def test_curacao_reports_half_years() -> None:
    assert [moment.isoformat()[:10] for moment in period_of("2026-11", "CW")] == ["2026-07-01", "2027-01-01"]
    assert [moment.isoformat()[:10] for moment in period_of("2026-12", "GB")] == ["2026-12-01", "2027-01-01"]


def test_what_licences_say_about_handling() -> None:
    assert {code for code, one in licences().items() if one.may_pause} == {"GB"}
    assert {code: one.extension_days for code, one in licences().items() if one.extension_days} == {"MT": 10, "CW": 28}
    assert {code for code, one in licences().items() if one.has_adr} == {"GB", "MT", "CW", "SE", "NL"}


def test_the_readme_lists_what_the_files_hold() -> None:
    """Whoever registers complaints by the API finds every licence and type there."""
    readme = Path("services/tickets/README.md").read_text(encoding="utf-8")
    assert (
        f"known (`data/jurisdictions.yaml`): {', '.join(code for code in licences() if code != rules.DEFAULT)};"
        in readme
    )
    assert all(f"`{type_}`" in readme for type_ in complaint_rules().types)
