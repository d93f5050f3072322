"""Starts the places, says their ports as a line of JSON, and obeys the test by a port of its own.

    python3 stand_in.py '{"region": …, "arn": …, "handler": …, "timeoutSeconds": …, "keys": […], "places": {…}}'
"""

import base64
import json
import sys
import time

from functions import Function
from http_listener import Answer, listen
from places import FunctionUrl, HttpStage, Invoke, RestStage
from runtime_api import RuntimeApi
from storage import Bucket, LatticeService
from sts import Sts

KINDS = {"rest": RestStage, "http": HttpStage, "functionUrl": FunctionUrl, "lambda": Invoke,
         "s3": Bucket, "lattice": LatticeService}
KEPT = 2000


class StandIn:
    def __init__(self, options):
        self.keys, self.now, self.seen = options["keys"], None, []
        arn = options["arn"]
        alias = (arn.split(":") + [""])[7]
        version = "$LATEST" if alias == "" else alias if alias.isdigit() else "42"
        functions, self.places, self.ports = {}, {}, {}
        for name, place in options["places"].items():
            handler = place.get("handler") or options["handler"]
            if handler not in functions:
                functions[handler] = self.open(handler, arn, version, options["timeoutSeconds"])
            kind = KINDS[name](place, options["region"], functions[handler], lambda: self.keys, self.clock)
            kind.answers = []
            self.places[name] = kind
            self.ports[name] = listen(lambda request, n=name: self.respond(n, request), kind.max_body)
        self.places["sts"] = sts = Sts(options["sts"], options["region"], lambda: self.keys, self.clock, self.know)
        self.ports["sts"] = listen(lambda request: self.respond("sts", request), sts.max_body)
        self.ports["control"] = listen(self.control, 1 << 26)

    def open(self, handler, arn, version, timeout):
        if handler != "runtime":
            return Function(handler, arn, version, timeout)
        runtime = RuntimeApi(arn, version, timeout)
        self.ports["runtime"] = listen(runtime.respond, None)
        return runtime

    def know(self, key):
        self.keys.append(key)

    def clock(self):
        return time.time() if self.now is None else self.now

    def respond(self, name, request):
        seen = {}
        answer = self.places[name].respond(request, seen)
        record = {
            "place": name, "method": request.method, "target": request.target, "lines": request.lines,
            "body": None if request.body is None else base64.b64encode(request.body).decode(),
            "status": answer.status, **seen,
        }
        self.seen.append(record)
        del self.seen[:-KEPT]
        if not isinstance(answer.body, bytes):
            answer.body = self.watched(answer.body, record)
        return answer

    def watched(self, pieces, record):
        """An answer that streams: whether somebody took it to its end."""
        record["taken"] = "in part"
        try:
            yield from pieces
            record["taken"] = "whole"
        except GeneratorExit:
            record["taken"] = "left"
            raise

    def control(self, request):
        asked = json.loads(request.body or b"null")
        match request.path:
            case "/requests":
                return Answer(200, [], json.dumps(self.seen).encode())
            case "/forget":
                self.seen.clear()
            case "/keys":
                self.keys = asked
            case "/clock":
                self.now = asked
            case "/sts":
                self.places["sts"].roles = asked["roles"]
                self.places["sts"].seconds = asked["seconds"]
            case "/answers":
                place = self.places[asked["place"]]
                place.answers[:] = [Answer(one["status"], one["lines"], base64.b64decode(one["body"]))
                                    for one in asked["answers"]]
        return Answer(204, [])


print(json.dumps(StandIn(json.loads(sys.argv[1])).ports), flush=True)
while True:
    time.sleep(3600)
