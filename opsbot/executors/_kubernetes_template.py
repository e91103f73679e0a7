"""Pod templates compared: which image runs, and what else a rollback takes back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from opsbot.core.text import inert, listed
from opsbot.executors._kubernetes_json import mapping, objects, text

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
_POD_HASH = "pod-template-hash"
_MOST_NAMES = 6
_MOST_IMAGES = 4  # of the pods' containers that `image_words` shows
_LONGEST_TAG = 128  # as the OCI distribution specification allows
# Told in words of their own, or filled in by the cluster.
_TOLD = frozenset({"name", "image", "env", "resources"})
_GROUPS = ("containers", "initContainers")


def fingerprint(template: Mapping[str, Any], *, but_restart: bool = False) -> str:
    """What tells two templates apart, as 16 hex digits. Labels that the Deployment's controller
    adds do not count; with `but_restart`, neither does a `kubectl rollout restart`."""
    plain = json.loads(json.dumps(template))
    meta = mapping(plain.get("metadata"))
    meta.pop("creationTimestamp", None)
    _without(meta, "labels", _POD_HASH)
    if but_restart:
        _without(meta, "annotations", RESTARTED_AT)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _without(meta: dict[str, Any], group: str, name: str) -> None:
    held = mapping(meta.get(group))
    held.pop(name, None)
    if not held:
        meta.pop(group, None)


def without_hash(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template as a Deployment may take it: without its old ReplicaSet's own label."""
    plain: dict[str, Any] = json.loads(json.dumps(template))
    _without(mapping(plain.get("metadata")), "labels", _POD_HASH)
    return plain


def image_words(template: Mapping[str, Any]) -> str:
    """The images as people know them: the tag alone when there is one container."""
    found = _containers(template, "containers")
    if len(found) == 1:
        (only,) = found.values()
        return _tag(text(only.get("image")))
    shown = [f"{inert(name, 40)} {_tag(text(one.get('image')))}" for name, one in found.items()]
    return listed(tuple(shown), _MOST_IMAGES)


def _tag(image: str) -> str:
    if "@" in image:
        return inert(image.partition("@")[2], 19)
    last = image.rpartition("/")[2]
    return inert(last.partition(":")[2] or last, _LONGEST_TAG)


def _repository(image: str) -> str:
    """Where an image comes from, without its tag or digest."""
    folder, slash, last = image.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def differences(now: Mapping[str, Any], then: Mapping[str, Any]) -> tuple[str, ...]:
    """What changes besides the image when `now` becomes `then`: names of environment variables
    without their values, resources with them, everything else by its name."""
    return (*_container_changes(now, then), *_pod_changes(now, then), *_mark_changes(now, then))


def kept_aside(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Config maps and secrets the pods read: they do not go back with a template."""
    found: dict[str, None] = {}
    for group in _GROUPS:
        for one in _containers(template, group).values():
            for source in objects(one.get("envFrom")):
                found |= _referred(source, "configMapRef", "secretRef", key="name")
            for variable in objects(one.get("env")):
                source = mapping(variable.get("valueFrom"))
                found |= _referred(source, "configMapKeyRef", "secretKeyRef", key="name")
    for volume in objects(mapping(template.get("spec")).get("volumes")):
        found |= _referred(volume, "configMap", key="name")
        found |= _referred(volume, "secret", key="secretName")
        for source in objects(mapping(volume.get("projected")).get("sources")):
            found |= _referred(source, "configMap", "secret", key="name")
    return tuple(found)


def _referred(source: Mapping[str, Any], *kinds: str, key: str) -> dict[str, None]:
    names = [text(mapping(source.get(kind)).get(key)) for kind in kinds]
    return {inert(name, 60): None for name in names if name}


def _containers(template: Mapping[str, Any], group: str) -> dict[str, dict[str, Any]]:
    found = objects(mapping(template.get("spec")).get(group))
    return {text(one.get("name")): one for one in found}


def _container_changes(now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[str]:
    for group in _GROUPS:
        before, after = _containers(now, group), _containers(then, group)
        for name in (*before, *(name for name in after if name not in before)):
            label = inert(name, 60)
            if name not in after:
                yield f"container {label} is removed"
            elif name not in before:
                yield f"container {label} is added"
            else:
                both = set([*before][:_MOST_IMAGES]) & set([*after][:_MOST_IMAGES])
                shown = group == _GROUPS[0] and name in both
                yield from _image_changes(label, before[name], after[name], shown=shown)
                yield from _of_container(label, before[name], after[name])


def _image_changes(
    label: str, now: Mapping[str, Any], then: Mapping[str, Any], *, shown: bool
) -> Iterator[str]:
    """An image that is not told by its tag alone: of a container that is not `shown`, or one that
    comes from elsewhere."""
    before, after = text(now.get("image")), text(then.get("image"))
    if before == after or (shown and _repository(before) == _repository(after)):
        return
    yield f"image of {label}: {inert(before, 160)} becomes {inert(after, 160)}"


def _of_container(label: str, now: dict[str, Any], then: dict[str, Any]) -> Iterator[str]:
    yield from _resource_changes(
        label, mapping(now.get("resources")), mapping(then.get("resources"))
    )
    before = {text(one.get("name")): one for one in objects(now.get("env"))}
    after = {text(one.get("name")): one for one in objects(then.get("env"))}
    yield from _named("environment variable", before, after, f" of {label}")
    rest = {key for key in (*now, *then) if key not in _TOLD and now.get(key) != then.get(key)}
    yield from _changed(rest, label)


def _resource_changes(label: str, now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("limits", "requests"):
        before, after = mapping(now.get(kind)), mapping(then.get(kind))
        for name in sorted({*before, *after}):
            was, will = before.get(name), after.get(name)
            if was != will:
                what = f"{inert(name, 40)} {kind[:-1]} of {label}"
                yield f"{what}: {_amount(was)} becomes {_amount(will)}"


def _amount(value: Any) -> str:
    return inert(str(value), 30) if value is not None else "none"


def _named(
    what: str, before: Mapping[str, Any], after: Mapping[str, Any], where: str
) -> Iterator[str]:
    changes = {
        ("is removed", "are removed"): [name for name in before if name not in after],
        ("is added", "are added"): [name for name in after if name not in before],
        ("changes", "change"): [
            name for name in before if name in after and before[name] != after[name]
        ],
    }
    for (one, many), names in changes.items():
        if len(names) == 1:
            yield f"{what} {_names(names)}{where} {one}"
        elif names:
            yield f"{what}s {_names(names)}{where} {many}"


def _pod_changes(now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[str]:
    before, after = mapping(now.get("spec")), mapping(then.get("spec"))
    volumes = [
        {text(one.get("name")): one for one in objects(spec.get("volumes"))}
        for spec in (before, after)
    ]
    yield from _named("volume", volumes[0], volumes[1], "")
    rest = {
        key
        for key in (*before, *after)
        if key not in (*_GROUPS, "volumes") and before.get(key) != after.get(key)
    }
    yield from _changed(rest, "the pods")


def _mark_changes(now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[str]:
    before, after = mapping(now.get("metadata")), mapping(then.get("metadata"))
    for group, what in (("labels", "label"), ("annotations", "annotation")):
        ours = (_POD_HASH, RESTARTED_AT)
        was, will = (
            {key: value for key, value in mapping(meta.get(group)).items() if key not in ours}
            for meta in (before, after)
        )
        yield from _named(what, was, will, "")


def _changed(keys: Collection[str], where: str) -> Iterator[str]:
    if keys:
        yield f"{_names(keys)} of {where} {'changes' if len(keys) == 1 else 'change'}"


def _names(names: Iterable[str]) -> str:
    return listed(tuple(inert(str(name), 60) for name in sorted(names)), limit=_MOST_NAMES)
