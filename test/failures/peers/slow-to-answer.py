"""A listener whose queue is full until a client's first SYN has been dropped: then that
client is let in when its kernel tries again, a second later.

slow-to-answer.py HOST PORT

Returns when the queue is full, and goes on in the background. Needs a network namespace of its own,
for its count of dropped connections.
"""
import os
import signal
import socket
import sys
import time


def dropped():
    with open("/proc/net/netstat") as file:
        names, values = [line.split() for line in file if line.startswith("TcpExt:")]
    return int(values[names.index("ListenOverflows")])


address = (sys.argv[1], int(sys.argv[2]))
listener = socket.socket()
listener.bind(address)
listener.listen(0)
# A queue of length 0 holds one; it is never accepted.
filling = socket.create_connection(address)
if os.fork() > 0:
    os._exit(0)
signal.alarm(20)
while dropped() == 0:
    time.sleep(0.005)
listener.accept()
peer = listener.accept()[0]
peer.sendall(b"welcome\n")
peer.recv(1)
