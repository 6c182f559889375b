import Glibc
import Monitor
import Testing

/// Many connections of one user to the built daemon's sockets, while root sends requests.
@Suite(
    .timeLimit(.minutes(2)),
    .enabled(if: geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0)
)
struct DaemonCrowdTests {
    /// Opens many connections, goes on opening more from two threads, and says when it has begun.
    ///
    /// The arguments: where to connect, what to send, how many to open at first.
    private static let crowd = """
        import socket, sys, threading
        where, request, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
        def connect():
            if where.startswith("/"):
                client = socket.socket(socket.AF_UNIX)
                client.connect(where)
            else:
                client = socket.create_connection(("127.0.0.1", int(where)))
            client.sendall(request.encode())
            return client
        def insist():
            while True:
                try:
                    client = connect()
                    client.settimeout(2)
                    while client.recv(4096): pass
                except OSError: pass
        held = []
        for _ in range(count):
            try: held.append(connect())
            except OSError: pass
        for _ in range(2): threading.Thread(target=insist, daemon=True).start()
        print("begun", flush=True)
        threading.Event().wait()
        """

    @Test(arguments: [
        ("tcp", "GET /v1/events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 192),
        ("tcp", "GET /v1/sta", 256),
        ("unix", "GET /v1/events?follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 256),
        ("unix", "GET /v1/sta", 256),
    ])
    func `a crowd of another user costs root not one answer`(
        socket: String,
        request: String,
        count: Int
    ) async throws {
        let port = try freePort()
        var settings = Settings()
        settings.daemon = "socket_mode = \"0666\"\nlisten = \"127.0.0.1:\(port)\""
        try await withDaemon(settings) { daemon in
            let place = socket == "tcp" ? "\(port)" : daemon.socket
            let crowd = try RunningProgram(
                "/usr/bin/setpriv",
                [
                    "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c",
                    Self.crowd, place, request, "\(count)",
                ]
            )
            daemon.adopt(crowd)
            try await crowd.output.first { $0 == "begun" }
            for _ in 0..<24 { #expect(try await daemon.ask("GET", "/healthz").status == 200) }
            // A connection that root holds, idle for longer than any of theirs, is kept too.
            let (answers, connections) = try await PythonClient.ask(
                daemon.socket,
                (0..<24).map { _ in ("GET", "/v1/status", nil) }
            )
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(connections == 1)
            #expect(crowd.errors.all.isEmpty, "\(crowd.errors.all)")
        }
    }
}
