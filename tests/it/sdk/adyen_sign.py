"""Signs and verifies items of Adyen's webhooks, with Adyen's own code (the PyPI package `Adyen`).

Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running:

    {"mode": "sign", "item": {...}, "key": "<hex>"}      -> {"signature": "..."}   the value of `hmacSignature`
    {"mode": "verify", "item": {...}, "key": "<hex>"}    -> {"verified": true}
"""

import json
import sys

from Adyen.util import generate_notification_sig, is_valid_hmac_notification


def answer(request):
    mode = request["mode"]
    if mode == "sign":
        return {"signature": generate_notification_sig(request["item"], request["key"]).decode()}
    if mode == "verify":
        body = {"notificationItems": [{"NotificationRequestItem": request["item"]}]}
        return {"verified": is_valid_hmac_notification(body, request["key"])}
    return {"error": f"unknown mode {mode}"}


for line in sys.stdin:
    if line.strip():
        print(json.dumps(answer(json.loads(line))), flush=True)
