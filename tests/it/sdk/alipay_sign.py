"""Signs and verifies as Alipay and its merchants do, with the PyPI package `python-alipay-sdk`.

Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running.
Every request has `private_key` (whoever signs) and `public_key` (whoever is verified), both PEM:

    {"mode": "sign", "data": {...}}                  -> {"form": "a=1&...&sign=...", "sign": "..."}
    {"mode": "verify", "data": {...}, "sign": "..."} -> {"verified": true}
    {"mode": "sign_text", "text": "..."}             -> {"sign": "..."}                    of an answer's node
    {"mode": "read", "body": "...", "name": "..._response"} -> {"node": {...}} or {"error": "..."}
"""

import json
import sys

from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError


def answer(request):
    package = AliPay(
        appid="2014072300007148",
        app_notify_url=None,
        app_private_key_string=request["private_key"],
        alipay_public_key_string=request["public_key"],
        sign_type="RSA2",
    )
    mode = request["mode"]
    if mode == "sign":
        text = "&".join(f"{key}={value}" for key, value in package._ordered_data(dict(request["data"])))
        return {"form": package.sign_data(dict(request["data"])), "sign": package._sign(text)}
    if mode == "verify":
        return {"verified": package.verify(dict(request["data"]), request["sign"])}
    if mode == "sign_text":
        return {"sign": package._sign(request["text"])}
    if mode == "read":
        try:
            return {"node": package._verify_and_return_sync_response(request["body"], request["name"])}
        except (AliPayException, AliPayValidationError) as error:
            return {"error": type(error).__name__}
    return {"error": f"unknown mode {mode}"}


for line in sys.stdin:
    if line.strip():
        print(json.dumps(answer(json.loads(line))), flush=True)
