"""Answers whoever sends a lot, and resets the connection at once (SO_LINGER 0).

answer-and-reset.py ANSWER listen               says on which port: {"port": n}
answer-and-reset.py ANSWER connect PORT COUNT
"""
import json
import socket
import struct
import sys
import threading

answer, how = sys.argv[1].encode(), sys.argv[2]


def serve(peer):
    # Some of what comes is read, the rest waits: the reset finds both sides in the middle of it.
    taken = 0
    while taken < 200_000:
        taken += len(peer.recv(65536))
    peer.sendall(answer)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def start(peer):
    threading.Thread(target=serve, args=(peer,)).start()


if how == "listen":
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    while True:
        start(listener.accept()[0])
else:
    for _ in range(int(sys.argv[4])):
        start(socket.create_connection(("127.0.0.1", int(sys.argv[3]))))
