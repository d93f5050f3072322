# A Socket.IO client: python-socketio. Says who it is told to be, how it is connected, and what came back, as one line.
import json
import sys
import threading

import requests
import socketio

address, cookie, transports = sys.argv[1:4]
session = requests.Session()
session.headers.update({"Cookie": cookie})
client = socketio.Client(http_session=session)
told = {}
done = threading.Event()


@client.on("whoami")
def whoami(user):
    told["user"] = user


@client.on("said")
def said(words):
    told["said"] = words
    done.set()


# The library below says the Origin of a WebSocket by itself.
headers = {"Cookie": cookie}
client.connect(address, headers=headers, transports=transports.split(","), socketio_path="chat/socket.io")
client.emit("say", "h\u00e9llo")
done.wait(60)
told["transport"] = client.transport()
client.disconnect()
print(json.dumps(told))
