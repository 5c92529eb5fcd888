"""Signs, verifies and enciphers as WeChat Pay's merchants do, with the PyPI package `wechatpayv3`.

Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running:

    {"mode": "sign", "private_key": "-----BEGIN ...", "timestamp": "1794395471", "nonce": "...", "body": "..."}
        -> {"signature": "..."}                     the value of `Wechatpay-Signature`
    {"mode": "verify", "public_key": "...", "timestamp": "...", "nonce": "...", "body": "...", "signature": "..."}
        -> {"verified": true}
    {"mode": "callback", "public_key": "...", "public_key_id": "PUB_KEY_ID_...", "private_key": "...",
     "api_v3_key": "...", "headers": {...}, "body": "..."}
        -> {"data": {...}}                          the notification with its resource deciphered, or null
    {"mode": "authorize", "path": "...", "method": "POST", "mchid": "...", "serial": "...", "private_key": "...",
     "nonce": "...", "body": "..."}
        -> {"authorization": "..."}                 signed at the machine's time
"""

import json
import sys

from wechatpayv3.core import Core
from wechatpayv3.utils import build_authorization, load_private_key, load_public_key, rsa_sign, rsa_verify


def answer(request):
    mode = request["mode"]
    if mode == "sign":
        text = f"{request['timestamp']}\n{request['nonce']}\n{request['body']}\n"
        return {"signature": rsa_sign(load_private_key(request["private_key"]), text)}
    if mode == "verify":
        key = load_public_key(request["public_key"])
        verified = rsa_verify(request["timestamp"], request["nonce"], request["body"], request["signature"], key)
        return {"verified": verified}
    if mode == "callback":
        core = Core(
            "1900000001",
            "00",
            request["private_key"],
            request["api_v3_key"],
            public_key=request["public_key"],
            public_key_id=request["public_key_id"],
        )
        return {"data": core.callback(request["headers"], request["body"])}
    if mode == "authorize":
        key = load_private_key(request["private_key"])
        header = build_authorization(
            request["path"], request["method"], request["mchid"], request["serial"], key, request["body"],
            request["nonce"],
        )
        return {"authorization": header}
    return {"error": f"unknown mode {mode}"}


for line in sys.stdin:
    if line.strip():
        print(json.dumps(answer(json.loads(line))), flush=True)
