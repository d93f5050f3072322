"""A Flask app as people write it: two routes, and what it believes of a request."""
from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/admin")
def admin():
    return jsonify(view="admin", headers=sorted([name, value] for name, value in request.headers.items()))


@app.route("/x/admin")
def below():
    return jsonify(view="x/admin")
