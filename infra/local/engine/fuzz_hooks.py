"""What Schemathesis cannot find in a document: orders that exist, and signatures of those who sign.

A request with a made-up id is answered with 404 before much is tried, and a callback without a signature with 401. So half of the
ids are exchanged for those of orders that `cargo local fuzz-api` placed, and most callbacks are signed over the body as it is sent.
"""

import base64
import hashlib
import hmac
import json
import os
import random
import time

import schemathesis
from schemathesis.core.parameters import ParameterLocation

WORLD = json.loads(os.environ["WAYBILL_FUZZ"])
chance = random.Random(int(os.environ["WAYBILL_FUZZ_SEED"]))


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    """Real ids in the place of half of the made-up ones, all of one order."""
    if not path_parameters or chance.random() < 0.5:
        return path_parameters
    order = chance.choice(WORLD["orders"])
    known = {**WORLD["things"], **order}
    return {name: known.get(name, value) for name, value in path_parameters.items()}


@schemathesis.hook
def map_query(ctx, query):
    """Real customers and places, so that lists are not empty."""
    if not query or chance.random() < 0.5:
        return query
    known = {**WORLD["things"], "customer_id": "c-fuzz", "channel": "web"}
    return {name: known.get(name, value) for name, value in query.items()}


def is_wrong_elsewhere(case):
    """Whether a case that is to be wrong has a body that is right: a signature would make all of it right."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_negative:
        return False
    body = meta.components.get(ParameterLocation.BODY)
    if body is None or not body.mode.is_negative:
        return True
    return (meta.phase.data.description or "").lower().startswith("positive")


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Signs callbacks as the provider and the carrier do."""
    if "callbacks" not in case.path or chance.random() < 0.2 or is_wrong_elsewhere(case):
        return
    # As it is sent: `requests` writes JSON with spaces, so it is written here and sent as it stands.
    body = case.body
    if not isinstance(body, (bytes, str)):
        try:
            body = json.dumps(body)
        except TypeError:
            return
        case.body = body = body.encode()
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    now = str(int(time.time()))
    signature = hmac.new(WORLD["stripe_secret"].encode(), f"{now}.".encode() + raw, hashlib.sha256).hexdigest()
    key = base64.b64decode(WORLD["carrier_secret"].removeprefix("whsec_"))
    name = f"msg_{chance.randrange(10**9)}"
    signed = hmac.new(key, f"{name}.{now}.".encode() + raw, hashlib.sha256).digest()
    case.headers.update({
        "stripe-signature": f"t={now},v1={signature}",
        "webhook-id": name,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    })
