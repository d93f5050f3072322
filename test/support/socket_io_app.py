# A Socket.IO server as its documentation shows it: python-socketio over eventlet. It sends back what it gets.
import sys

import eventlet
import eventlet.wsgi
import socketio

server = socketio.Server(cors_allowed_origins=[])
server.eio.start_service_task = False


@server.event
def connect(sid, environ):
    server.emit("whoami", environ.get("HTTP_X_FORWARDED_USER", "nobody"), to=sid)


@server.on("say")
def say(sid, words):
    server.emit("said", words, to=sid)


app = socketio.WSGIApp(server, socketio_path="chat/socket.io")
eventlet.wsgi.server(eventlet.listen(("127.0.0.1", int(sys.argv[1]))), app, log_output=False)
