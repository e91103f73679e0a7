"""What we ask Prometheus: one query per signal, for all services of a look-up at once."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict, Field

from opsbot.integrations._query_text import any_of, filled

RATE_SECONDS = 120
"""How far the default queries' rates look back; the count of events is told from it."""

_REQUESTS = 'http_requests_total{{label}=~"{services}"}'
_FAILED = 'http_requests_total{{label}=~"{services}",code=~"5.."}'
_BUCKETS = 'http_request_duration_seconds_bucket{{label}=~"{services}"}'
_USED = 'container_memory_working_set_bytes{{label}=~"{services}"}'
_LIMIT = 'kube_pod_container_resource_limits{{label}=~"{services}",resource="memory"}'
_RESTARTS = 'kube_pod_container_status_restarts_total{{label}=~"{services}"}'
_CALLS = 'http_client_requests_total{{label}=~"{services}"}'
_UNANSWERED = 'http_client_requests_total{{label}=~"{services}",outcome!="ok"}'


class Queries(BaseModel):
    """PromQL templates; each gives one series per service (or per caller and peer)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    error_share: str = Field(
        default=f"sum by ({{label}}) (rate({_FAILED}[2m]))"
        f" / sum by ({{label}}) (rate({_REQUESTS}[2m]))",
        description="Share of requests that fail, 0 to 1.",
    )
    request_rate: str = Field(
        default=f"sum by ({{label}}) (rate({_REQUESTS}[2m]))",
        description="Requests a second.",
    )
    latency: str = Field(
        default=f"histogram_quantile(0.95, sum by ({{label}}, le) (rate({_BUCKETS}[2m])))",
        description="95th percentile of the response time, in seconds.",
    )
    memory: str = Field(
        default=f"max by ({{label}}) ({_USED} / on ({{label}}, pod) {_LIMIT})",
        description="Memory used as a share of the limit, of the fullest pod.",
    )
    memory_limit: str = Field(
        default=f"min by ({{label}}) ({_LIMIT})", description="Memory limit of a pod, in bytes."
    )
    restarts: str = Field(
        default=f"sum by ({{label}}) (increase({_RESTARTS}[10m]))",
        description="Container restarts within ten minutes.",
    )
    unanswered: str = Field(
        default=f"sum by ({{label}}, peer) (rate({_UNANSWERED}[2m]))"
        f" / sum by ({{label}}, peer) (rate({_CALLS}[2m]))",
        description="Share of outgoing calls that fail or stay unanswered, by caller and `peer`.",
    )
    calls: str = Field(
        default=f"sum by ({{label}}, peer) (rate({_CALLS}[2m]))",
        description="Outgoing calls a second, by caller and `peer`; tells a share of few calls "
        "from a share of many.",
    )
    collectors: str = Field(
        default='min by (job, instance) (up{job=~"fluentd|fluent-bit|otel-collector|promtail'
        '|alloy"})',
        description="Whether each collector of logs, traces and metrics is up, 0 or 1.",
    )

    def written(self, *, label: str, names: Collection[str]) -> dict[str, str]:
        """Each signal that is switched on with its PromQL for these services.

        Without names there are only the signals that concern no service: an empty alternation
        would select every series that lacks the label.
        """
        values = {"label": label, "services": any_of(names)}
        templates: dict[str, str] = self.model_dump()
        return {
            signal: filled(template, values)
            for signal, template in templates.items()
            if template and (names or "{services}" not in template)
        }
