"""The sandbox GitHub: deployments with statuses, releases and comparisons of the services; and
branches, files and pull requests, which stand in `github_writing.py`.

Answers and refusals follow https://docs.github.com/rest (API version 2022-11-28).
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from aiohttp import web

from opsbot.sandbox import github_git_shapes as git_shapes
from opsbot.sandbox import github_shapes as shapes
from opsbot.sandbox.clock import Clock
from opsbot.sandbox.github_git import GitRepository
from opsbot.sandbox.github_refusal import Refusal
from opsbot.sandbox.github_writing import GitHubWriting, Json, json_body
from opsbot.sandbox.http_server import SandboxServer, json_answer
from opsbot.sandbox.scenario import Deploy, DeployStatus, Scenario, Service

REQUESTS_AN_HOUR = 5000
REQUESTS_AN_HOUR_WITHOUT_TOKEN = 60
_DOCS = "https://docs.github.com/rest"


class GitHubServer(SandboxServer):
    """GET /repos/{owner}/{repo} with /deployments, /releases and /compare, and /rate_limit; git
    and pull requests of every service's repository and of `postmortems` beside the first."""

    name = "github"

    def __init__(
        self,
        scenario: Scenario,
        anchor: datetime,
        clock: Clock,
        *,
        tokens: Iterable[str],
    ) -> None:
        super().__init__(clock)
        self._anchor = anchor
        self._tokens = frozenset(tokens)
        self._repositories = {service.repository.lower(): service for service in scenario.services}
        self._deploys = {
            service.name: sorted(
                (deploy for deploy in scenario.deploys if deploy.service == service.name),
                key=lambda deploy: deploy.at,
            )
            for service in scenario.services
        }
        self._used: dict[str, tuple[float, int]] = {}
        names = {service.repository for service in scenario.services}
        names |= {f"{name.partition('/')[0]}/postmortems" for name in names}
        self._git = {name.lower(): GitRepository(name, clock) for name in names}

    def repository(self, full_name: str) -> GitRepository:
        """Give a repository as git keeps it, for what people do there."""
        return self._git[full_name.lower()]

    def routes(self) -> Iterable[web.RouteDef]:
        """Give the API's routes."""
        repo = "/repos/{owner}/{repo}"
        yield web.get("/rate_limit", self._handler(self._rate_limit))
        yield web.get(repo, self._handler(self._repository))
        yield web.get(f"{repo}/deployments", self._handler(self._deployments))
        yield web.get(f"{repo}/deployments/{{id}}", self._handler(self._deployment))
        yield web.get(f"{repo}/deployments/{{id}}/statuses", self._handler(self._statuses))
        yield web.get(f"{repo}/releases", self._handler(self._releases))
        yield web.get(f"{repo}/compare/{{span}}", self._handler(self._compare))
        writing = GitHubWriting(self._git_of, lambda: self.url)
        for path, read in writing.reads():
            yield web.get(f"{repo}{path}", self._handler(read))
        for method, path, write in writing.writes():
            yield web.route(method, f"{repo}{path}", self._writer(write))

    def error_answer(self, status: int, message: str) -> web.Response:
        """Build {message, documentation_url, status}."""
        text = "Not Found" if status == 404 else message
        body = {"message": text, "documentation_url": _DOCS, "status": str(status)}
        return json_answer(body, status=status)

    def emptied(self, body: Any) -> Any:
        """Take the results out of an answer."""
        return [] if isinstance(body, list) else body

    def _handler(
        self, answer: Callable[[web.Request], web.Response]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            return _unless_unchanged(request, self._passed(request, lambda: answer(request)))

        return handle

    def _writer(
        self, answer: Callable[[web.Request, Json], web.Response]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            raw = await request.read()
            return self._passed(request, lambda: answer(request, json_body(raw)))

        return handle

    def _passed(self, request: web.Request, answer: Callable[[], web.Response]) -> web.Response:
        """Answer those who may ask, as often as they may; every answer says how often that is."""
        limits: dict[str, str] = {}
        try:
            token = self._token(request)
            limits = self._counted(token)
            response = self._limited(token, limits) or answer()
        except Refusal as refused:
            response = _refused(refused)
        response.headers.update(limits)
        return response

    def _git_of(self, request: web.Request) -> GitRepository:
        path = f"{request.match_info['owner']}/{request.match_info['repo']}".lower()
        if path not in self._git or not request.headers.get("Authorization"):
            raise Refusal(404, "Not Found")
        return self._git[path]

    def _token(self, request: web.Request) -> str:
        header = request.headers.get("Authorization", "")
        if not header:
            return ""
        scheme, _, token = header.partition(" ")
        if scheme.lower() not in ("bearer", "token") or token.strip() not in self._tokens:
            raise Refusal(401, "Bad credentials")
        return token.strip()

    def _counted(self, token: str) -> dict[str, str]:
        now = self._clock.now().timestamp()
        began, used = self._used.get(token, (now, 0))
        if now - began >= 3600.0:
            began, used = now, 0
        self._used[token] = (began, used + 1)
        most = REQUESTS_AN_HOUR if token else REQUESTS_AN_HOUR_WITHOUT_TOKEN
        return {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - used - 1)),
            "X-RateLimit-Used": str(min(most, used + 1)),
            "X-RateLimit-Reset": str(int(began + 3600.0)),
            "X-RateLimit-Resource": "core",
        }

    def _limited(self, token: str, limits: dict[str, str]) -> web.Response | None:
        if self._used[token][1] <= int(limits["X-RateLimit-Limit"]):
            return None
        return self.error_answer(403, "API rate limit exceeded")

    def _service(self, request: web.Request) -> Service:
        path = f"{request.match_info['owner']}/{request.match_info['repo']}".lower()
        service = self._repositories.get(path)
        # The repositories are private: without a token they do not exist.
        if service is None or not request.headers.get("Authorization"):
            raise Refusal(404, "Not Found")
        return service

    def _known(self, service: Service) -> list[Deploy]:
        """Give the deploys that exist by now, newest first."""
        elapsed = (self._clock.now() - self._anchor).total_seconds()
        return [one for one in reversed(self._deploys[service.name]) if one.at <= elapsed]

    def _chosen(self, request: web.Request) -> tuple[Service, Deploy]:
        service = self._service(request)
        for deploy in self._known(service):
            if str(shapes.deployment_id(service.repository, deploy)) == request.match_info["id"]:
                return service, deploy
        raise Refusal(404, "Not Found")

    def _rate_limit(self, _request: web.Request) -> web.Response:
        return json_answer({"resources": {"core": {"limit": REQUESTS_AN_HOUR}}})

    def _repository(self, request: web.Request) -> web.Response:
        return json_answer(git_shapes.repository_body(self.url, self._git_of(request)))

    def _deployments(self, request: web.Request) -> web.Response:
        service = self._service(request)
        query = request.query
        chosen = [
            shapes.deployment(self.url, service.repository, deploy, self._anchor)
            for deploy in self._known(service)
        ]
        for key in ("sha", "ref", "task", "environment"):
            wanted = query.get(key, "none")
            if wanted != "none":
                chosen = [one for one in chosen if one[key] == wanted]
        return self._paged(request, chosen)

    def _deployment(self, request: web.Request) -> web.Response:
        service, deploy = self._chosen(request)
        return json_answer(shapes.deployment(self.url, service.repository, deploy, self._anchor))

    def _statuses(self, request: web.Request) -> web.Response:
        service, deploy = self._chosen(request)
        elapsed = (self._clock.now() - self._anchor).total_seconds()
        statuses = [
            shapes.deployment_status(self.url, service.repository, deploy, status, self._anchor)
            for status in reversed(self._with_inactive(service, deploy))
            if deploy.at + status.after <= elapsed
        ]
        return self._paged(request, statuses)

    def _with_inactive(self, service: Service, deploy: Deploy) -> list[DeployStatus]:
        """Give a deploy's statuses; the next success of its environment makes it inactive."""
        statuses = list(deploy.statuses)
        for later in self._deploys[service.name]:
            successes = [one.after for one in later.statuses if one.state == "success"]
            same = later.environment == deploy.environment and later.at > deploy.at
            if same and successes:
                after = later.at + successes[0] - deploy.at
                return [*statuses, DeployStatus(state="inactive", after=after)]
        return statuses

    def _releases(self, request: web.Request) -> web.Response:
        service = self._service(request)
        releases = [
            shapes.release(self.url, service.repository, deploy, self._anchor)
            for deploy in self._known(service)
        ]
        return self._paged(request, releases)

    def _compare(self, request: web.Request) -> web.Response:
        service = self._service(request)
        base, dots, head = request.match_info["span"].partition("...")
        order = [one.version for one in self._deploys[service.name]]
        if order:
            order.insert(0, self._deploys[service.name][0].previous)
        positions = {version: place for place, version in enumerate(order)}
        positions |= {
            shapes.sha_of(service.repository, version): place
            for version, place in positions.items()
        }
        if not dots or base not in positions or head not in positions:
            raise Refusal(404, "Not Found")
        between = self._deploys[service.name][positions[base] : positions[head]]
        return json_answer(
            shapes.comparison(self.url, service.repository, base, head, between, self._anchor)
        )

    def _paged(self, request: web.Request, items: list[dict[str, Any]]) -> web.Response:
        size = max(1, min(100, _number(request.query.get("per_page"), 30)))
        page = max(1, _number(request.query.get("page"), 1))
        last = max(1, -(-len(items) // size))
        links: list[str] = []
        targets = (("prev", page - 1, page > 1), ("next", page + 1, page < last))
        for relation, number, exists in (*targets, ("last", last, page < last)):
            if exists:
                url = request.url.update_query(page=str(number), per_page=str(size))
                links.append(f'<{url}>; rel="{relation}"')
        headers = {"Link": ", ".join(links)} if links else {}
        return json_answer(items[(page - 1) * size : page * size], headers=headers)


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default


def _refused(refusal: Refusal) -> web.Response:
    body = {"message": str(refusal), "documentation_url": _DOCS, "status": str(refusal.status)}
    errors = {"errors": refusal.errors} if refusal.errors else {}
    return json_answer({**body, **errors}, status=refusal.status)


def _unless_unchanged(request: web.Request, response: web.Response) -> web.Response:
    if response.status != 200:
        return response
    body = response.body if isinstance(response.body, bytes) else b""
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    if request.headers.get("If-None-Match", "").endswith(tag):
        return web.Response(status=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response
