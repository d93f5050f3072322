"""A Lambda handler behind claimgate: it asks nobody to sign in, and reads who it is from headers."""

import json
import os
from urllib.parse import unquote

from claimgate_guard import claimgate_only


# Several, parted by spaces, while the secret is being changed. Absent: the function does not start.
@claimgate_only(os.environ["GATEWAY_SECRET"].split())
def handler(event, context):
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    user = headers.get("x-forwarded-user")
    answer = {
        "user": None if user is None else unquote(user),
        "groups": [unquote(group) for group in headers.get("x-forwarded-groups", "").split(",") if group],
        "path": event.get("rawPath") or event.get("path"),
        "headers": sorted(headers.items()),
    }
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}
