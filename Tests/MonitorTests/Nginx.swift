import Foundation
import Testing

@testable import HTTP
@testable import Monitor
@testable import Store

/// An nginx on a free port of loopback, with a certificate for `localhost` by a CA of its own.
///
/// It ends with the value that made it, and with this process however that dies.
final class Nginx: Sendable {
    let port: UInt16
    private let directory: TemporaryDirectory
    /// The shell that waits for the end of `lifeline`, then ends nginx.
    private let guardian: pid_t
    /// Held open by this process alone.
    private let lifeline: Int32

    var url: String { "https://localhost:\(port)/" }
    var caFile: String { directory.file("ca.pem") }

    /// - Parameters:
    ///   - hasHTTP2: Whether HTTP/2 is offered beside HTTP/1.1.
    ///   - requestsPerConnection: How many requests nginx answers on one connection.
    ///   - location: What it does with a request.
    /// - Throws: where openssl or nginx is missing or fails.
    init(
        hasHTTP2: Bool = true,
        requestsPerConnection: Int = 1000,
        location: String = "return 200 \"$server_protocol $request_uri\";"
    ) throws {
        let directory = try TemporaryDirectory()
        try Self.makeCertificates(in: directory)
        let listener = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
        defer { listener.close() }
        port = try #require(listener.port)
        try directory.write(
            """
            daemon off;
            \(getuid() == 0 ? "user root;" : "")
            worker_processes 1;
            pid \(directory.file("pid"));
            error_log \(directory.file("error.log"));
            events { worker_connections 256; }
            http {
                access_log off;
                client_body_temp_path \(directory.path);
                keepalive_requests \(requestsPerConnection);
                server {
                    listen 127.0.0.1:\(port) ssl \(hasHTTP2 ? "http2" : "");
                    ssl_certificate \(directory.file("server.pem"));
                    ssl_certificate_key \(directory.file("server.key"));
                    add_header X-Connection $connection;
                    location / { \(location) }
                }
            }
            """,
            to: "nginx.conf"
        )
        (guardian, lifeline) = try Self.start(in: directory, listener: listener.descriptor)
        self.directory = directory
    }

    deinit {
        close(lifeline)
        var status: Int32 = 0
        waitpid(guardian, &status, 0)
    }

    /// Starts nginx on a socket that listens already, so that nobody has to wait until it does.
    private static func start(
        in directory: TemporaryDirectory,
        listener: Int32
    ) throws -> (guardian: pid_t, lifeline: Int32) {
        let nginx = "/usr/sbin/nginx"
        try requireTool(nginx)
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Duplicates, unlike their originals, outlive the exec.
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, listener, inherited)
        // Threads of Dispatch block signals, and a shell waits for its child by one of them.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        // NGINX names the sockets that it takes over: http://nginx.org/en/docs/control.html#upgrade
        let script = """
            NGINX='\(inherited);' "$@" </dev/null 2>/dev/null & exec \(inherited)<&-
            read -r end; kill $!; wait
            """
        let arguments = [
            "-p", directory.path, "-c", directory.file("nginx.conf"),
            "-e", directory.file("error.log"),
        ]
        let command = ["/bin/sh", "-c", script, "sh", nginx] + arguments
        var words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        let status = posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, environ)
        guard status == 0 else {
            close(ends[1])
            throw POSIXError(.init(rawValue: status) ?? .EINVAL)
        }
        return (process, ends[1])
    }

    /// The listening socket's number in nginx: one digit, which is all that every shell can name.
    private static let inherited: Int32 = 9

    private static func makeCertificates(in directory: TemporaryDirectory) throws {
        let openssl = "/usr/bin/openssl"
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try run(
            openssl,
            ["req", "-x509", "-days", "2", "-subj", "/CN=Test CA \(UUID().uuidString)"] + newKey
                + ["-keyout", directory.file("ca.key"), "-out", directory.file("ca.pem")]
        )
        try run(
            openssl,
            ["req", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"] + newKey
                + ["-keyout", directory.file("server.key"), "-out", directory.file("server.csr")]
        )
        try run(
            openssl,
            ["x509", "-req", "-days", "2", "-in", directory.file("server.csr")]
                + ["-CA", directory.file("ca.pem"), "-CAkey", directory.file("ca.key")]
                + ["-CAcreateserial", "-copy_extensions", "copy"]
                + ["-out", directory.file("server.pem")]
        )
    }
}
