"""A Python function as Lambda runs it: an event and its answer as JSON texts, errors as payloads.

Lambda Developer Guide, "Handle errors in Python" (python-exceptions) and "Define Lambda function handler in Python";
the words of time-outs, of answers too large and of those that are no JSON are those of the service's logs.
"""

import importlib
import json
import threading
import traceback

ANSWER_BYTES = 6291556


class Context:
    memory_limit_in_mb = "128"
    log_group_name, log_stream_name = "/aws/lambda/wiki", "2026/01/01/[1]stand-in"
    identity = client_context = None

    def __init__(self, arn, version, request_id, timeout):
        self.function_name, self.invoked_function_arn = arn.split(":")[6], arn
        self.function_version, self.aws_request_id, self.timeout = version, request_id, timeout

    def get_remaining_time_in_millis(self):
        return int(self.timeout * 1000)


class Function:
    def __init__(self, name, arn, version, timeout):
        module, _, attribute = name.rpartition(".")
        self.handler = getattr(importlib.import_module(module), attribute)
        self.arn, self.version, self.timeout = arn, version, timeout

    def invoke(self, payload, request_id):
        """Of a payload, bytes: whether the function failed, and its payload, bytes."""
        event = json.loads(payload) if payload else {}
        ended = []
        context = Context(self.arn, self.version, request_id, self.timeout)
        run = threading.Thread(target=lambda: ended.append(self.run(event, context)), daemon=True)
        run.start()
        run.join(self.timeout)
        if not ended:
            words = f"RequestId: {request_id} Error: Task timed out after {self.timeout:.2f} seconds"
            return True, text({"errorType": "Sandbox.Timedout", "errorMessage": words})
        failed, answer = ended[0]
        if not failed and len(answer) > ANSWER_BYTES:
            words = f"Response payload size exceeded maximum allowed payload size ({ANSWER_BYTES} bytes)."
            return True, text({"errorMessage": words, "errorType": "Function.ResponseSizeTooLarge"})
        return failed, answer

    def stream(self, payload, request_id):
        """What Lambda makes of an answer that does not stream: the whole, in one piece or several (?)."""
        failed, answer = self.invoke(payload, request_id)
        yield "head", "application/json"
        half = len(answer) // 2
        yield "data", answer[:half]
        yield "data", answer[half:]
        yield "end", ("Unhandled", answer.decode()) if failed else None

    def run(self, event, context):
        try:
            answer = self.handler(event, context)
        except SystemExit as error:
            words = f"RequestId: {context.aws_request_id} Error: Runtime exited with error: exit status {error.code or 1}"
            return True, text({"errorType": "Runtime.ExitError", "errorMessage": words})
        except Exception as error:  # the runtime reports them all
            trace = traceback.format_tb(error.__traceback__)
            return True, text({"errorMessage": str(error), "errorType": type(error).__name__,
                               "requestId": context.aws_request_id, "stackTrace": trace})
        try:
            return False, text(answer)
        except (TypeError, ValueError) as error:
            return True, text({"errorMessage": f"Unable to marshal response: {error}",
                               "errorType": "Runtime.MarshalError", "requestId": context.aws_request_id,
                               "stackTrace": []})


def text(value):
    # Newer runtimes write other letters than ASCII as they are.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
