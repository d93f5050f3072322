"""The token service: AssumeRole, whose signature botocore verifies, and AssumeRoleWithWebIdentity, which has none.

Parameters, answers and errors: STS API Reference, "AssumeRole" (API_AssumeRole), "AssumeRoleWithWebIdentity"
(API_AssumeRoleWithWebIdentity) and "Common errors" (CommonErrors); its query protocol answers in XML. Words are those that
the service answers; (?) marks what no document says. Whom it gives credentials, every place knows from then on.
"""

import datetime
import re
import secrets
import uuid
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from http_listener import Answer
from verifier import Refused, verify

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
# What the verifier calls it, as STS says it.
CODES = {
    "MissingAuthenticationTokenException": (403, "MissingAuthenticationToken", "Request is missing Authentication Token"),
    "UnrecognizedClientException": (403, "InvalidClientTokenId", "The security token included in the request is invalid."),
    "ExpiredTokenException": (403, "ExpiredToken", "The security token included in the request is expired"),
    "InvalidSignatureException": (403, "SignatureDoesNotMatch", None),
    "IncompleteSignatureException": (400, "IncompleteSignature", None),
}


class Fault(Exception):
    def __init__(self, status, code, words):
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


class Sts:
    max_body = 65536

    def __init__(self, options, region, keys, clock, know):
        """`roles`: [{"arn", "externalId", "trusts": access keys or absent, "webTokens"}]; `seconds` that they live."""
        self.roles, self.seconds = options.get("roles", []), options.get("seconds", 3600)
        self.region, self.keys, self.clock, self.know = region, keys, clock, know
        self.answers = []

    def respond(self, request, seen):
        seen["requestId"] = request_id = str(uuid.uuid4())
        try:
            result = self.judge(request, seen)
            if self.answers:
                return self.answers.pop(0)
            return xml(200, result + f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>",
                       f"{seen['action']}Response")
        except Refused as refused:
            status, code, words = CODES[refused.kind]
            return self.fault(Fault(status, code, words or refused.words), request_id, seen)
        except Fault as fault:
            return self.fault(fault, request_id, seen)

    def fault(self, fault, request_id, seen):
        seen["refused"] = fault.code
        kind = "Sender" if fault.status < 500 else "Receiver"
        return xml(fault.status, f"<Error><Type>{kind}</Type><Code>{fault.code}</Code>"
                   f"<Message>{escape(fault.words)}</Message></Error><RequestId>{request_id}</RequestId>", "ErrorResponse")

    def judge(self, request, seen):
        form = {name: values[0] for name, values in parse_qs((request.body or b"").decode(), True).items()}
        seen["form"], seen["action"] = form, form.get("Action", "")
        if form.get("Version") != "2011-06-15" or seen["action"] not in ("AssumeRole", "AssumeRoleWithWebIdentity"):
            raise Fault(400, "InvalidAction", f"Could not find operation {seen['action']} for version {form.get('Version')}")
        for name in ("RoleArn", "RoleSessionName"):
            if name not in form:
                raise Fault(400, "ValidationError", f"1 validation error detected: Value null at '{lower(name)}' failed to "
                            "satisfy constraint: Member must not be null")
        if not re.fullmatch(r"[\w+=,.@-]{2,64}", form["RoleSessionName"]):
            raise Fault(400, "ValidationError", "1 validation error detected: Value at 'roleSessionName' failed to satisfy "
                        "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*")
        role = next((one for one in self.roles if one["arn"] == form["RoleArn"]), None)
        if seen["action"] == "AssumeRoleWithWebIdentity":
            self.with_token(form, role)
        else:
            self.with_signature(request, form, role, seen)
        return self.give(form, role, seen["action"])

    def with_signature(self, request, form, role, seen):
        key = verify(request, "sts", self.region, self.keys(), self.clock())
        seen["key"] = key["accessKeyId"]
        trusts = None if role is None else role.get("trusts")
        if role is None or (trusts is not None and key["accessKeyId"] not in trusts) or \
                role.get("externalId") != form.get("ExternalId"):
            raise Fault(403, "AccessDenied", f"User: {key['arn']} is not authorized to perform: sts:AssumeRole on "
                        f"resource: {form['RoleArn']}")

    def with_token(self, form, role):
        token = form.get("WebIdentityToken", "")
        if not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token.strip()):
            raise Fault(400, "InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if "
                        "you sent an Access Token)")
        if role is None or token.strip() not in role.get("webTokens", []):
            raise Fault(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")

    def give(self, form, role, action):
        account, name = re.fullmatch(r"arn:aws[\w-]*:iam::(\d{12}):role/(?:.*/)?([^/]+)", role["arn"]).groups()
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{form['RoleSessionName']}"
        ends = int(self.clock()) + int(form.get("DurationSeconds") or self.seconds)
        key = {"accessKeyId": "ASIA" + secrets.token_hex(8).upper(), "secretAccessKey": secrets.token_urlsafe(30),
               "sessionToken": "IQoJb3JpZ2luX2Vj" + secrets.token_hex(200), "arn": arn, "endsAt": ends}
        self.know(key)
        expiration = datetime.datetime.fromtimestamp(ends, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (f"<{action}Result><AssumedRoleUser><AssumedRoleId>AROA3XFRBF535PLBIFPI4:{form['RoleSessionName']}"
                f"</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser><Credentials>"
                f"<AccessKeyId>{key['accessKeyId']}</AccessKeyId><SecretAccessKey>{key['secretAccessKey']}"
                f"</SecretAccessKey><SessionToken>{key['sessionToken']}</SessionToken><Expiration>{expiration}"
                f"</Expiration></Credentials><PackedPolicySize>6</PackedPolicySize></{action}Result>")


def xml(status, inner, root):
    return Answer(status, [("Content-Type", "text/xml")], f'<{root} xmlns="{NAMESPACE}">{inner}</{root}>'.encode())


def lower(name):
    return name[0].lower() + name[1:]
