"""Lets nobody but the gateway into a Lambda handler. Standard library only.

For events of API Gateway (REST and HTTP APIs), Lambda function URLs and load balancers. A Flask app that an
adapter runs in Lambda takes the WSGI middleware of ../flask instead: it works there as anywhere.
"""

import functools
import hmac


def claimgate_only(secrets, header="X-Gateway-Secret"):
    """Decorates a handler: events that bear the shared secret exactly once pass, all others get 403.

    secrets  one, or a list while it is being changed: all of them open
    header   as `shared_secret.header` of the app in claimgate.yaml
    """
    known = [secret.encode() for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not known or min(map(len, known)) < 32:
        raise ValueError("the shared secret must have at least 32 bytes")

    def decorate(handler):
        @functools.wraps(handler)
        def guarded(event, context):
            lines = _take(event, header.lower())
            given = lines[0].encode(errors="replace") if len(lines) == 1 else b""
            # Every secret is compared, each in constant time: the answer's timing tells nothing.
            if not any([hmac.compare_digest(given, secret) for secret in known]):
                headers = {"content-type": "text/plain", "cache-control": "no-store"}
                return {"statusCode": 403, "headers": headers, "body": "This app answers its gateway alone.\n"}
            return handler(event, context)

        return guarded

    return decorate


def _take(event, wanted):
    """Takes the header off the event, in every spelling, and returns its lines; an odd spelling counts as two.

    REST APIs keep the client's case and list every line in multiValueHeaders; HTTP APIs write lower case and
    join lines with commas, which equals no secret.
    """
    many = event.get("multiValueHeaders") or {}
    one = event.get("headers") or {}
    lines = []
    for name in [*many, *(name for name in one if name not in many)]:
        if name.lower().replace("_", "-") == wanted:
            values = many[name] if name in many else [one[name]]
            lines += values if name.lower() == wanted else ["", ""]
            many.pop(name, None)
            one.pop(name, None)
    return lines
