"""Signs and verifies Standard Webhooks with the PyPI package `standardwebhooks`.

Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running:

    {"mode": "sign", "id": "msg_1", "payload": "...", "secret": "whsec_...", "timestamp": 1794395471}
        -> {"signature": "v1,..."}                        the value of `webhook-signature`; `mode` may be left out
    {"mode": "verify", "id": "msg_1", "payload": "...", "secret": "whsec_...", "timestamp": 1794395471,
     "signature": "v1,..."}
        -> {"verified": true} or {"error": "..."}         checked against the machine's clock
"""

import json
import sys
from datetime import datetime, timezone

from standardwebhooks import Webhook, WebhookVerificationError


def answer(request):
    webhook = Webhook(request["secret"])
    mode = request.get("mode", "sign")
    if mode == "sign":
        at = datetime.fromtimestamp(int(request["timestamp"]), tz=timezone.utc)
        return {"signature": webhook.sign(request["id"], at, request["payload"])}
    if mode == "verify":
        headers = {
            "webhook-id": request["id"],
            "webhook-timestamp": str(request["timestamp"]),
            "webhook-signature": request["signature"],
        }
        try:
            webhook.verify(request["payload"], headers)
        except WebhookVerificationError as error:
            return {"error": str(error)}
        return {"verified": True}
    return {"error": f"unknown mode {mode}"}


for line in sys.stdin:
    if line.strip():
        print(json.dumps(answer(json.loads(line))), flush=True)
