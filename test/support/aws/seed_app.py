"""An app as people put it into Lambda: Flask behind serverless-wsgi, that trusts REMOTE_USER and makes its own links."""

from flask import Flask, Response, jsonify, make_response, redirect, request, session, url_for

app = Flask(__name__)
app.secret_key = "of this app alone"
PIXEL = bytes(range(256)) + b"\xff\xd8\x00\r\n"


@app.get("/")
def start():
    user = request.environ.get("REMOTE_USER") or "nobody"
    links = "".join(f'<li><a href="{url_for(name)}">{name}</a></li>' for name in ("who", "admin", "count", "picture"))
    return f'<!doctype html><title>Wiki</title><h1 id="user">{user}</h1><ul>{links}</ul>'


@app.get("/who")
def who():
    return jsonify(user=request.environ.get("REMOTE_USER"), address=request.remote_addr)


@app.get("/admin")
def admin():
    return f"<!doctype html><title>Admin</title><h1>Admin {request.environ.get('REMOTE_USER') or 'nobody'}</h1>"


@app.route("/echo", defaults={"rest": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@app.route("/echo/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def echo(rest):
    environ = {key: value for key, value in request.environ.items() if isinstance(value, str)}
    return jsonify(
        rest=rest, method=request.method, path=request.path, url=request.url, scheme=request.scheme,
        query=[[name, value] for name, value in request.args.items(multi=True)],
        headers=[[name, value] for name, value in request.headers.items()], cookies=request.cookies,
        body=request.get_data().decode("latin-1"), environ=environ,
        link=url_for("echo", rest="ä b/ö", _external=True), local=url_for("who"),
    )


@app.get("/cookies")
def cookies():
    answer = make_response("three cookies")
    answer.set_cookie("a", "1", path=request.script_root + "/")
    answer.set_cookie("b", "two words; and more", httponly=True, samesite="Lax")
    answer.set_cookie("c", "3", max_age=60)
    return answer


@app.get("/count")
def count():
    session["seen"] = session.get("seen", 0) + 1
    return jsonify(seen=session["seen"])


@app.get("/picture")
def picture():
    return Response(PIXEL, mimetype="image/jpeg")


@app.get("/names/<name>")
def names(name):
    return Response(f"Guten Tag, {name}: größer € 😀", mimetype="text/plain")


@app.route("/upload", methods=["GET", "POST"])
def upload():
    if request.method == "GET":
        return '<form method="post" enctype="multipart/form-data"><input type="file" name="file"><button>Send</button></form>'
    file = request.files["file"]
    return jsonify(name=file.filename, bytes=len(file.read()), note=request.form.get("note"))


@app.get("/moved")
def moved():
    return redirect(url_for("who", tab="a b"))


@app.get("/moved-whole")
def moved_whole():
    return redirect(url_for("who", _external=True))


@app.get("/large/<int:size>")
def large(size):
    return Response("x" * size, mimetype="text/plain")


@app.get("/status/<int:status>")
def status(status):
    return Response("" if status in (204, 304) else f"status {status}", status, mimetype="text/plain")


@app.get("/broken")
def broken():
    raise ValueError("broken on purpose")
