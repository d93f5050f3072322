"""HTTP/1.1 on loopback, by hand: Python's own server folds `//` in targets and limits headers, a verifier must not."""

import socket
import threading


class Request:
    def __init__(self, method, target, lines, body):
        """`body` is None when it was larger than the place takes."""
        self.method, self.target, self.lines, self.body = method, target, lines, body
        self.path, _, self.query = target.partition("?")
        self.pieces, self.trailers = iter(()), []

    def trailer(self, name):
        return next((value for key, value in self.trailers if key.lower() == name), None)

    def values(self, name):
        return [value for key, value in self.lines if key.lower() == name]

    def value(self, name):
        return (self.values(name) or [None])[0]


class Answer:
    """`body`: bytes, or an iterable of bytes, which goes in chunks as it comes."""

    def __init__(self, status, lines, body=b""):
        self.status, self.lines, self.body = status, lines, body


def listen(respond, max_body):
    """Answers each request of each connection by `respond(request)`; gives the port. `max_body` of None: bodies are read
    by `respond`, from `request.pieces`, as they come."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen(512)

    def accept():
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(connection, respond, max_body), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def serve(connection, respond, max_body):
    try:
        with connection, connection.makefile("rb", 65536) as stream:
            while True:
                request = read_request(connection, stream, max_body)
                if request is None:
                    return
                kept = request.body is not None and (request.value("connection") or "").lower() != "close"
                answer = respond(request)
                for _ in request.pieces:
                    pass
                write_answer(connection, request, answer, kept)
                if not kept:
                    return
    except (OSError, ValueError):
        pass


def read_request(connection, stream, max_body):
    start = stream.readline(1 << 20)
    if not start:
        return None
    method, target, _ = start.decode("latin-1").rstrip("\r\n").split(" ")
    lines = read_lines(stream)
    request = Request(method, target, lines, b"")
    if (request.value("expect") or "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    pieces = read_pieces(request, stream)
    if max_body is None:
        request.pieces = pieces
        return request
    # All of it, though the place take less: whoever still sends would not hear the answer.
    body = b"".join(pieces)
    request.body = None if len(body) > max_body else body
    return request


def read_lines(stream):
    lines = []
    while True:
        line = stream.readline(1 << 20).decode("latin-1").rstrip("\r\n")
        if not line:
            return lines
        name, _, value = line.partition(":")
        lines.append((name, value.strip(" \t")))


def read_pieces(request, stream):
    if "chunked" not in (request.value("transfer-encoding") or "").lower():
        yield exactly(stream, int(request.value("content-length") or 0))
        return
    while True:
        size = int(stream.readline(100).split(b";")[0], 16)
        if size == 0:
            request.trailers += read_lines(stream)
            return
        yield exactly(stream, size)
        stream.readline(10)


def exactly(stream, length):
    data = stream.read(length)
    if len(data) < length:
        raise OSError("the connection ended")
    return data


def write_answer(connection, request, answer, kept):
    whole = isinstance(answer.body, bytes)
    bodiless = request.method == "HEAD" or answer.status in (204, 304)
    head = [f"HTTP/1.1 {answer.status} -"] + [f"{name}: {value}" for name, value in answer.lines]
    if whole and answer.status not in (204, 304):
        head.append(f"Content-Length: {len(answer.body)}")
    elif not whole:
        head.append("Transfer-Encoding: chunked")
    head.append("Connection: keep-alive" if kept else "Connection: close")
    connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode("utf-8"))
    if bodiless:
        return
    if whole:
        connection.sendall(answer.body)
        return
    try:
        for piece in answer.body:
            if piece:
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
    finally:
        if hasattr(answer.body, "close"):
            answer.body.close()
