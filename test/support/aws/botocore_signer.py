"""Signs what comes as lines of JSON by Debian's botocore, and says each `Authorization` as a line.

{"method", "host", "path", "query" as clients send it, "lines": [[name, value], …], "body" in base64 or null, "unsigned",
"service", "region", "stamp", "accessKeyId", "secretAccessKey", "sessionToken"}
"""

import base64
import hashlib
import json
import sys
from urllib.parse import parse_qsl

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

UNSIGNED_S3 = Config(s3={"payload_signing_enabled": False})


def sign(case):
    kind = S3SigV4Auth if case["service"] == "s3" else SigV4Auth
    credentials = Credentials(case["accessKeyId"], case["secretAccessKey"], case["sessionToken"])
    auth = kind(credentials, case["service"], case["region"])
    body = None if case["body"] is None else base64.b64decode(case["body"])
    request = AWSRequest(
        method=case["method"],
        url=f"https://{case['host']}{case['path']}",
        data=body,
        # As forms are read: `+` is a space, and an empty piece is no parameter.
        params=parse_qsl(case["query"], keep_blank_values=True, strict_parsing=False, errors="strict"),
    )
    request.context.update(timestamp=case["stamp"])
    if case["unsigned"]:
        request.context.update(client_config=UNSIGNED_S3, payload_signing_enabled=False)
    for name, value in case["lines"]:
        request.headers[name] = value
    request.headers["Host"] = case["host"]
    if not case["unsigned"]:
        request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body or b"").hexdigest()
    auth._modify_request_before_signing(request)
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(to_sign, request))
    return request.headers["Authorization"]


for line in sys.stdin:
    print(json.dumps(sign(json.loads(line))))
