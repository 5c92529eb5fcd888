"""Signs and verifies as Stripe does, with Stripe's own code (the PyPI package `stripe`).

Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running:

    {"mode": "sign", "payload": "...", "secret": "whsec_...", "timestamp": 1794395471}
        -> {"header": "t=...,v1=..."}                     the value of `Stripe-Signature`; `mode` may be left out
    {"mode": "verify", "payload": "...", "secret": "whsec_...", "header": "t=...,v1=..."}
        -> {"event_id": "evt_..."} or {"error": "..."}    checked against the machine's clock
"""

import json
import sys

import stripe


def answer(request):
    mode = request.get("mode", "sign")
    if mode == "sign":
        return {"header": sign(request["payload"], request["secret"], int(request["timestamp"]))}
    if mode == "verify":
        try:
            event = stripe.Webhook.construct_event(request["payload"], request["header"], request["secret"])
        except (ValueError, stripe.SignatureVerificationError) as error:
            return {"error": str(error)}
        return {"event_id": event["id"]}
    return {"error": f"unknown mode {mode}"}


def sign(payload, secret, timestamp):
    public = getattr(stripe.WebhookSignature, "generate_signature_header", None)
    if public is not None:
        return public(payload, secret, timestamp)
    # Older versions have the same computation without the public door.
    tag = stripe.WebhookSignature._compute_signature(f"{timestamp}.{payload}", secret)
    return f"t={timestamp},v1={tag}"


for line in sys.stdin:
    if line.strip():
        print(json.dumps(answer(json.loads(line))), flush=True)
