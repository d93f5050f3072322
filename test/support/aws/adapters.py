"""How other adapters read events than serverless-wsgi, which is here itself: written anew from what their sources read. Field checks: what an
adapter takes for granted is taken for granted here, so an event that lacks it fails as it would there.

    apig-wsgi  github.com/adamchainz/apig-wsgi  src/apig_wsgi/__init__.py
    aws-wsgi   github.com/slank/awsgi           awsgi/__init__.py
    Mangum     github.com/Kludex/mangum         mangum/handlers/api_gateway.py, utils.py
    Zappa      github.com/zappa/Zappa           zappa/handler.py, wsgi.py

Reads lines of JSON, {"adapter": …, "event": …}, and answers each with a line: {"answer": …} or {"error": …}.
"""

import base64
import io
import json
import sys
from urllib.parse import unquote, unquote_to_bytes, urlencode

import wsgi_handler
from seed_app import app

COMMON = {
    "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": "", "wsgi.version": (1, 0), "wsgi.errors": sys.stderr,
    "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
}


def latin(path):
    """Percent-encoded bytes as WSGI has them."""
    return unquote_to_bytes(path).decode("latin-1")


def run(environ):
    said = {}
    parts = app({**COMMON, **environ}, lambda status, lines, *_: said.update(status=status, lines=lines))
    return int(said["status"].split()[0]), said["lines"], b"".join(parts)


def body_of(event):
    body = event.get("body") or ""
    return base64.b64decode(body) if event["isBase64Encoded"] else body.encode()


def apig_wsgi(event):
    body = body_of(event)
    environ = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http"}
    is_one = event.get("version", "1.0") == "1.0"
    if is_one:
        lines = [(name, values) for name, values in event["multiValueHeaders"].items()]
        environ |= {
            "REQUEST_METHOD": event["httpMethod"], "PATH_INFO": latin(event["path"]), "REMOTE_ADDR": "127.0.0.1",
            "QUERY_STRING": urlencode(event["multiValueQueryStringParameters"] or (), doseq=True),
        }
    else:
        http = event["requestContext"]["http"]
        lines = [(name, [value]) for name, value in event["headers"].items()]
        environ |= {
            "REQUEST_METHOD": http["method"], "PATH_INFO": latin(http["path"]), "REMOTE_ADDR": http["sourceIp"],
            "QUERY_STRING": event["rawQueryString"], "SERVER_PROTOCOL": http["protocol"],
            "HTTP_COOKIE": ";".join(event.get("cookies", ())),
        }
    assert "requestContext" in event
    for name, values in lines:
        key = name.upper().replace("-", "_")
        own = {"CONTENT_TYPE": "CONTENT_TYPE", "HOST": "SERVER_NAME", "X_FORWARDED_PROTO": "wsgi.url_scheme",
               "X_FORWARDED_PORT": "SERVER_PORT"}.get(key)
        if own:
            environ[own] = values[-1]
        if key == "X_FORWARDED_FOR" and is_one:
            environ["REMOTE_ADDR"] = values[-1].split(", ")[0]
        environ["HTTP_" + key] = ",".join(values)
    status, lines, body = run(environ)
    answer = {"statusCode": status, "isBase64Encoded": True, "body": base64.b64encode(body).decode()}
    if is_one:
        many = {}
        for name, value in lines:
            many.setdefault(name, []).append(value)
        return {**answer, "multiValueHeaders": many}
    return {**answer, "cookies": [value for name, value in lines if name.lower() == "set-cookie"],
            "headers": {name.lower(): value for name, value in lines if name.lower() != "set-cookie"}}


def aws_wsgi(event):
    # `path` goes to the app as it is; two cookies of one answer are one.
    body = body_of(event)
    environ = {
        "REQUEST_METHOD": event["httpMethod"], "PATH_INFO": event["path"], "REMOTE_ADDR": "127.0.0.1",
        "QUERY_STRING": urlencode(event["queryStringParameters"] or {}), "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    assert "elb" not in event.get("requestContext", {})
    for name, value in event["headers"].items():
        key = name.upper().replace("-", "_")
        own = {"CONTENT_TYPE": "CONTENT_TYPE", "HOST": "SERVER_NAME", "X_FORWARDED_PROTO": "wsgi.url_scheme",
               "X_FORWARDED_PORT": "SERVER_PORT"}.get(key)
        if own:
            environ[own] = value
        if key == "X_FORWARDED_FOR":
            environ["REMOTE_ADDR"] = value.split(", ")[0]
        environ["HTTP_" + key] = value
    status, lines, body = run(environ)
    headers = dict(lines)
    # As `base64_content_types` of its caller says.
    binary = headers.get("Content-Type") == "image/jpeg"
    return {"statusCode": str(status), "headers": headers, "isBase64Encoded": binary,
            "body": base64.b64encode(body).decode() if binary else body.decode()}


def zappa(event):
    for command in ("detail-type", "command", "raw_command", "manage", "Records", "bot", "triggerSource", "awslogs"):
        assert not event.get(command), command
    assert event.get("type") != "TOKEN" and event.get("httpMethod")
    for name, value in (event.get("stageVariables") or {}).items():
        raise AssertionError(f"a variable of the environment: {name}={value}")
    many = event.get("multiValueHeaders") or {name: [value] for name, value in event["headers"].items()}
    headers = {"-".join(part.title() for part in name.split("-")): ", ".join(values) for name, values in many.items()}
    assert "amazonaws.com" not in headers.get("Host", ""), "the stage would be in links"
    context = event["requestContext"]
    authorizer = context.get("authorizer")
    user = authorizer.get("principalId") if authorizer else context.get("identity", {}).get("userArn")
    body = event["body"]
    body = base64.b64decode(body) if event.get("isBase64Encoded") else (body or "").encode()
    addresses = headers.get("X-Forwarded-For", "127.0.0.1").split(", ")
    environ = {
        "REQUEST_METHOD": event["httpMethod"], "PATH_INFO": latin(event["path"]),
        "QUERY_STRING": urlencode(event["multiValueQueryStringParameters"] or {}, doseq=True),
        "REMOTE_ADDR": addresses[-2] if len(addresses) > 1 else addresses[0], "SERVER_NAME": "zappa",
        "SERVER_PORT": headers.get("X-Forwarded-Port", "80"), "wsgi.url_scheme": "https", "HTTPS": "on",
        "CONTENT_TYPE": headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body), **({"REMOTE_USER": user} if user else {}),
    }
    environ |= {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    status, lines, body = run(environ)
    many = {}
    for name, value in lines:
        many.setdefault(name, []).append(value)
    return {"statusCode": status, "headers": dict(lines), "multiValueHeaders": many, "isBase64Encoded": True,
            "body": base64.b64encode(body).decode()}


def mangum(event):
    """Makes an ASGI scope; what it answers is the scope, as ASGI has other apps."""
    assert "version" in event and "requestContext" in event
    context = event["requestContext"]
    if event["version"] == "2.0":
        headers = {name.lower(): value for name, value in event["headers"].items()}
        http = context["http"]
        method, path, address, query = http["method"], http["path"], http["sourceIp"], event["rawQueryString"]
        if event.get("cookies"):
            headers["cookie"] = "; ".join(event["cookies"])
    else:
        # It is taken for a REST API by this.
        assert "resource" in event
        headers = {name.lower(): ", ".join(values) for name, values in event["multiValueHeaders"].items()}
        method, path, address = event["httpMethod"], event["path"], context["identity"]["sourceIp"]
        query = urlencode(event["multiValueQueryStringParameters"] or {}, doseq=True)
    host = headers.get("x-forwarded-host", headers["host"]).split(",")[0].strip()
    name, _, port = host.partition(":")
    scope = {
        "method": method, "path": unquote(path), "query_string": query, "scheme": headers.get("x-forwarded-proto"),
        "server": [name, int(port or headers.get("x-forwarded-port", 80))], "client": [address, 0],
        "headers": [[key, value] for key, value in headers.items()], "authorizer": context.get("authorizer"),
        "body": body_of(event).decode("latin-1"),
    }
    for key, value in scope["headers"]:
        assert isinstance(key, str) and isinstance(value, str)
    cookies = ["a=1", "b=2"]
    answer = {"statusCode": 200, "isBase64Encoded": False, "body": json.dumps(scope)}
    if event["version"] == "2.0":
        return {**answer, "headers": {"content-type": "application/json"}, "cookies": cookies}
    return {**answer, "headers": {"content-type": "application/json"}, "multiValueHeaders": {"set-cookie": cookies}}


def serverless_wsgi(event):
    """The adapter itself."""
    return wsgi_handler.handler(event, None)


ADAPTERS = {"serverless-wsgi": serverless_wsgi, "apig-wsgi": apig_wsgi, "aws-wsgi": aws_wsgi, "Mangum": mangum,
            "Zappa": zappa}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        print(json.dumps({"answer": ADAPTERS[asked["adapter"]](asked["event"])}), flush=True)
    except Exception as error:  # told to the test
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
