"""Relays TCP connections with latency, where the kernel has no netem: delay.py MS PORT TARGET ADDRESS…

Each connection to PORT on one of the addresses goes to TARGET on the same address. Bytes take half of MS in each
direction. The first ones also wait for MS, which is what TCP's handshake would take. Bandwidth is not limited.
"""

import asyncio
import sys


class End(asyncio.Protocol):
    """One end of a connection: what it receives leaves the other end later."""

    def __init__(self, delay, opening=0.0):
        self.loop = asyncio.get_running_loop()
        self.delay = delay
        # Bytes leave in the order in which they came.
        self.last = self.loop.time() + opening
        self.other = None
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.later(lambda: self.other.transport.write(data))

    def connection_lost(self, _):
        if self.other:
            self.later(lambda: self.other.transport.close())

    def later(self, action):
        self.last = max(self.loop.time() + self.delay, self.last + 1e-6)
        self.loop.call_at(self.last, action)


class Accepted(End):
    """The client's end."""

    def __init__(self, delay, target):
        super().__init__(delay, opening=3 * delay)
        self.target = target

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.pause_reading()
        self.task = self.loop.create_task(self.reach())

    async def reach(self):
        address = self.transport.get_extra_info("sockname")[0]
        try:
            _, self.other = await self.loop.create_connection(lambda: End(self.delay), address, self.target)
        except OSError:
            return self.transport.close()
        self.other.other = self
        if self.transport.is_closing():
            return self.other.transport.close()
        self.transport.resume_reading()


async def relay(milliseconds, port, target, addresses):
    delay = milliseconds / 2000
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Accepted(delay, target), addresses, port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    milliseconds, port, target = map(int, sys.argv[1:4])
    asyncio.run(relay(milliseconds, port, target, sys.argv[4:]))
