import { type AssertionSettings, assertionType, keysOfIssuer } from '../core/assertion/settings.ts'

/** What an app is made with: any of WSGI, such as Flask and Django, or a handler of AWS Lambda in Python. */
export const snippetKinds = ['flask', 'lambda-python'] as const

type SnippetKind = (typeof snippetKinds)[number]

/**
 * A program for an app that verifies identity assertions with PyJWT, with the names of this app's in it. It refuses
 * whatever has none that verifies, and says by `REMOTE_USER` who it is.
 */
export function assertionSnippet(kind: SnippetKind, settings: AssertionSettings): string {
  switch (kind) {
    case 'flask':
      return `${verifying(settings)}\n${wsgi(settings)}`
    case 'lambda-python':
      return `${verifying(settings)}\n${lambda(settings)}`
  }
}

/** JSON of visible ASCII is a text of Python too. */
function text(value: string): string {
  return JSON.stringify(value)
}

/**
 * What both have: the keys, asked for at most once in ten seconds, whoever sends what; and what is demanded of a token.
 * Keys that cannot be had take nothing away from those that are known, and who has one waits for nobody.
 */
function verifying({ issuer, audience }: AssertionSettings): string {
  return `# Debian: apt-get install python3-jwt python3-cryptography; elsewhere: pip install "PyJWT[crypto]>=2.6"
import os, sys, threading, time, urllib.request
import jwt

ISSUER = ${text(issuer)}
AUDIENCE = ${text(audience)}
KEYS_AT = ${text(keysOfIssuer(issuer))}
known, lock = {"keys": {}, "asked": -1e9}, threading.Lock()

def ask(kid):
    age = time.monotonic() - known["asked"]
    if age > 300 or (kid not in known["keys"] and age > 10):
        known["asked"] = time.monotonic()
        keys = os.environ.get("CLAIMGATE_JWKS") or urllib.request.urlopen(KEYS_AT, timeout=5).read()
        known["keys"] = {key.key_id: key.key for key in jwt.PyJWKSet.from_json(keys).keys}

def key_of(kid):
    if lock.acquire(blocking=kid not in known["keys"]):  # Who has a key waits for nobody.
        try:
            ask(kid)
        except Exception as error:
            print(f"no keys from {KEYS_AT}: {error}", file=sys.stderr)
        finally:
            lock.release()
    return known["keys"][kid]

def verify(token):
    key = key_of(jwt.get_unverified_header(token)["kid"])
    said = jwt.PyJWT().decode_complete(token, key, algorithms=["ES256"], leeway=10,
                                       issuer=ISSUER, audience=AUDIENCE,
                                       options={"require": ["iss", "aud", "sub", "iat", "exp"]})
    if said["header"].get("typ") != ${text(assertionType)}:
        raise ValueError("this is no identity assertion")
    return said["payload"]
`
}

function wsgi({ header }: AssertionSettings): string {
  const variable = `HTTP_${header.toUpperCase().replaceAll('-', '_')}`
  return `class VerifiedUser:
    """app.wsgi_app = VerifiedUser(app.wsgi_app)"""
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        try:
            said = verify(environ[${text(variable)}])
        except Exception as error:
            status = "401 Unauthorized"
            if ${text(variable)} in environ:
                status = "403 Forbidden"
                print(${text(`${header} refused:`)}, type(error).__name__, file=environ["wsgi.errors"])
            start_response(status, [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return [b""]
        user = said["sub"].encode().decode("latin-1")  # As WSGI writes texts (PEP 3333).
        environ.update({"REMOTE_USER": user, "claimgate.assertion": said})
        return self.app(environ, start_response)
`
}

function lambda({ header }: AssertionSettings): string {
  return `def verified(handler):
    """handler = verified(handler); with serverless-wsgi: handler = verified(wsgi_handler.handler)"""
    def handle(event, context):
        lines = event.get("multiValueHeaders") or {k: [v] for k, v in (event.get("headers") or {}).items()}
        tokens = [value for name in lines if name.lower() == ${text(header.toLowerCase())} for value in lines[name]]
        try:
            said = verify(*tokens)
        except Exception as error:
            if tokens:
                print(${text(`${header} refused:`)}, type(error).__name__)
            return {"statusCode": 403 if tokens else 401, "headers": {"Content-Type": "text/plain"}, "body": ""}
        authorizer = {"principalId": said["sub"], "claims": said}  # What adapters make REMOTE_USER of.
        event["requestContext"] = {**(event.get("requestContext") or {}), "authorizer": authorizer}
        return handler(event, context)
    return handle
`
}
