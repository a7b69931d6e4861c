"""Asks a store what holds for an organization."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from atlas_workflows.errors import InputError
from atlas_workflows.rollout.flags import Evaluation, Flag, evaluate
from atlas_workflows.rollout.known import KNOWN_FLAGS
from atlas_workflows.rollout.ports import FlagStore


def evaluation(store: FlagStore, key: str, organization_id: UUID, *, now: datetime) -> Evaluation:
    """The value of flag `key` for an organization. Raises InputError for a key nobody knows."""
    flag = require_flag(store, key)
    return evaluate(flag, organization_id, store.override(key, organization_id), now=now)


def evaluations(
    store: FlagStore, key: str, organizations: Iterable[UUID], *, now: datetime
) -> dict[UUID, Evaluation]:
    """The value of flag `key` for each organization, from two reads however many there are."""
    flag = require_flag(store, key)
    overrides = {override.organization_id: override for override in store.overrides(key)}
    return {
        organization: evaluate(flag, organization, overrides.get(organization), now=now)
        for organization in organizations
    }


def require_flag(store: FlagStore, key: str) -> Flag:
    """The stored flag, else the one this version declares. Raises InputError where there is neither."""
    flag = store.flag(key) or next((known for known in KNOWN_FLAGS if known.key == key), None)
    if flag is None:
        raise InputError(
            f"There is no flag {key}.", remedy="`atlas flags list` shows those there are.", flag=key
        )
    return flag


def all_flags(store: FlagStore) -> list[Flag]:
    """The stored flags and those this version declares, by key."""
    flags = {flag.key: flag for flag in KNOWN_FLAGS} | {flag.key: flag for flag in store.flags()}
    return [flags[key] for key in sorted(flags)]


def declare_known_flags(store: FlagStore, *, actor: str) -> list[str]:
    """Make the flags of this version known to the store; returns the keys that were new. Others are left alone."""
    missing = [flag for flag in KNOWN_FLAGS if store.flag(flag.key) is None]
    for flag in missing:
        store.put_flag(flag, actor=actor, reason="declared by this version")
    return [flag.key for flag in missing]
