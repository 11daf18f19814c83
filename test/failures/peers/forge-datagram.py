"""Sends a UDP datagram over IPv4 with a forged sender address. Needs root.

usage: forge-datagram.py FROM_PORT TO_PORT TEXT
"""

import json
import socket
import struct
import sys

from_port, to_port, text = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
# A checksum of 0 means that there is none.
header = struct.pack("!HHHH", from_port, to_port, 8 + len(text), 0)
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
raw.bind(("127.0.0.1", 0))
raw.sendto(header + text, ("127.0.0.1", 0))
print(json.dumps("sent"), flush=True)
