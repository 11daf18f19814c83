"""Answers, and resets the connection at once (SO_LINGER 0; a Unix socket resets because input is left unread).

One argument of JSON:
  answer         what it says
  after          "bytes": when it has taken 200 000 bytes, in the middle of the data; "end": after the peer's FIN
  listen         "tcp", or the path of a Unix socket; then it says on which port: {"port": n}
  connect, count instead of listen: connects so often to a TCP port
"""
import json
import socket
import struct
import sys
import threading

settings = json.loads(sys.argv[1])


def serve(peer):
    taken = 0
    while True:
        chunk = peer.recv(65536)
        taken += len(chunk)
        if chunk == b"" or (settings["after"] == "bytes" and taken >= 200_000):
            break
    peer.sendall(settings["answer"].encode())
    if peer.family != socket.AF_UNIX:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def start(peer):
    threading.Thread(target=serve, args=(peer,)).start()


if "connect" in settings:
    for _ in range(settings["count"]):
        start(socket.create_connection(("127.0.0.1", settings["connect"])))
else:
    if settings["listen"] == "tcp":
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(settings["listen"])
        listener.listen(1024)
    name = listener.getsockname()
    print(json.dumps({"port": name[1] if settings["listen"] == "tcp" else None}), flush=True)
    while True:
        start(listener.accept()[0])
