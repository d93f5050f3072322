"""Where requests reach a function in AWS: a stage of a REST API, of an HTTP API, a function URL, Lambda's Invoke.

Errors: API Gateway Developer Guide, "Gateway response types" (supported-gateway-response-types) and "Quotas"
(limits); Lambda API Reference, "Invoke" (API_Invoke), "Control access to function URLs" (urls-auth). Their words are
those that the services answer. (?) marks what no document says.
"""

import base64
import json
import re
import uuid
from email.utils import formatdate
from urllib.parse import unquote

from events import ACCOUNT, payload_1, payload_2
from http_listener import Answer
from runtime_api import streamed
from verifier import Refused, verify

INVOKE_BYTES = 6291456
API_BYTES = 10485760
HEADER_BYTES = 10240
# API Gateway gives these lines of an app other names; "Important notes" (api-gateway-known-issues).
REMAPPED = ("authorization", "connection", "content-length", "content-md5", "date", "expect", "host", "max-forwards",
            "server", "te", "trailer", "upgrade", "www-authenticate")
DROPPED = ("transfer-encoding", "via", "keep-alive", "proxy-authenticate")


class Place:
    service = "execute-api"
    api_id, peer, max_body = "", "127.0.0.1", API_BYTES

    def __init__(self, options, region, function, keys, clock):
        self.iam, self.stage, self.hosts = options["iam"], options.get("stage"), options["hosts"]
        self.region, self.function, self.keys, self.clock = region, function, keys, clock
        self.api_id = self.hosts[0].split(".")[0]

    def respond(self, request, seen):
        """`seen` gathers what a test may want to know: `refused`, `key`, `event`, `requestId`."""
        seen["requestId"] = request_id = str(uuid.uuid4())
        host = (request.value("host") or "").lower()
        try:
            if host not in self.hosts and not re.fullmatch(r"(127\.0\.0\.1|localhost):\d+", host):
                raise Refused("ForbiddenException", "Forbidden")
            answer = self.judge(request, request_id, seen)
        except Refused as refused:
            seen["refused"] = refused.kind
            answer = self.refusal(request, refused)
        date = ("Date", formatdate(self.clock(), usegmt=True))
        return Answer(answer.status, [date] + self.own_lines(request_id) + answer.lines, answer.body)

    def judge(self, request, request_id, seen):
        self.measure(request)
        key = None
        if self.iam:
            key = verify(request, self.service, self.region, self.keys(), self.clock())
            seen["key"] = key["accessKeyId"]
            self.allow(request, key)
        if self.fixed():
            return self.fixed(take=True)
        event = self.event(request, key, request_id)
        seen["event"] = event
        failed, payload = self.function.invoke(json.dumps(event).encode(), request_id)
        seen["functionFailed"] = failed
        return self.of_function(failed, payload)

    answers = ()

    def fixed(self, take=False):
        return self.answers.pop(0) if take else bool(self.answers)

    def measure(self, request):
        if request.body is None:
            raise Refused(413, f"HTTP content length exceeded {self.max_body} bytes.")
        if header_bytes(request) > HEADER_BYTES:
            # The number is of the quotas; status and words are nowhere. (?)
            raise Refused(431, "Request Header Fields Too Large")

    def allow(self, request, key):
        if not key.get("allowed", True):
            raise Refused("AccessDeniedException", self.denial(request, key))

    def denial(self, _request, _key):
        return "Forbidden"


def header_bytes(request):
    return sum(len(name) + len(value) for name, value in request.lines)


def as_json(status, value, kind=None):
    lines = [("Content-Type", "application/json")]
    return Answer(status, lines + ([("x-amzn-ErrorType", kind)] if kind else []), json.dumps(value, separators=(",", ":")).encode())


def malformed(value):
    """A proxy answer of other types than API Gateway takes."""
    if not isinstance(value, dict) or not re.fullmatch(r"[1-9]\d\d", str(value.get("statusCode"))):
        return True
    return not isinstance(value.get("body", ""), (str, type(None))) or any(
        isinstance(one, (dict, list)) for one in (value.get("headers") or {}).values())


def lines_of(value, keep):
    pairs = []
    many = value.get("multiValueHeaders") or {}
    for name, values in many.items():
        pairs += [(name, text) for text in values]
    known = {name.lower() for name in many}
    # Of a name in both, the list counts, and both spellings of one name are two lines.
    pairs += [(name, text) for name, text in (value.get("headers") or {}).items() if name.lower() not in known]
    pairs += [("Set-Cookie", text) for text in value.get("cookies") or []]
    lines = []
    for name, text in pairs:
        if name.lower() in REMAPPED:
            lines.append((f"x-amzn-Remapped-{name}", text))
        elif name.lower() not in DROPPED + keep:
            lines.append((name, str(text).lower() if isinstance(text, bool) else text))
    return lines


def answer_of(value, keep=()):
    body = value.get("body") or ""
    body = base64.b64decode(body) if value.get("isBase64Encoded") else body.encode()
    lines = lines_of(value, keep)
    if not any(name.lower() == "content-type" for name, _ in lines):
        lines.append(("Content-Type", "application/json"))
    return Answer(int(value["statusCode"]), lines, body)


class RestStage(Place):
    def event(self, request, key, request_id):
        return payload_1(request, self, key, request_id, self.clock(), "/" + self.stage)

    def judge(self, request, request_id, seen):
        inside = f"/{self.stage}"
        if request.path != inside and not request.path.startswith(inside + "/"):
            # So it answers to stages that are none, as to methods and paths without a resource.
            raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
        return super().judge(request, request_id, seen)

    def denial(self, request, key):
        path = request.path[len(self.stage) + 2:]
        arn = f"arn:aws:execute-api:{self.region}:********{ACCOUNT[-4:]}:{self.api_id}/{self.stage}/{request.method}/{path}"
        return f"User: {key['arn']} is not authorized to perform: execute-api:Invoke on resource: {arn}"

    def refusal(self, _request, refused):
        if isinstance(refused.kind, int):
            kind = {413: "RequestTooLargeException"}.get(refused.kind)
            return as_json(refused.kind, {"message": refused.words}, kind)
        name = "Message" if refused.kind == "AccessDeniedException" else "message"
        return as_json(403, {name: refused.words}, refused.kind)

    def of_function(self, failed, payload):
        value = None if failed else json.loads(payload)
        if failed or malformed(value):
            return as_json(502, {"message": "Internal server error"}, "InternalServerErrorException")
        return answer_of(value)

    def own_lines(self, request_id):
        return [("x-amzn-RequestId", request_id), ("x-amz-apigw-id", "JKJaXmPLvHcESHA="),
                ("X-Amzn-Trace-Id", "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e")]


class HttpStage(Place):
    def __init__(self, options, *rest):
        super().__init__(options, *rest)
        self.payload = options["payload"]

    def judge(self, request, request_id, seen):
        inside = f"/{self.stage}"
        if self.stage != "$default" and request.path != inside and not request.path.startswith(inside + "/"):
            raise Refused(404, "Not Found")
        return super().judge(request, request_id, seen)

    def event(self, request, key, request_id):
        if self.payload == "1.0":
            in_path = "" if self.stage == "$default" else f"/{self.stage}"
            return payload_1(request, self, key, request_id, self.clock(), in_path)
        return payload_2(request, self, key, request_id, self.clock(), False)

    def refusal(self, _request, refused):
        # HTTP APIs say no more than this, whatever was wrong, and no x-amzn-errortype. (?)
        status = refused.kind if isinstance(refused.kind, int) else 403
        words = {413: "Request Entity Too Large", 404: "Not Found", 403: "Forbidden"}.get(status, refused.words)
        return as_json(status, {"message": words})

    def of_function(self, failed, payload):
        value = None if failed else json.loads(payload)
        if self.payload == "2.0" and not failed and not (isinstance(value, dict) and "statusCode" in value):
            return Answer(200, [("Content-Type", "application/json")], payload)
        if failed or malformed(value):
            return as_json(500, {"message": "Internal Server Error"})
        return answer_of(value, ())

    def own_lines(self, request_id):
        return [("apigw-requestid", request_id)]


class FunctionUrl(Place):
    service, max_body = "lambda", INVOKE_BYTES

    def event(self, request, key, request_id):
        return payload_2(request, self, key, request_id, self.clock(), True)

    def refusal(self, _request, refused):
        if refused.kind in ("AccessDeniedException", "MissingAuthenticationTokenException", "ForbiddenException"):
            return as_json(403, {"Message": "Forbidden"}, "AccessDeniedException")
        if isinstance(refused.kind, int):
            return as_json(refused.kind, {"Message": refused.words}, "RequestEntityTooLargeException")
        return as_json(403, {"message": refused.words}, refused.kind)

    def of_function(self, failed, payload):
        value = None if failed else json.loads(payload)
        if not failed and not (isinstance(value, dict) and "statusCode" in value):
            return Answer(200, [("Content-Type", "application/json")], payload)
        if failed or malformed(value):
            return Answer(502, [("Content-Type", "application/json")], b"Internal Server Error")
        return answer_of(value)

    def own_lines(self, request_id):
        return [("x-amzn-RequestId", request_id), ("X-Amzn-Trace-Id", "root=1-5e6722a7-cc56xmpl46db7ae02d4da47e")]


class Invoke(Place):
    service, max_body = "lambda", INVOKE_BYTES

    def judge(self, request, request_id, seen):
        if request.body is None:
            raise Refused("RequestTooLargeException",
                          f"Request must be smaller than {INVOKE_BYTES} bytes for the InvokeFunction operation")
        key = verify(request, self.service, self.region, self.keys(), self.clock())
        seen["key"] = key["accessKeyId"]
        found = re.fullmatch(r"/2015-03-31/functions/([^/]+)/invocations"
                             r"|/2021-11-15/functions/([^/]+)/response-streaming-invocations", request.path)
        if found is None or request.method != "POST":
            raise Refused(404, "")
        name, arn = unquote(found[1] or found[2]), self.function.arn
        if not key.get("allowed", True):
            raise Refused("AccessDeniedException", f"User: {key['arn']} is not authorized to perform: "
                          f"lambda:InvokeFunction on resource: {arn} because no identity-based policy allows the "
                          "lambda:InvokeFunction action")
        if name not in names_of(arn):
            raise Refused("ResourceNotFoundException", f"Function not found: {name}")
        if self.fixed():
            return self.fixed(take=True)
        try:
            seen["event"] = json.loads(request.body)
        except ValueError as error:
            raise Refused("InvalidRequestContentException",
                          f"Could not parse request body into json: {error}") from None
        if found[2]:
            return streamed(self.function, request.body, request_id)
        failed, payload = self.function.invoke(request.body, request_id)
        seen["functionFailed"] = failed
        lines = [("Content-Type", "application/json"), ("x-amzn-Remapped-Content-Length", "0"),
                 ("X-Amz-Executed-Version", self.function.version)]
        return Answer(200, lines + ([("X-Amz-Function-Error", "Unhandled")] if failed else []), payload)

    STATUS = {"ResourceNotFoundException": 404, "RequestTooLargeException": 413, "InvalidRequestContentException": 400}

    def refusal(self, _request, refused):
        if refused.kind == 404:
            return Answer(404, [("x-amzn-ErrorType", "UnknownOperationException")], b"<UnknownOperationException/>\n")
        status = self.STATUS.get(refused.kind, 403)
        if status != 403:
            name = "message" if status == 413 else "Message"
            return as_json(status, {"Type": "User", name: refused.words}, refused.kind)
        name = "Message" if refused.kind == "AccessDeniedException" else "message"
        return as_json(status, {name: refused.words}, refused.kind)

    def own_lines(self, request_id):
        return [("x-amzn-RequestId", request_id), ("X-Amzn-Trace-Id", "root=1-5e6722a7-cc56xmpl46db7ae02d4da47e")]


def names_of(arn):
    """A name, a part of an ARN or the whole, with what it has of a version or an alias."""
    parts = arn.split(":")
    qualifier = parts[7:]
    return {arn, ":".join(parts[6:]), ":".join([parts[4], "function", *parts[6:]]), *(
        [] if qualifier else [f"{arn}:$LATEST", f"{parts[6]}:$LATEST"])}
