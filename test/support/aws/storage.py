"""Places that take a body as it comes, with UNSIGNED-PAYLOAD: a bucket of S3 and a service of VPC Lattice.

S3 API Reference, "Authenticating Requests: Using the Authorization Header" (sig-v4-header-based-auth) and "Error responses";
VPC Lattice User Guide, "SIGv4 authenticated requests" (sigv4-authenticated-requests): payloads are never signed there.
"""

import hashlib
import json

from http_listener import Answer
from places import Place
from verifier import Refused, verify


class Unsigned(Place):
    """Verifies by the head alone; `seen["sent"]` goes on telling what has come of the body."""

    max_body = None

    def judge(self, request, request_id, seen):
        key = verify(request, self.service, self.region, self.keys(), self.clock())
        seen["key"] = key["accessKeyId"]
        if request.value("x-amz-content-sha256") != "UNSIGNED-PAYLOAD":
            raise Refused("InvalidSignatureException", "only UNSIGNED-PAYLOAD is taken here (?)")
        self.allow(request, key)
        seen["sent"] = sent = {"bytes": 0, "sha256": ""}
        request.pieces = counted(request.pieces, sent)
        return self.served(request, sent)

    def own_lines(self, request_id):
        return [("x-amz-request-id", request_id)]


def counted(pieces, sent):
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        sent["bytes"] += len(piece)
        sent["sha256"] = digest.hexdigest()
        yield piece


class Bucket(Unsigned):
    service = "s3"

    def served(self, request, _sent):
        if request.method in ("GET", "HEAD"):
            return Answer(200, [("Content-Type", "text/plain"), ("ETag", '"e"')], request.target.encode())
        return Answer(200, [("ETag", '"e"')])

    def refusal(self, _request, refused):
        # No x-amzn-errortype; the words of a wrong signature show the request with its session token.
        code = {"InvalidSignatureException": "SignatureDoesNotMatch", "ExpiredTokenException": "ExpiredToken",
                "UnrecognizedClientException": "InvalidAccessKeyId"}.get(refused.kind, "AccessDenied")
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>refused</Message></Error>'
        return Answer(403, [("Content-Type", "application/xml")], body.encode())


class LatticeService(Unsigned):
    service = "vpc-lattice-svcs"

    def served(self, request, _sent):
        told = {"method": request.method, "target": request.target}
        return Answer(200, [("Content-Type", "application/json")], json.dumps(told).encode())

    def refusal(self, _request, refused):
        words = f"AccessDeniedException: {refused.words}"
        return Answer(403, [("Content-Type", "text/plain"), ("x-amzn-errortype", "AccessDeniedException")], words.encode())
