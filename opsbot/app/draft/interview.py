"""The questions of `opsbot init`, each verified at once against the real system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from opsbot.app.doctor import Means, Verdict
from opsbot.app.doctor import slack as slack_checks
from opsbot.app.doctor.means import EU, US
from opsbot.app.draft.asking import Asker
from opsbot.app.draft.channels import channels_we_are_in, pick
from opsbot.app.draft.document import Answers, Telemetry
from opsbot.app.draft.labels import best_label
from opsbot.app.draft.trial import (
    Trial,
    account_of,
    acts_as,
    answers_of,
    calls_of,
    seen_by_source,
)
from opsbot.integrations.pagerduty.account import PagedService

# What is taken as the default of an answer, when it is set.
VARIABLES: Mapping[str, str] = {
    "slack": "SLACK_API_URL",
    "digest": "SLACK_DIGEST_CHANNEL",
    "ops": "SLACK_OPS_CHANNEL",
    "pagerduty": "PAGERDUTY_API_URL",
    "from_email": "PAGERDUTY_FROM_EMAIL",
    "prometheus": "PROMETHEUS_URL",
    "loki": "LOKI_URL",
    "tempo": "TEMPO_URL",
    "github": "GITHUB_API_URL",
}
_USUAL = {
    "prometheus": "http://localhost:9090",
    "loki": "http://localhost:3100",
    "tempo": "http://localhost:3200",
}
_CALLED = {"prometheus": "Prometheus", "loki": "Loki", "tempo": "Tempo"}
_REGIONS = {"us": US, "eu": EU}
_TRIES = 3  # how often a patient asker may answer again


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What the interview came to: answers, PagerDuty's services, names by source, and calls."""

    answers: Answers
    paged: tuple[PagedService, ...]
    seen: Mapping[str, tuple[str, ...]]
    calls: tuple[tuple[str, str], ...]


class Interview:
    """Asks, verifies, and keeps only what was verified.

    `guess` tries the usual addresses on this machine, where the environment names none.
    """

    def __init__(
        self, asker: Asker, trial: Trial, environ: Mapping[str, str], *, guess: bool
    ) -> None:
        self._asker, self._trial, self._environ, self._guess = asker, trial, environ, guess
        self._answers = Answers(slack_api=self._set("slack"))
        self._paged: tuple[PagedService, ...] = ()

    async def hold(self) -> Learnt:
        """Put every question in turn. Raises EOFError when nobody answers any more."""
        await self._slack()
        await self._pagerduty()
        for name in ("tempo", "prometheus", "loki"):
            await self._telemetry(name)
        self._github()
        return Learnt(
            answers=self._answers,
            paged=self._paged,
            seen=await self._trial.ask(self._answers, seen_by_source),
            calls=await self._trial.ask(self._answers, calls_of),
        )

    def _set(self, question: str) -> str:
        """What the environment says to this question."""
        return self._environ.get(VARIABLES[question], "").strip()

    def _has(self, variable: str, hint: str = "") -> bool:
        """Whether a secret is set; says so when it is not and there is a hint."""
        there = bool(self._environ.get(variable, "").strip())
        if hint and not there:
            self._asker.tell(f"{variable} is not set ({hint})", good=False)
        return there

    @property
    def _tries(self) -> range:
        return range(_TRIES if self._asker.patient else 1)

    # --- Slack

    async def _slack(self) -> None:
        if not self._has("SLACK_APP_TOKEN"):
            self._has("SLACK_SIGNING_SECRET", "for HTTP; Socket Mode takes SLACK_APP_TOKEN")
        if not self._has("SLACK_BOT_TOKEN", "`opsbot manifest` makes the app that has one"):
            return
        told = await self._trial.ask(self._answers, slack_checks.token)
        self._asker.tell(told.said, good=told.verdict is Verdict.OK)
        if told.verdict is not Verdict.OK:
            return
        known = await self._trial.ask(self._answers, channels_we_are_in)
        digest = await self._channel("digest", "Digest channel, one card per incident", known)
        ops = await self._channel("ops", "Ops channel, for opsbot's own trouble", known)
        self._answers = replace(self._answers, digest=digest, ops=ops)

    async def _channel(self, use: str, question: str, known: Mapping[str, str]) -> str:
        """An id, from an id or the name of a channel that opsbot is in; "" when nobody knows."""
        default = self._set(use) or pick(use, known)
        for _ in self._tries:
            answer = await self._asker.ask(f"{question} (name or id)", default)
            name = answer.removeprefix("#")
            if name in known:
                self._asker.tell(f"#{name} is {known[name]}", good=True)
                return known[name]
            if not answer or not await self._trial.problem(Answers(digest=answer), _nothing):
                return answer
            self._asker.tell(f"opsbot is in no channel #{name}: invite it there", good=False)
        return ""

    # --- PagerDuty

    async def _pagerduty(self) -> None:
        self._has("PAGERDUTY_WEBHOOK_SECRET", "shown once, when the webhook is made")
        if not self._has("PAGERDUTY_API_TOKEN", "Integrations, API Access Keys"):
            return
        default = self._set("pagerduty") or await self._region()
        for _ in self._tries:
            question = "PagerDuty region: us, eu, or the API's address"
            answer = await self._asker.ask(question, default)
            url = _REGIONS.get(answer.lower(), answer)
            tried = replace(self._answers, pagerduty_api="" if url == US else url)
            problem = await self._trial.problem(tried, self._list_services)
            if not problem:
                self._answers = tried
                self._asker.tell(f"PagerDuty knows {len(self._paged)} services", good=True)
                await self._from_email()
                return
            self._asker.tell(problem, good=False)

    async def _region(self) -> str:
        """The region that takes the key; us when neither does."""
        eu = replace(self._answers, pagerduty_api=EU)
        return "us" if await self._trial.problem(eu, _key_works) else "eu"

    async def _list_services(self, means: Means) -> None:
        self._paged = await account_of(means).services()

    async def _from_email(self) -> None:
        default = self._set("from_email")
        for _ in self._tries:
            question = "Login address that notes are written as (empty: the API key's own user)"
            answer = await self._asker.ask(question, default)
            said, good = await self._trial.ask(self._answers, partial(_acts_as, email=answer))
            self._asker.tell(said, good=good)
            if good:
                self._answers = replace(self._answers, from_email=answer)
                return

    # --- telemetry

    async def _telemetry(self, name: str) -> None:
        called = _CALLED[name]
        default = self._set(name) or await self._usual(name)
        for _ in self._tries:
            url = await self._asker.ask(f"{called}'s address (empty: there is none)", default)
            if not url:
                return
            problem = await self._problem_at(name, url)
            if not problem:
                self._answers = await self._labelled(name, url)
                return
            self._asker.tell(f"{called} at {url}: {problem}", good=False)

    async def _usual(self, name: str) -> str:
        """The usual address on this machine, if something answers there."""
        if not self._guess or await self._problem_at(name, _USUAL[name]):
            return ""
        return _USUAL[name]

    async def _problem_at(self, name: str, url: str) -> str:
        tried = self._including(name, Telemetry(url=url))
        return await self._trial.problem(tried, partial(answers_of, source=name))

    async def _labelled(self, name: str, url: str) -> Answers:
        """The answers with this backend, and the label that names most services we know of."""
        if name == "tempo":
            self._asker.tell("Tempo answers; traces carry service.name", good=True)
            return self._including(name, Telemetry(url=url))
        known = {one.name for one in self._paged}
        for names in (await self._trial.ask(self._answers, seen_by_source)).values():
            known |= set(names)
        settings = self._trial.read(self._including(name, Telemetry(url=url)))
        best = await best_label(settings, self._trial.clock, name, known)
        question = f"{_CALLED[name]}'s label that names the service"
        default = best.label if best else "service"
        label = await self._asker.ask(question, default)
        found = self._including(name, Telemetry(url=url, label=label))
        if problem := await self._trial.problem(found, partial(answers_of, source=name)):
            self._asker.tell(f"{label}: {problem}; {default} is used", good=False)
            return self._including(name, Telemetry(url=url, label=default))
        fits = f": {best.fitting} of {len(known)} known services" if best and known else ""
        told = fits if label == default else ""
        self._asker.tell(f"{_CALLED[name]} answers; {label} names the service{told}", good=True)
        return found

    def _including(self, name: str, found: Telemetry) -> Answers:
        changes: dict[str, Any] = {name: found}
        return replace(self._answers, **changes)

    def _github(self) -> None:
        if self._has("GITHUB_TOKEN"):
            self._answers = replace(self._answers, github=True, github_api=self._set("github"))
            self._asker.tell("GITHUB_TOKEN is set; deploys are asked for by repository", good=True)


async def _nothing(means: Means) -> None:
    """Whether the answers can be read at all is all that is asked."""


async def _key_works(means: Means) -> None:
    await account_of(means).key_works()


async def _acts_as(means: Means, email: str) -> tuple[str, bool]:
    return await acts_as(account_of(means), email)
