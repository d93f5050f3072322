"""An HTTP listener that hands requests on as API Gateway does: as events, to a Lambda handler or a WSGI app.

    python3 api_gateway.py 1.0|2.0 module:name [stage]

Version 1.0 (REST APIs) keeps the case of names, the last line of each in `headers` and all of them in
`multiValueHeaders`. Version 2.0 (HTTP APIs) writes names in lower case, joins lines with commas and parts cookies.
With a stage, everything is below `/stage`, anything else is refused; only version 2.0 shows it in the path.
"""

import base64
import importlib
import inspect
import io
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit


def event_v1(method, url, lines, body, stage):
    many = {}
    for name, value in lines:
        many.setdefault(name, []).append(value)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return {
        "version": "1.0", "httpMethod": method, "path": url.path[len(stage):] or "/", "resource": "/{proxy+}",
        "headers": {name: values[-1] for name, values in many.items()}, "multiValueHeaders": many,
        "queryStringParameters": query or None,
        "requestContext": {
            "httpMethod": method, "path": url.path, "stage": stage[1:], "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": base64.b64encode(body).decode(), "isBase64Encoded": True,
    }


def event_v2(method, url, lines, body, stage):
    headers, cookies = {}, []
    for name, value in lines:
        name = name.lower()
        if name == "cookie":
            cookies += [pair.strip() for pair in value.split(";")]
        else:
            headers[name] = headers[name] + "," + value if name in headers else value
    return {
        "version": "2.0", "rawPath": url.path, "rawQueryString": url.query, "headers": headers, "cookies": cookies,
        "requestContext": {
            "http": {"method": method, "path": url.path, "sourceIp": "127.0.0.1"}, "stage": stage[1:] or "$default",
        },
        "body": base64.b64encode(body).decode(), "isBase64Encoded": True,
    }


def run_wsgi(app, event):
    """What adapters such as serverless-wsgi do: an environ of the event, an answer of what the app said."""
    body = base64.b64decode(event["body"])
    stage = event["requestContext"]["stage"]
    script = "" if stage in ("", "$default") else "/" + stage
    path = event["rawPath"][len(script):] or "/" if "rawPath" in event else event["path"]
    environ = {
        "REQUEST_METHOD": event.get("httpMethod") or event["requestContext"]["http"]["method"],
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": event.get("rawQueryString", ""), "SCRIPT_NAME": script, "SERVER_NAME": "localhost",
        "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_LENGTH": str(len(body)), "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }
    lines = [(n, v) for n, values in event.get("multiValueHeaders", {}).items() for v in values]
    for name, value in lines or event["headers"].items():
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key
        environ[key] = environ[key] + "," + value if key in environ and key.startswith("HTTP_") else value
    if event.get("cookies"):
        environ["HTTP_COOKIE"] = "; ".join(event["cookies"])
    environ["wsgi.url_scheme"] = environ.get("HTTP_X_FORWARDED_PROTO", "https")
    said = {}
    parts = app(environ, lambda status, headers, exc_info=None: said.update(status=status, headers=headers))
    cookies = [value for name, value in said["headers"] if name.lower() == "set-cookie"]
    several = {"cookies": cookies} if "rawPath" in event else {"multiValueHeaders": {"Set-Cookie": cookies}}
    return {
        "statusCode": int(said["status"].split()[0]), **several,
        "headers": {name: value for name, value in said["headers"] if name.lower() != "set-cookie"},
        "body": base64.b64encode(b"".join(parts)).decode(), "isBase64Encoded": True,
    }


def main(version, name, stage=""):
    module, _, attribute = name.partition(":")
    target = getattr(importlib.import_module(module), attribute)
    is_handler = inspect.isfunction(target)
    stage = stage and "/" + stage
    make_event = {"1.0": event_v1, "2.0": event_v2}[version]

    class Listener(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            url = urlsplit(self.path)
            if stage and url.path != stage and not url.path.startswith(stage + "/"):
                result = {"statusCode": 403, "headers": {}, "body": '{"message":"Forbidden"}'}
            else:
                event = json.loads(json.dumps(make_event(self.command, url, self.headers.items(), body, stage)))
                result = target(event, None) if is_handler else run_wsgi(target, event)
            data = result["body"].encode()
            data = base64.b64decode(data) if result.get("isBase64Encoded") else data
            self.send_response(result["statusCode"])
            for key, value in result["headers"].items():
                if key.lower() != "content-length":
                    self.send_header(key, value)
            for value in result.get("cookies") or result.get("multiValueHeaders", {}).get("Set-Cookie", []):
                self.send_header("set-cookie", value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    print(f"Listening at: http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


main(*sys.argv[1:])
