"""One file of `runbooks/` as it is written: every key with its meaning, strictly checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from opsbot.catalog.runbook_parts import (
    ApprovalSection,
    ExampleSection,
    GuardSection,
    OfferedSection,
    ParameterSection,
    StepSection,
    VerificationSection,
)
from opsbot.config.problem import wrong
from opsbot.config.section import Section
from opsbot.core.runbook import UNGUARDED, Guard, Risk, Runbook

SERVICE = "service"
_RISKS = ("none", "low", "medium", "high")


def _one_line(value: Any) -> Any:
    if isinstance(value, str) and "\n" in value.strip():
        raise wrong("more than one line", "Write it in one line; `description` may be longer")
    return value.strip() if isinstance(value, str) else value


Title = Annotated[str, BeforeValidator(_one_line), WithJsonSchema({"type": "string"})]


class RunbookFile(Section):
    """A runbook: what it asks for, what it runs, how it is checked and taken back."""

    title: Title = Field(
        min_length=1, max_length=100, description="What it does, in the imperative, in one line."
    )
    owner: str = Field(
        min_length=1, max_length=80, description="The team that keeps it right and is asked first."
    )
    description: str = Field(
        default="", max_length=1_000, description="What people should know before they run it."
    )
    risk: Literal["none", "low", "medium", "high"] = Field(
        default="medium",
        description="What it may break: none (reads only), low (undone in a moment, one service), "
        "medium or high. Policies go by it.",
    )
    offered: OfferedSection = Field(
        default=OfferedSection(), description="When the card offers it by itself."
    )
    parameters: dict[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], ParameterSection
    ] = Field(
        default={}, max_length=20,
        description="What it asks for, by name: lower-case letters, digits and _.",
    )  # fmt: skip
    steps: tuple[StepSection, ...] = Field(
        min_length=1, max_length=30, description="What it does, one call of one executor each."
    )
    verification: VerificationSection | None = Field(
        default=None, description="The metric that tells whether it helped."
    )
    rollback: tuple[StepSection, ...] = Field(
        default=(), max_length=30,
        description="Steps that take it back, when a step or the verification fails.",
    )  # fmt: skip
    guard: GuardSection = Field(
        default=GuardSection(), description="What keeps runs from getting into each other's way."
    )
    approval: ApprovalSection = Field(
        default=ApprovalSection(), description="What it asks for over and above the policy."
    )
    examples: tuple[ExampleSection, ...] = Field(
        default=(), max_length=50, description="Arguments and what must come of them; they are run."
    )

    def runbook(self, name: str, version: str, origin: str) -> Runbook:
        """The runbook as the rest of opsbot knows it."""
        about = f"${{{SERVICE}}}" if SERVICE in self.parameters else "${service.name}"
        check = self.verification
        return Runbook(
            name=name,
            title=self.title,
            owner=self.owner,
            version=version,
            description=self.description.strip(),
            risk=Risk(self.risk),
            offered=self.offered.offered(),
            parameters=tuple(p.parameter(key) for key, p in self.parameters.items()),
            steps=tuple(step.step() for step in self.steps),
            verification=check.verification(about) if check else None,
            rollback=tuple(step.step() for step in self.rollback),
            guard=self._guard(name),
            approval=self.approval.approval(),
            examples=tuple(example.example() for example in self.examples),
            origin=origin,
        )

    def _guard(self, name: str) -> Guard:
        """Without a service to act on, one run of the runbook goes on at a time."""
        own = UNGUARDED.target if SERVICE in self.parameters else name
        return Guard(target=self.guard.target or own, cooldown=self.guard.cooldown)
