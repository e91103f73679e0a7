"""`executors: kubernetes:`: what it may say, and where the token comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from opsbot.catalog import executor_names, find_executor
from opsbot.config import check, parse
from opsbot.executors._kubernetes_settings import (
    IN_CLUSTER,
    TOKEN_PATH,
    Settings,
    service_account_token,
)
from opsbot.executors.kubernetes import EXECUTOR
from opsbot.ports import SecretUnavailable


def test_in_a_cluster_the_namespaces_are_all_it_takes() -> None:
    settings = Settings.model_validate({"namespaces": ["checkout"]})
    assert settings.api_url == IN_CLUSTER
    assert settings.place == "cluster kubernetes.default.svc"
    assert [secret.env for secret in EXECUTOR.secrets] == ["KUBERNETES_TOKEN"]
    assert not EXECUTOR.always


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "namespaces"),
        ({"namespaces": []}, "namespaces"),
        ({"namespaces": ["Check out"]}, "is no namespace"),
        ({"namespaces": ["*"]}, "is no namespace"),
        ({"namespaces": ["x" * 64]}, "at most 63 characters"),
        ({"api_url": "http://cluster.example.com"}, "the token would travel in the open"),
        ({"api_url": "cluster.example.com"}, "write it as https://host"),
        ({"api_url": "https://me:secret@cluster.example.com"}, "base address only"),
        ({"min_replicas": 5, "max_replicas": 4}, "min_replicas is above max_replicas"),
        ({"max_step": 0}, "max_step"),
        ({"kubeconfig": "/root/.kube/config"}, "kubeconfig"),
    ],
)
def test_a_mistake_is_told_with_its_cure(written: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings.model_validate({"namespaces": ["checkout"], **written} if written else {})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001/", "https://cluster.example.com:6443"])
def test_plain_http_is_for_loopback_only(url: str) -> None:
    """Such as `kubectl proxy`, which needs no token."""
    assert Settings(api_url=url, namespaces=("a",)).api_url == url.rstrip("/")


@pytest.mark.skipif(TOKEN_PATH.exists(), reason="this machine is a pod of a cluster")
def test_outside_a_cluster_there_is_no_token_of_the_pod() -> None:
    with pytest.raises(SecretUnavailable, match="serviceaccount/token"):
        service_account_token()


def test_selectors_of_the_cluster_are_no_mistake_where_it_is_configured() -> None:
    """`opsbot check` knows that runbooks look them up, and tells when nobody does."""
    services = (
        "services:\n  cart-api:\n    selectors:\n"
        "      {kubernetes_namespace: checkout, kubernetes_deployment: cart-api}\n"
    )
    executors = "executors:\n  kubernetes: {namespaces: [checkout]}\n"

    def told(text: str) -> set[str]:
        settings = parse(
            text, Path("opsbot.yaml"), {}, lambda name: None, (), find_executor, executor_names()
        )
        return {finding.key for finding in check(settings) if "selectors" in finding.key}

    assert told(executors + services) == set()
    assert told(services) == {
        "services.cart-api.selectors.kubernetes_namespace",
        "services.cart-api.selectors.kubernetes_deployment",
    }
