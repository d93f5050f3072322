"""A Flask app that makes addresses and cookies as most do: from SCRIPT_NAME, Host and the scheme it is told."""

from flask import Flask, jsonify, redirect, request, url_for

app = Flask(__name__)


@app.get("/home")
def home():
    return jsonify(script=request.script_root, path=request.path, cookies=request.cookies)


@app.get("/moved")
def moved():
    answer = redirect(url_for("home", tab="a b"))
    answer.headers["Content-Location"] = url_for("home")
    answer.set_cookie("seen", "1", path=request.script_root + "/")
    answer.set_cookie("deep", "2", path=request.script_root + "/home", domain=request.host.split(":")[0], httponly=True)
    return answer


@app.get("/moved-whole")
def moved_whole():
    return redirect(url_for("home", _external=True))


@app.get("/elsewhere")
def elsewhere():
    return redirect("https://other.example/prod/home")
