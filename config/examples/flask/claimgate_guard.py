"""Lets nobody but the gateway into a WSGI app (Flask, Django, Pyramid ...). Standard library only."""

import hmac

IDENTITY = ("X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups", "X-Forwarded-Preferred-Username")


class ClaimgateGuard:
    """Passes requests that bear the shared secret exactly once; answers 403 to all others.

    secrets     one, or a list while it is being changed: all of them open
    header      as `shared_secret.header` of the app in claimgate.yaml
    open_paths  exact paths, such as a load balancer's health check, that answer without the secret;
                identity headers are taken off there, as anybody could have written them
    """

    def __init__(self, app, secrets, header="X-Gateway-Secret", identity=IDENTITY, open_paths=()):
        self.app, self.key, self.open_paths = app, _key(header), frozenset(open_paths)
        self.secrets = [secret.encode() for secret in ([secrets] if isinstance(secrets, str) else secrets)]
        self.identity = [_key(name) for name in identity]
        if not self.secrets or min(map(len, self.secrets)) < 32:
            raise ValueError("the shared secret must have at least 32 bytes")

    def __call__(self, environ, start_response):
        # WSGI joins lines of one name with a comma, so a header that came twice equals no secret.
        given = environ.pop(self.key, "").encode(errors="replace")
        # Every secret is compared, each in constant time: the answer's timing tells nothing.
        if not any([hmac.compare_digest(given, secret) for secret in self.secrets]):
            if environ.get("PATH_INFO") not in self.open_paths:
                start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Cache-Control", "no-store")])
                return [b"This app answers its gateway alone.\n"]
            for key in self.identity:
                environ.pop(key, None)
        return self.app(environ, start_response)


def _key(name):
    return "HTTP_" + name.upper().replace("-", "_")
