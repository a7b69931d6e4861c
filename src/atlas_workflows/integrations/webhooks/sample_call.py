"""A signed call of our own making, to try an endpoint with. Pure: time and id are arguments."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from atlas_workflows import exact_json
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.webhooks.call import FORM, Call
from atlas_workflows.integrations.webhooks.endpoint import Endpoint
from atlas_workflows.integrations.webhooks.scheme import Sample, Scheme
from atlas_workflows.integrations.webhooks.verify import in_force

DIGESTS = ("sha256", "sha1")
EVENT = "test"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the sample says. `body` is JSON that replaces the one we make up."""

    event: str = EVENT
    body: Mapping[str, Any] | None = None


def sample_call(endpoint: Endpoint, wish: Wish, *, url: str | None, at: int, id_: str) -> Call:
    """The call, signed with the endpoint's present secret where it verifies. Raises InputError where only the provider can sign."""
    scheme = endpoint.scheme
    sample = scheme.sample
    if not endpoint.verifies:
        return _unsigned(endpoint, wish, id_)
    if sample is None:
        raise InputError(f"Only {scheme.title} can sign its calls.", remedy="Let it send a test itself.")
    secret = next(iter(in_force(endpoint.secrets, at)), None)
    key = None if secret is None else scheme.key(secret)
    if key is None:
        raise InputError(
            "The endpoint has no secret to sign with.", remedy="Give it one: atlas webhook rotate."
        )
    if scheme.signs_url and url is None:
        raise InputError(
            f"{scheme.title} signs the address it calls, and ours is not known.",
            remedy="Set ATLAS_PUBLIC_URL, or give the endpoint a public_url.",
        )
    given = {"at": str(at), "milliseconds": str(at * 1000), "id": id_, "event": wish.event}
    is_form = sample.form or "json" not in endpoint.kinds
    body = _document(endpoint, wish, id_, is_form=is_form)
    if sample.time is not None and wish.body is None:
        body = {**body, sample.time: str(at)}
    bare = _call(sample, body, url, {**given, "signature": "0"}, is_form=is_form)
    claim = scheme.read(bare)
    if claim is None:
        raise InputError(f"The sample is none that {scheme.title} would send.", remedy="Give another body.")
    return _call(
        sample, body, url, {**given, "signature": _signature(scheme, key, claim.signed)}, is_form=is_form
    )


def _signature(scheme: Scheme, key: bytes, signed: bytes) -> str:
    """The one that the scheme's own comparison takes."""
    made = [hmac.digest(key, signed, digest) for digest in DIGESTS]
    for signature in (*(each.hex().encode() for each in made), *map(base64.b64encode, made)):
        if scheme.matches(key, signed, signature):
            return signature.decode()
    raise InputError(f"Only {scheme.title} can sign its calls.", remedy="Let it send a test itself.")


def _call(
    sample: Sample, body: Mapping[str, Any], url: str | None, given: Mapping[str, str], *, is_form: bool
) -> Call:
    headers = {name: value.format(**given) for name, value in sample.headers.items()}
    if sample.in_body:
        signature = {"timestamp": given["at"], "token": given["id"], "signature": given["signature"]}
        body = {"signature": signature, "event-data": body}
    kind, text = _written(body, is_form=is_form)
    return Call("POST", {"content-type": kind, **headers}, text, url=url)


def _written(body: Mapping[str, Any], *, is_form: bool) -> tuple[str, bytes]:
    """Its type and the body. Raises InputError for one that no form can hold."""
    if not is_form:
        return "application/json", exact_json.dumps(body)
    nested = [name for name, value in body.items() if isinstance(value, Mapping | list)]
    if nested:
        raise InputError(
            f"A form has no place for what {nested[0][:60]!r} holds.",
            remedy="Give a body whose values are texts and numbers.",
        )
    return FORM, urlencode(body).encode()


def _document(endpoint: Endpoint, wish: Wish, id_: str, *, is_form: bool) -> Mapping[str, Any]:
    if wish.body is not None:
        return wish.body
    body: dict[str, Any] = {"test": "true", "id": id_}
    places = [place for place in (endpoint.delivery, endpoint.scheme.delivery) if place is not None]
    for place, value in (
        *((place, id_) for place in places),
        *((place, wish.event) for place in endpoint.event[:1]),
    ):
        if place.where == "body":
            _put(body, [place.name] if is_form else place.name.split("."), value)
    return body


def _put(body: dict[str, Any], path: Sequence[str], value: str) -> None:
    """Where nothing stands in the way."""
    *above, last = path
    for name in above:
        if not isinstance(body := body.setdefault(name, {}), dict):
            return
    body[last] = value


def _unsigned(endpoint: Endpoint, wish: Wish, id_: str) -> Call:
    is_form = "json" not in endpoint.kinds
    kind, text = _written(_document(endpoint, wish, id_, is_form=is_form), is_form=is_form)
    return Call("POST", {"content-type": kind}, text)


def with_own_headers(endpoint: Endpoint, call: Call) -> Call:
    """With the headers that the endpoint's rules ask for, as its callers send them."""
    own = {name: value or "test" for name, value in endpoint.headers if name not in call.headers}
    if endpoint.origins:
        own["origin"] = min(endpoint.origins)
    return call._replace(headers={**call.headers, **own})
