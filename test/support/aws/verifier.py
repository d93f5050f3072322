"""Signature Version 4 as AWS verifies it: each request is signed again by botocore, and the two are compared.

The procedure: IAM User Guide, "Create a signed AWS API request" (reference_sigv-create-signed-request). The words of the
refusals are those that API Gateway and Lambda answer; (?) marks what their documents do not fix.
"""

import datetime
import hashlib
import hmac
import re
from http.client import HTTPMessage
from urllib.parse import quote, unquote_to_bytes

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

WINDOW_SECONDS = 300
STAMP = "%Y%m%dT%H%M%SZ"
PARAMETERS = ("Credential", "SignedHeaders", "Signature")


class Refused(Exception):
    """`kind` is what AWS writes into x-amzn-errortype."""

    def __init__(self, kind, words):
        super().__init__(words)
        self.kind, self.words = kind, words


def verify(request, service, region, keys, now):
    """The key that signed, one of `keys` ({accessKeyId, secretAccessKey, sessionToken, ...}). `now`: seconds."""
    authorization = request.values("authorization")
    if not authorization:
        raise Refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    parts = read_authorization(request, authorization[0])
    names = parts["SignedHeaders"].split(";")
    require_signed(request, names)
    stamp = request.value("x-amz-date")
    access_key, *scope = parts["Credential"].split("/")
    require_scope(scope, service, region, stamp)
    require_time(stamp, now)
    key = require_key(request, access_key, keys, now)
    compare(request, parts["Signature"], names, key, service, region, stamp)
    return key


def read_authorization(request, value):
    algorithm, _, rest = value.partition(" ")
    parts = {}
    for pair in rest.split(",") if algorithm == "AWS4-HMAC-SHA256" else []:
        name, equal, text = pair.strip().partition("=")
        if not equal:
            raise incomplete(f"Invalid key=value pair (missing equal-sign) in Authorization header: '{pair.strip()}'.")
        parts[name] = text
    lacking = [f"Authorization header requires '{name}' parameter." for name in PARAMETERS if not parts.get(name)]
    if request.value("x-amz-date") is None:
        lacking.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if lacking:
        raise incomplete(" ".join(lacking) + f" Authorization={value}")
    return parts


def incomplete(words):
    return Refused("IncompleteSignatureException", words)


def require_signed(request, names):
    if "host" not in names:
        raise invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    if names != sorted(set(names)) or any(name != name.lower() for name in names):
        raise invalid("SignedHeaders must be lower case and sorted (?)")
    for name, _ in request.lines:
        name = name.lower()
        # That content-type is signed where it is sent is a must of the document; AWS may not look. (?)
        if (name.startswith("x-amz-") or name == "content-type") and name not in names:
            raise invalid(f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    if re.search("(^|&)x-amz-", request.query, re.IGNORECASE):
        # Of two signatures, or half of one in the query, the document says nothing. (?)
        raise incomplete("X-Amz- parameters beside an Authorization header")


def invalid(words):
    return Refused("InvalidSignatureException", words)


def require_scope(scope, service, region, stamp):
    if len(scope) != 4:
        raise incomplete("Credential must have exactly 5 slash-delimited elements, "
                         "e.g. keyid/date/region/service/term.")
    date, scope_region, scope_service, term = scope
    if scope_service != service:
        raise invalid(f"Credential should be scoped to correct service: '{service}'. ")
    if scope_region != region:
        raise invalid(f"Credential should be scoped to a valid region, not '{scope_region}'. ")
    if term != "aws4_request":
        raise invalid(f"Credential should be scoped with a valid terminator: 'aws4_request', not '{term}'. ")
    if date != stamp[:8]:
        raise invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                      f"'{date}' != '{stamp[:8]}', from '{stamp}'.")


def require_time(stamp, now):
    try:
        signed = datetime.datetime.strptime(stamp, STAMP).replace(tzinfo=datetime.timezone.utc).timestamp()
    except ValueError:
        raise incomplete(f"Date must be in ISO-8601 'basic format'. Got '{stamp}'.") from None

    def text(seconds):
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(STAMP)

    if signed < now - WINDOW_SECONDS:
        raise invalid(f"Signature expired: {stamp} is now earlier than {text(now - WINDOW_SECONDS)} "
                      f"({text(now)} - 5 min.)")
    if signed > now + WINDOW_SECONDS:
        raise invalid(f"Signature not yet current: {stamp} is still later than {text(now + WINDOW_SECONDS)} "
                      f"({text(now)} + 5 min.)")


def require_key(request, access_key, keys, now):
    token = request.value("x-amz-security-token")
    key = next((key for key in keys if key["accessKeyId"] == access_key), None)
    if key is None or key.get("sessionToken") != token:
        raise Refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    if key.get("expired") or now >= key.get("endsAt", float("inf")):
        raise Refused("ExpiredTokenException", "The security token included in the request is expired")
    return key


def compare(request, signature, names, key, service, region, stamp):
    # S3 takes a path as it is; everywhere else it is normalized, and escaped once more.
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    auth = signer(Credentials(key["accessKeyId"], key["secretAccessKey"], key.get("sessionToken")), service, region)
    signed = AWSRequest(method=request.method, url=f"https://host{request.path}?{spelled(request.query)}")
    signed.context["timestamp"] = stamp
    headers = HTTPMessage()
    for name in names:
        values = request.values(name)
        if not values:
            raise invalid(f"Signed header '{name}' is not in the request (?)")
        for value in values:
            headers[name] = value
    body_hash = hashlib.sha256(request.body or b"").hexdigest()
    said = request.value("x-amz-content-sha256")
    if service in ("s3", "vpc-lattice-svcs") and said == "UNSIGNED-PAYLOAD":
        body_hash = said
    canonical = "\n".join([
        request.method, auth._normalize_url_path(path_of(request, service)), auth.canonical_query_string(signed),
        auth.canonical_headers(headers) + "\n", ";".join(names), body_hash,
    ])
    to_sign = auth.string_to_sign(signed, canonical)
    mine = auth.signature(to_sign, signed)
    if not hmac.compare_digest(mine, signature) or (said is not None and said != body_hash):
        raise invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for "
            f"this request should have been\n'{canonical}'\n\nThe String-to-Sign should have been\n'{to_sign}'\n")


def path_of(request, service):
    """botocore signs for S3 what it sends, which it has escaped before. S3 escapes each byte of the key itself: "UriEncode"."""
    path = request.path or "/"
    return quote(unquote_to_bytes(path), safe="/-_.~") if service == "s3" else path


def spelled(query):
    """Names and values decoded and encoded again; `+` is a space as in forms. (?) botocore sorts, it does not spell."""
    def again(text):
        return quote(unquote_to_bytes(text.replace("+", " ")), safe="-_.~")

    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(f"{again(name)}={again(value)}" for name, _, value in pairs)
