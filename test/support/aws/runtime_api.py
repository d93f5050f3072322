"""Lambda's Runtime API, for functions in processes of their own; and how their answers become an event stream.

Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes" (runtimes-api) and "Building a custom runtime"
(runtimes-custom, with response streaming). The messages: Smithy, "Amazon event stream specification". (?) marks what
no document says.
"""

import base64
import json
import queue
import re
import struct
import time
import zlib

from functions import ANSWER_BYTES, text
from http_listener import Answer

# What a function may be ahead of whoever reads its answer, in pieces.
AHEAD = 8


class Invocation:
    """Gives ("head", type), ("data", bytes) any number of times, and ("end", None or a code and details)."""

    def __init__(self, request_id, payload):
        self.request_id, self.payload = request_id, payload
        self.events, self.abandoned = queue.Queue(AHEAD), False

    def put(self, *event):
        while not self.abandoned:
            try:
                return self.events.put(event, timeout=0.2)
            except queue.Full:
                pass


class RuntimeApi:
    """A function that polls for its invocations. Stands where `functions.Function` stands."""

    def __init__(self, arn, version, timeout):
        self.arn, self.version, self.timeout = arn, version, timeout
        self.waiting, self.running = queue.Queue(), {}

    def respond(self, request):
        if request.path == "/2018-06-01/runtime/invocation/next":
            return self.next()
        found = re.fullmatch(r"/2018-06-01/runtime/(?:invocation/([^/]+)/(response|error)|init/error)", request.path)
        invocation = found and self.running.pop(found[1], None)
        if invocation is None:
            for _ in request.pieces:
                pass
            return Answer(403, [], b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}')
        if found[2] == "error":
            payload = b"".join(request.pieces)
            invocation.put("head", "application/json")
            invocation.put("data", payload)
            invocation.put("end", ("Unhandled", payload.decode()))
        else:
            self.respond_to(invocation, request)
        return Answer(202, [("Content-Type", "application/json")], b'{"status":"OK"}')

    def respond_to(self, invocation, request):
        streams = (request.value("lambda-runtime-function-response-mode") or "").lower() == "streaming"
        whole = [] if streams else [b"".join(request.pieces)]
        if not streams and len(whole[0]) > ANSWER_BYTES:
            invocation.put("head", "application/json")
            return invocation.put("end", ("Function.ResponseSizeTooLarge", "Response payload size exceeded (?)"))
        invocation.put("head", request.value("content-type") or "application/octet-stream")
        try:
            for piece in request.pieces if streams else whole:
                invocation.put("data", piece)
        except (OSError, ValueError):
            return invocation.put("end", ("Runtime.TruncatedResponse", "the runtime broke off its answer (?)"))
        kind = request.trailer("lambda-runtime-function-error-type")
        body = base64.b64decode(request.trailer("lambda-runtime-function-error-body") or "").decode()
        invocation.put("end", (kind, body) if kind else None)

    def next(self):
        invocation = self.waiting.get()
        self.running[invocation.request_id] = invocation
        return Answer(200, [
            ("Content-Type", "application/json"), ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + self.timeout) * 1000))),
            ("Lambda-Runtime-Invoked-Function-Arn", self.arn),
            ("Lambda-Runtime-Trace-Id", "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e;Parent=53995c3f42cd8ad8;Sampled=0"),
        ], invocation.payload)

    def stream(self, payload, request_id):
        """Events of one invocation. Who stops listening does not stop the function, as at AWS."""
        invocation = Invocation(request_id, payload or b"{}")
        ends = time.monotonic() + self.timeout
        self.waiting.put(invocation)
        try:
            while True:
                try:
                    event = invocation.events.get(timeout=max(0, ends - time.monotonic()))
                except queue.Empty:
                    words = f"RequestId: {request_id} Error: Task timed out after {self.timeout:.2f} seconds"
                    event = ("end", ("Sandbox.Timedout", words))
                yield event
                if event[0] == "end":
                    return
        finally:
            invocation.abandoned = True

    def invoke(self, payload, request_id):
        answer = b""
        for kind, value in self.stream(payload, request_id):
            if kind == "data":
                answer += value
            elif kind == "end" and value is not None:
                failed = answer or text({"errorType": value[0], "errorMessage": value[1]})
                return True, failed
        return False, answer


def message(kind, content_type, body):
    headers = b""
    for name, value in ((":event-type", kind), (":content-type", content_type), (":message-type", "event")):
        headers += struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
    prelude = struct.pack(">II", len(headers) + len(body) + 16, len(headers))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    bytes_ = prelude + headers + body
    return bytes_ + struct.pack(">I", zlib.crc32(bytes_))


def event_stream(events):
    for kind, value in events:
        if kind == "data" and value:
            yield message("PayloadChunk", "application/octet-stream", value)
        elif kind == "end":
            said = {} if value is None else {"ErrorCode": value[0], "ErrorDetails": value[1]}
            yield message("InvokeComplete", "application/json", text(said))


def streamed(function, payload, request_id):
    """Lambda's answer to InvokeWithResponseStream; its head waits for the function's."""
    events = function.stream(payload, request_id)
    first = next(events)
    # `Content-Type` is that of the event stream; where Lambda says the function's, no document tells: gateways of others
    # that read such answers (Kong's aws-lambda plugin) find it so.
    content_type = first[1] if first[0] == "head" else "application/octet-stream"
    lines = [("Content-Type", "application/vnd.amazon.eventstream"), ("x-amzn-Remapped-Content-Type", content_type),
             ("X-Amz-Executed-Version", function.version)]

    def all_events():
        if first[0] != "head":
            yield first
            return
        yield from events

    return Answer(200, lines, event_stream(all_events()))
