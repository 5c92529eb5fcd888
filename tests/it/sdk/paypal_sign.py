"""Signs and verifies as PayPal does, with Python's `zlib` and the PyPI package `cryptography`.

No package of PayPal's does this offline, so the text that is signed is put together here as PayPal's documentation says.
Reads one JSON request a line from standard input and prints one JSON answer a line, so that a test may keep it running.
Every request has the transmission's `id` and `time`, the `webhook_id` and the `body`:

    {"mode": "sign", ..., "private_key": "-----BEGIN ..."}                           -> {"signature": "<base64>"}
    {"mode": "verify", ..., "certificate": "-----BEGIN ...", "signature": "<base64>"} -> {"verified": true}
"""

import base64
import json
import sys
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import load_pem_x509_certificate


def answer(request):
    checksum = zlib.crc32(request["body"].encode())
    text = f"{request['id']}|{request['time']}|{request['webhook_id']}|{checksum}".encode()
    mode = request["mode"]
    if mode == "sign":
        key = serialization.load_pem_private_key(request["private_key"].encode(), password=None)
        return {"signature": base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()}
    if mode == "verify":
        key = load_pem_x509_certificate(request["certificate"].encode()).public_key()
        try:
            key.verify(base64.b64decode(request["signature"]), text, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return {"verified": False}
        return {"verified": True}
    return {"error": f"unknown mode {mode}"}


for line in sys.stdin:
    if line.strip():
        print(json.dumps(answer(json.loads(line))), flush=True)
