"""A Flask app behind claimgate: it asks nobody to sign in, and reads who it is from headers.

Run it:  GATEWAY_SECRET=... gunicorn -b 127.0.0.1:5000 app:app
"""

import os
from urllib.parse import unquote

from flask import Flask, jsonify, request

from claimgate_guard import ClaimgateGuard

app = Flask(__name__)
# Several, parted by spaces, while the secret is being changed. Absent: the app does not start.
app.wsgi_app = ClaimgateGuard(app.wsgi_app, os.environ["GATEWAY_SECRET"].split(), open_paths=["/healthz"])


def user():
    """Who is signed in, or None. Values are percent-encoded where they are not plain ASCII."""
    value = request.headers.get("X-Forwarded-User")
    return None if value is None else unquote(value)


def groups():
    """Elements are joined by commas; a comma inside one is written %2C: split first, then decode."""
    value = request.headers.get("X-Forwarded-Groups")
    return [] if value is None else [unquote(group) for group in value.split(",")]


@app.get("/healthz")
def healthz():
    return jsonify(ok=True, user=user())


@app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@app.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def show(path):
    """Shows what arrived, so that one can see what the gateway does. The guard took the secret off."""
    return jsonify(
        user=user(),
        groups=groups(),
        method=request.method,
        path="/" + path,
        query=request.query_string.decode(),
        body=request.get_data(as_text=True),
        headers=sorted(request.headers.items()),
    )
