"""A WSGI app that says which path it saw, and which of its views Flask chose for it."""
from flask import Flask, jsonify, request

app = Flask(__name__)


def seen(view):
    return jsonify(
        view=view,
        # PATH_INFO is bytes in latin-1 (PEP 3333).
        path=request.environ["PATH_INFO"].encode("latin-1").decode("utf-8"),
        target=request.environ["RAW_URI"],
        query=request.environ["QUERY_STRING"],
    )


@app.route("/admin")
@app.route("/admin/")
@app.route("/admin/<path:rest>")
def admin(rest=""):
    return seen("admin")


@app.route("/public")
@app.route("/public/")
@app.route("/public/<path:rest>")
def public(rest=""):
    return seen("public")


@app.route("/")
@app.route("/<path:rest>")
def other(rest=""):
    return seen("other")
