"""Holds every role to its policies, and writes down what roles do.

MiniStack evaluates IAM policies when it is told to. Two files in the stack's home then say what happened:

- `calls.jsonl`: each (role, action, resource, allowed) once, as IAM saw it: a transaction is its single writes.
- `said.jsonl`: what functions said to any service but their tables and secrets, whole.
"""

import json
import threading

# What these are told is their purpose: rows and secrets are looked at where they lie.
KEEPERS = {"dynamodb", "secretsmanager"}


class Lines:
    """A file of JSON lines that several threads add to."""

    def __init__(self, path):
        self._file = open(path, "w", buffering=1, encoding="utf-8")  # noqa: SIM115 (open as long as the engine runs)
        self._lock = threading.Lock()

    def add(self, entry):
        with self._lock:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def role_of(access_key):
    """The role behind a function's credentials; nothing for everybody else, who is taken for the account's root."""
    from ministack.services import sts

    arn = sts._sessions.get(access_key, {}).get("Arn", "")
    return arn.split("/")[1] if ":assumed-role/" in arn else None


def keep(home):
    """Begins the journal of an engine that has not started to serve yet."""
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.core.router import extract_access_key_id

    calls, said = Lines(f"{home}/calls.jsonl"), Lines(f"{home}/said.jsonl")
    known = set()
    decide = iam_evaluator.enforce

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        denied = decide(access_key_id, iam_action, service, region, resource_arn=resource_arn,
                        service_context=service_context)
        role = role_of(access_key_id)
        call = (role, iam_action, resource_arn, denied is None)
        if role and call not in known:
            known.add(call)
            calls.add(dict(zip(("role", "action", "resource", "allowed"), call)))
        return denied

    def listening(service, handler):
        async def handle(method, path, headers, body, query_params):
            role = role_of(extract_access_key_id(headers, query_params))
            if role:
                text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
                said.add({"role": role, "service": service, "target": headers.get("x-amz-target", path), "body": text})
            return await handler(method, path, headers, body, query_params)

        return handle

    # Both are looked up by name at every request.
    iam_evaluator.enforce = enforce
    for service, handler in app.SERVICE_HANDLERS.items():
        if service not in KEEPERS:
            app.SERVICE_HANDLERS[service] = listening(service, handler)
