"""Clients of the status socket that measure how long they wait."""

import threading
import time

from daemon import StatusConnection


class Client(threading.Thread):
    """Requests one path all the time, over one connection; waits for the daemon first."""

    def __init__(self, socket, path):
        super().__init__(daemon=True)
        self.socket, self.path = socket, path
        self.answers = []  # the seconds of each
        self.error = None
        self.stops = False
        self.start()

    def run(self):
        try:
            connection = self.connect()
            while not self.stops:
                begin = time.monotonic()
                connection.request("GET", self.path)
                connection.getresponse().read()
                self.answers.append(time.monotonic() - begin)
                time.sleep(0.002)
        except Exception as error:
            self.error = error

    def connect(self):
        connection = StatusConnection(self.socket)
        while True:
            try:
                connection.connect()
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                if self.stops:
                    raise
                time.sleep(0.005)

    def end(self):
        self.stops = True
        self.join()
        if self.error:
            raise RuntimeError(f"{self.path}: {self.error}")


def longest_of(clients):
    """Ends the clients; the longest answer of each, in milliseconds."""
    for client in clients:
        client.end()
    return [max(client.answers) * 1000 for client in clients]
