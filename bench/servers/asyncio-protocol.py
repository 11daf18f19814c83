"""asyncio as its fast users write it: a Protocol, data_received and transport.write. `--uvloop` runs it on uvloop."""

import asyncio
import gc
import signal
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Count(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.count = 0

    def data_received(self, data):
        self.count += len(data)

    def eof_received(self):
        self.transport.write(b"%d" % self.count)


async def main(protocol):
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR2, gc.collect)
    server = await loop.create_server(protocol, "127.0.0.1", 0, backlog=4096)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if "--uvloop" in sys.argv:
    import uvloop

    uvloop.install()
asyncio.run(main({"echo": Echo, "count": Count}[sys.argv[-1]]))
