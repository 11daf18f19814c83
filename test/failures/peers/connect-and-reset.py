"""Connects, says something, and resets the connection at once (SO_LINGER 0).

connect-and-reset.py PORT COUNT
"""
import socket
import struct
import sys

for _ in range(int(sys.argv[2])):
    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    client.sendall(b"hello")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
