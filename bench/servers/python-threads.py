"""Python's socketserver.ThreadingTCPServer: a thread a client, a loop of recv and sendall."""

import gc
import signal
import socket
import socketserver
import sys

BUFFER_BYTES = 64 * 1024


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(BUFFER_BYTES):
            self.request.sendall(data)


class Count(socketserver.BaseRequestHandler):
    def handle(self):
        count = 0
        while data := self.request.recv(BUFFER_BYTES):
            count += len(data)
        self.request.sendall(b"%d" % count)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 4096

    def handle_error(self, request, client_address):
        """A client that reset: the load program ends that way."""

    def get_request(self):
        client, address = super().get_request()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client, address


signal.signal(signal.SIGUSR2, lambda number, frame: gc.collect())
with Server(("127.0.0.1", 0), {"echo": Echo, "count": Count}[sys.argv[1]]) as server:
    print("ready", server.server_address[1], flush=True)
    server.serve_forever()
