"""A local Slack, PagerDuty, Prometheus, Loki, Tempo and GitHub that speak their real HTTP APIs."""
