"""The events that API Gateway and function URLs make of requests, from what AWS documents of them.

Payload 1.0: API Gateway Developer Guide, "Input format of a Lambda function for proxy integration"
(set-up-lambda-proxy-integrations). Payload 2.0: "Create AWS Lambda proxy integrations for HTTP APIs"
(http-api-develop-integrations-lambda). Function URLs: Lambda Developer Guide, "Invoking Lambda function URLs"
(urls-invocation). (?) marks what these pages leave open.
"""

import base64
import datetime
from urllib.parse import parse_qsl, unquote

ACCOUNT = "123456789012"
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


def canonical(name):
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


def forwarded(request, peer):
    """API Gateway adds its peer to X-Forwarded-For, and sets scheme and port itself; signatures stay out."""
    hop_by_hop = ("connection", "transfer-encoding", "content-length", "keep-alive", "expect")
    dropped = ("authorization", "x-amz-date", "x-amz-security-token", "x-forwarded-proto", "x-forwarded-port")
    lines = [(name, value) for name, value in request.lines if name.lower() not in hop_by_hop + dropped]
    before = [value for name, value in lines if name.lower() == "x-forwarded-for"]
    lines = [line for line in lines if line[0].lower() != "x-forwarded-for"]
    return lines + [("X-Forwarded-For", ", ".join(before + [peer])),
                    ("X-Forwarded-Port", "443"), ("X-Forwarded-Proto", "https")]


def grouped(pairs):
    many = {}
    for name, value in pairs:
        many.setdefault(name, []).append(value)
    return many


def parameters(query):
    return [(name, value) for name, value in parse_qsl(query, keep_blank_values=True)]


def times(now):
    moment = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    return moment.strftime("%d/%b/%Y:%H:%M:%S +0000"), int(now * 1000)


def payload_1(request, place, key, request_id, now, stage_in_path):
    """`request.path` as it came, the stage with it; `path` of the event has no stage, percent-encoding stays (?)."""
    path = request.path[len(stage_in_path):] or "/"
    lines = [(canonical(name), value) for name, value in forwarded(request, place.peer)]
    many, query = grouped(lines), grouped(parameters(request.query))
    said, milliseconds = times(now)
    return {
        "version": "1.0",
        "resource": "/{proxy+}" if path != "/" else "/",
        "path": path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": unquote(path[1:])} if path != "/" else None,
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT, "apiId": place.api_id, "resourceId": "xyz789", "resourcePath": "/{proxy+}",
            "domainName": request.value("host"), "domainPrefix": place.api_id, "extendedRequestId": "JKJaXmPLvHcESHA=",
            "httpMethod": request.method, "path": request.path, "protocol": "HTTP/1.1", "requestId": request_id,
            "requestTime": said, "requestTimeEpoch": milliseconds, "stage": place.stage,
            "identity": {
                "accessKey": key and key["accessKeyId"], "accountId": key and ACCOUNT, "caller": key and "AIDACALLER",
                "cognitoAuthenticationProvider": None, "cognitoAuthenticationType": None, "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None, "principalOrgId": None, "sourceIp": place.peer,
                "user": key and "AIDACALLER", "userAgent": request.value("user-agent"), "userArn": key and key["arn"],
            },
        },
        # As serverless-wsgi asks for: every media type is binary (`binaryMediaTypes: */*`).
        "body": base64.b64encode(request.body).decode() if request.body else None,
        "isBase64Encoded": bool(request.body),
    }


def payload_2(request, place, key, request_id, now, is_url):
    """`rawPath` has the stage when it is named; percent-encoding stays (?)."""
    headers, cookies = {}, []
    for name, value in forwarded(request, place.peer):
        name = name.lower()
        if name == "cookie":
            cookies += [pair.strip() for pair in value.split(";")]
        else:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    said, milliseconds = times(now)
    authorizer = {"iam": {
        "accessKey": key["accessKeyId"], "accountId": ACCOUNT, "callerId": "AIDACALLER", "cognitoIdentity": None,
        "principalOrgId": None, "userArn": key["arn"], "userId": "AIDACALLER",
    }} if key else None
    event = {
        "version": "2.0", "routeKey": "$default", "rawPath": request.path, "rawQueryString": request.query,
        **({"cookies": cookies} if cookies else {}), "headers": headers,
        **({"queryStringParameters": joined(request.query)} if request.query else {}),
        "requestContext": {
            "accountId": ACCOUNT if key or not is_url else "anonymous", "apiId": place.api_id,
            **({"authentication": None} if is_url else {}), **({"authorizer": authorizer} if authorizer else {}),
            "domainName": request.value("host"), "domainPrefix": place.api_id,
            "http": {
                "method": request.method, "path": request.path, "protocol": "HTTP/1.1", "sourceIp": place.peer,
                "userAgent": request.value("user-agent") or "",
            },
            "requestId": request_id, "routeKey": "$default", "stage": place.stage, "time": said,
            "timeEpoch": milliseconds,
        },
    }
    if request.body:
        is_text = (request.value("content-type") or "").lower().startswith(TEXT_TYPES)
        # What text that is no UTF-8 becomes is documented nowhere. (?)
        text = request.body.decode(errors="replace") if is_text else None
        event["body"] = text if is_text else base64.b64encode(request.body).decode()
    event["isBase64Encoded"] = bool(request.body) and not is_text
    return event


def joined(query):
    return {name: ",".join(values) for name, values in grouped(parameters(query)).items()}
