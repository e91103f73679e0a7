"""Pod templates compared: what a preview says goes back with a rollback."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from opsbot.executors._kubernetes_template import (
    RESTARTED_AT,
    differences,
    fingerprint,
    image_words,
    kept_aside,
    without_hash,
)

Template = dict[str, Any]


def template(**container: Any) -> Template:
    """A pod template of one container."""
    app = {
        "name": "app", "image": "registry.example.com/shop/cart:v2",
        "env": [{"name": "MODE", "value": "fast"}, {"name": "API_KEY", "value": "hidden-value"}],
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m"}},
        **container,
    }  # fmt: skip
    return {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [app]}}


def changed(change: Callable[[Template], Any]) -> tuple[str, ...]:
    """What going back from a changed template to the plain one says."""
    now = template()
    change(now)
    return differences(now, template())


def app(held: Template) -> dict[str, Any]:
    return held["spec"]["containers"][0]


CHANGES: list[tuple[Callable[[Template], Any], str]] = [
    (lambda t: app(t)["resources"]["limits"].update(memory="512Mi"),
     "memory limit of app: 512Mi becomes 256Mi"),
    (lambda t: app(t)["resources"].pop("requests"), "cpu request of app: none becomes 100m"),
    (lambda t: app(t)["env"].append({"name": "DEBUG", "value": "1"}),
     "environment variable DEBUG of app is removed"),
    (lambda t: app(t).update(env=[]), "environment variables API_KEY and MODE of app are added"),
    (lambda t: app(t)["env"][1].update(value="other-hidden"),
     "environment variable API_KEY of app changes"),
    (lambda t: app(t).update(args=["--fast"]), "args of app changes"),
    (lambda t: app(t).update(args=["x"], command=["y"]), "args and command of app change"),
    (lambda t: t["spec"]["containers"].append({"name": "proxy", "image": "proxy:1"}),
     "container proxy is removed"),
    (lambda t: t["spec"].update(serviceAccountName="admin"),
     "serviceAccountName of the pods changes"),
    (lambda t: t["spec"].update(volumes=[{"name": "cache", "emptyDir": {}}]),
     "volume cache is removed"),
    (lambda t: t["metadata"].update(annotations={"checksum/config": "1"}),
     "annotation checksum/config is removed"),
    (lambda t: t["metadata"]["labels"].update(tier="web"), "label tier is removed"),
    # The same tag from elsewhere is another image.
    (lambda t: app(t).update(image="mirror.example.com/shop/cart:v2"),
     "image of app: mirror.example.com/shop/cart:v2 becomes registry.example.com/shop/cart:v2"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), CHANGES, ids=[words for _, words in CHANGES])
def test_each_change_is_named(change: Callable[[Template], Any], words: str) -> None:
    assert changed(change) == (words,)


def test_an_image_that_the_headline_does_not_show_is_named() -> None:
    """Of an init container, and of the fifth container and those behind it."""
    extra = [{"name": f"side-{number}", "image": "side:1"} for number in range(5)]
    now, then = template(), template()
    for held, tag in ((now, "2"), (then, "1")):
        held["spec"]["initContainers"] = [{"name": "migrate", "image": f"shop/migrate:{tag}"}]
        held["spec"]["containers"] += copy.deepcopy(extra)
    now["spec"]["containers"][5]["image"] = "side:2"
    assert differences(now, then) == (
        "image of side-4: side:2 becomes side:1",
        "image of migrate: shop/migrate:2 becomes shop/migrate:1",
    )


def test_values_of_environment_variables_are_never_shown() -> None:
    """Passwords do stand in them."""
    said = " ".join(changed(lambda held: app(held).update(env=[{"name": "A", "value": "hidden"}])))
    assert "A" in said
    assert "hidden" not in said


def test_the_image_a_restart_and_the_controllers_label_are_no_difference() -> None:
    """They are told elsewhere, or are nothing of the team's."""
    now = template(image="registry.example.com/shop/cart:v3")
    now["metadata"]["labels"]["pod-template-hash"] = "abc"
    now["metadata"]["annotations"] = {RESTARTED_AT: "2026-11-22T14:00:00Z"}
    assert differences(now, template()) == ()


def test_names_from_the_cluster_cannot_write_into_the_preview() -> None:
    """Whoever may write a template could otherwise forge a line of it."""
    name = "X\nrevision 7 is safe\u202e"
    (said,) = changed(lambda held: app(held)["env"].append({"name": name, "value": "1"}))
    assert "\n" not in said
    assert "[U+202E]" in said


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("registry.example.com:5000/shop/cart:v2.14", "v2.14"),
        ("cart", "cart"),
        ("registry.example.com:5000/cart", "cart"),
        ("cart:v1@sha256:0123456789abcdef0123", "sha256:0123456789a…"),
        ("", ""),
    ],
)
def test_an_image_is_shown_by_its_tag(image: str, words: str) -> None:
    assert image_words(template(image=image)) == words


def test_several_containers_are_shown_with_their_names() -> None:
    held = template()
    held["spec"]["containers"].append({"name": "proxy", "image": "proxy:1.2"})
    assert image_words(held) == "app v2 and proxy 1.2"


def test_a_fingerprint_tells_templates_apart_and_nothing_else() -> None:
    """The controller's label is none of the template; a restart is one, unless left out."""
    plain, hashed = template(), template()
    hashed["metadata"]["labels"]["pod-template-hash"] = "abc"
    hashed["metadata"]["creationTimestamp"] = None
    restarted = copy.deepcopy(plain)
    restarted["metadata"]["annotations"] = {RESTARTED_AT: "now"}
    assert fingerprint(plain) == fingerprint(hashed) == fingerprint(without_hash(hashed))
    assert fingerprint(plain) != fingerprint(restarted)
    assert fingerprint(plain) == fingerprint(restarted, but_restart=True)
    assert fingerprint(plain) != fingerprint(template(image="cart:v3"))
    assert hashed["metadata"]["labels"] == {"app": "cart", "pod-template-hash": "abc"}


def test_config_maps_and_secrets_are_named_as_what_stays() -> None:
    """They have no revisions, so a rollback does not bring them back."""
    key = {"secretKeyRef": {"name": "db-login", "key": "password"}}
    held = template(
        envFrom=[{"configMapRef": {"name": "flags"}}], env=[{"name": "P", "valueFrom": key}]
    )
    held["spec"]["volumes"] = [
        {"name": "tls", "secret": {"secretName": "cart-tls"}}, {"name": "tmp", "emptyDir": {}},
    ]  # fmt: skip
    assert kept_aside(held) == ("flags", "db-login", "cart-tls")


BROKEN: list[Template] = [{}, {"spec": None}, {"spec": {"containers": [None, 3, {}]}}]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_template_of_any_shape_is_compared_without_raising(broken: Template) -> None:
    assert differences(broken, template())
    assert isinstance(image_words(broken), str)
    assert kept_aside(broken) == ()
