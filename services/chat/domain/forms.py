"""What a brand asks visitors before the first word; players are known, so they are asked nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.chat.domain.errors import FormIncomplete, FormUnanswerable, RulesUnusable
from services.chat.domain.reaching import Introduction

MOST_QUESTIONS: Final = 5
MOST_REASONS: Final = 20
LONGEST_ANSWER: Final = 500


class Asked(StrEnum):
    """Whether something is asked, and whether it has to be answered."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the brand's own; `labels` has it by language, `key` names its answer."""

    key: str
    labels: tuple[tuple[str, str], ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A contact reason to choose; `labels` has it by language, `code` is what tickets calls it."""

    code: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked; `reasons` are the contact reasons to choose from, none: any that tickets knows may be named."""

    name: Asked = Asked.OPTIONAL
    email: Asked = Asked.OPTIONAL
    reason: Asked = Asked.OPTIONAL
    reasons: tuple[Choice, ...] = ()
    questions: tuple[Question, ...] = ()


BUILT_IN_FORM: Final = Form()


def check_answerable(form: Form) -> None:
    """Refuse a form that requires a reason and has none to choose from, which keeps every visitor out, or one twice."""
    if form.reason is Asked.REQUIRED and not form.reasons:
        raise FormUnanswerable(field="form.reasons")
    codes = [choice.code for choice in form.reasons]
    for number, code in enumerate(codes):
        if code in codes[:number]:
            raise RulesUnusable(f"{code} stands there twice", field=f"form.reasons.{number}.code")


def check_filled(form: Form, said: Introduction) -> None:
    """Refuse what leaves out something the brand has to know, or answers what it does not ask."""
    for field, asked, value in (
        ("name", form.name, said.name),
        ("email", form.email, said.address),
        ("reason", form.reason, said.reason),
    ):
        if asked is Asked.REQUIRED and not value:
            raise FormIncomplete(f"{field} is required", field=field)
    for question in form.questions:
        if question.required and not said.answers.get(question.key, "").strip():
            raise FormIncomplete(f"{question.key} is required", field=f"answers.{question.key}")
    check_known(form, said)


def check_known(form: Form, said: Introduction) -> None:
    """Refuse a reason that cannot be chosen and answers to what is not asked."""
    known = {choice.code for choice in form.reasons}
    if said.reason is not None and known and said.reason not in known:
        raise FormIncomplete("this reason cannot be chosen", field="reason")
    asked = {question.key for question in form.questions}
    for key in said.answers:
        if key not in asked:
            raise FormIncomplete("this is not asked", field=f"answers.{key}")
