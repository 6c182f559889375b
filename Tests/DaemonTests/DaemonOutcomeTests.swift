import Alerting
import Formats
import Foundation
import Glibc
import HTTP
import Monitor
import Sandbox
import Testing

/// Failed polls, and how they are reported.
struct FailedPoll: Sendable, CustomTestStringConvertible {
    var fault: String?
    /// More lines of the token.
    var config = ""
    var outcome: String
    var words: String

    var testDescription: String { "\(fault ?? config) is \(outcome)" }
}

@Suite(.timeLimit(.minutes(2)))
struct DaemonOutcomeTests {
    @Test(arguments: [
        FailedPoll(
            config: #"base_url = "https://tokenwatchd.invalid""#,
            outcome: "unreachable",
            words: "tokenwatchd.invalid"
        ),
        FailedPoll(
            config: #"base_url = "http://127.0.0.1:1""#,
            outcome: "unreachable",
            words: "127.0.0.1:1"
        ),
        FailedPoll(
            fault: #"{ latency = "60s" }"#,
            outcome: "unreachable",
            words: "1 s"
        ),
        FailedPoll(fault: "{ status = 401 }", outcome: "rejected", words: "401"),
        FailedPoll(fault: "{ status = 403 }", outcome: "malformed", words: "403"),
        FailedPoll(fault: "{ status = 404 }", outcome: "malformed", words: "404"),
        FailedPoll(fault: "{ status = 500 }", outcome: "server_error", words: "500"),
        FailedPoll(fault: "{ status = 503 }", outcome: "server_error", words: "503"),
        FailedPoll(fault: #"{ status = 429 }"#, outcome: "rate_limited", words: "429"),
        FailedPoll(
            fault: #"{ cut = "before_answer" }"#,
            outcome: "unreachable",
            words: "127.0.0.1"
        ),
        FailedPoll(fault: #"{ cut = "in_head" }"#, outcome: "unreachable", words: "127.0.0.1"),
        FailedPoll(fault: #"{ cut = "in_body" }"#, outcome: "unreachable", words: "127.0.0.1"),
        FailedPoll(fault: #"{ body = "garbage" }"#, outcome: "malformed", words: "JSON"),
    ])
    func `a failed poll is an outcome with its reason, and is tried again in a minute`(
        poll: FailedPoll
    ) async throws {
        var play = #"permissions = ["dns:list"]"#
        if let fault = poll.fault { play += "\nfault = \(fault)" }
        let token = Settings.Token(id: "a", config: poll.config, play: play)
        let polling = "interval = \"1h\"\ntimeout = \"1s\""
        try await withDaemon(Settings(token, polling: polling)) { daemon in
            let token = try await daemon.token { $0["last_outcome"]?.isNull == false }
            #expect(token["last_outcome"]?.string == poll.outcome)
            let error = token["last_error"]?.string ?? ""
            #expect(error.contains(poll.words), "\(error)")
            #expect(!error.contains(DaemonUnderTest.secret("a")))
            #expect(token["last_ok_at"]?.isNull == true)
            #expect(token["expiry"]?.string == "not_seen")
            let asked = try #require(instant(token["last_poll_at"]))
            let next = try #require(instant(token["next_poll_at"]))
            // 1 minute ± 20 %, rounded to seconds; a refused token after twice its interval.
            let wait = next - asked
            if poll.outcome == "rejected" {
                #expect(wait >= .minutes(119) && wait <= .minutes(121), "\(wait)")
            } else {
                #expect(wait >= .seconds(47) && wait <= .seconds(73), "\(wait)")
            }
            #expect(try await daemon.overview()["polls"]?["failed"]?.integer == 1)
        }
    }

    /// Until when a token is left alone, after its last poll.
    private func wait(of id: String, _ daemon: DaemonUnderTest) async throws -> Duration {
        let token = try await daemon.token(id) { $0["last_outcome"]?.string != "ok" }
        let next = try #require(instant(token["next_poll_at"]))
        return next - (try #require(instant(token["last_poll_at"])))
    }

    @Test func `a 429 holds its token, a second one the host; poll-now overrides the token's hold`()
        async throws
    {
        let settings = Settings(.init(id: "a"), .init(id: "b"), .init(id: "c"))
        try await withDaemon(settings) { daemon in
            for id in ["a", "b", "c"] { try await daemon.untilSeen(id) }
            let fault = #"{"fault": {"status": 429, "retry_after": "1h"}}"#
            try daemon.sandbox.edit("a", json: fault)
            try await daemon.pollNow("a")
            let limited = try await wait(of: "a", daemon)
            #expect(limited >= .minutes(59) && limited <= .minutes(61))
            // Neither another token nor poll-now waits for it.
            for id in ["b", "a"] {
                let polls = daemon.sandbox.record.total
                try await daemon.pollNow(id)
                try await daemon.untilPolled(polls + 1)
            }
            #expect(try await daemon.token("b")["last_outcome"]?.string == "ok")
            try daemon.sandbox.edit("b", json: fault)
            try await daemon.pollNow("b")
            _ = try await wait(of: "b", daemon)
            let polls = daemon.sandbox.record.total
            for id in ["a", "b", "c"] {
                try await daemon.pollNow(id)
                let poll = try await daemon.ask("GET", "/v1/tokens/\(id)/explain").json?["poll"]
                #expect(poll?["reason"]?.string == "retry_after", "\(id)")
            }
            #expect(daemon.sandbox.record.total == polls)
        }
    }

    @Test func `a Retry-After with a 503 holds the whole host, and poll-now honours it`()
        async throws
    {
        try await withDaemon(Settings(.init(id: "a"), .init(id: "b"))) { daemon in
            for id in ["a", "b"] { try await daemon.untilSeen(id) }
            let fault = #"{"fault": {"status": 503, "retry_after": "1h"}}"#
            try daemon.sandbox.edit("a", json: fault)
            try await daemon.pollNow("a")
            let held = try await wait(of: "a", daemon)
            #expect(held >= .minutes(59) && held <= .minutes(61))
            let polls = daemon.sandbox.record.total
            for id in ["a", "b"] {
                try await daemon.pollNow(id)
                let poll = try await daemon.ask("GET", "/v1/tokens/\(id)/explain").json?["poll"]
                #expect(poll?["reason"]?.string == "retry_after", "\(id)")
            }
            #expect(daemon.sandbox.record.total == polls)
        }
    }

    @Test(.enabled(if: Nginx.isInstalled))
    func `a certificate of an unknown authority is refused, until ca_file names it`() async throws {
        var settings = Settings(Settings.Token(id: "a"))
        try await withDaemon(settings, starts: false) { daemon in
            let nginx = try await Nginx(before: daemon)
            settings.tokens[0].config = "base_url = \"https://localhost:\(nginx.port)\""
            try daemon.configure(settings)
            try await daemon.start()
            let refused = try await daemon.token { $0["last_outcome"]?.isNull == false }
            #expect(refused["last_outcome"]?.string == "unreachable")
            let error = refused["last_error"]?.string ?? ""
            #expect(error.contains("certificate of localhost cannot be verified"), "\(error)")
            #expect(error.contains("ca_file"), "\(error)")
            settings.polling += "\nca_file = \"\(nginx.authority)\""
            try daemon.configure(settings)
            let reload = try await daemon.command("reload")
            #expect(reload.status == 0, "\(reload.errors)")
            try await daemon.untilSeen()
        }
    }
}

/// The instant of a member.
func instant(_ value: JSONValue?) -> Instant? {
    value?.string.flatMap { Instant(text: $0) }
}

/// An nginx with a certificate of its own authority in front of the stand-in.
struct Nginx: Sendable {
    static let program = "/usr/sbin/nginx"
    static let isInstalled =
        access(program, X_OK) == 0 && access("/usr/bin/openssl", X_OK) == 0

    let port: UInt16
    let authority: String

    init(before daemon: DaemonUnderTest) async throws {
        let folder = daemon.folder
        port = try freePort()
        authority = "\(folder)/ca.pem"
        let made = try await Programs.run(
            "/bin/sh",
            [
                "-ec",
                """
                cd \(folder)
                key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
                openssl req -x509 -days 2 -subj "/CN=Test CA" $key -keyout ca.key -out ca.pem
                openssl req -subj /CN=localhost -addext subjectAltName=DNS:localhost $key \
                    -keyout server.key -out server.csr
                openssl x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key \
                    -CAcreateserial -copy_extensions copy -out server.pem
                """,
            ]
        )
        try #require(made.status == 0, "\(made.errors)")
        let text = """
            daemon off;
            master_process off;
            pid \(folder)/nginx.pid;
            error_log stderr notice;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path \(folder)/nginx;
                proxy_temp_path \(folder)/nginx;
                server {
                    listen 127.0.0.1:\(port) ssl;
                    ssl_certificate \(folder)/server.pem;
                    ssl_certificate_key \(folder)/server.key;
                    location / { proxy_pass http://127.0.0.1:\(daemon.sandbox.port); }
                }
            }
            """
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/nginx.conf"))
        let run = try RunningProgram(
            Self.program,
            ["-p", folder, "-c", "\(folder)/nginx.conf", "-e", "stderr"]
        )
        daemon.adopt(run)
        // It listens before it says so.
        try await run.errors.first { $0.contains("event method") }
    }
}

/// A port of loopback that nobody listens on.
func freePort() throws -> UInt16 {
    let socket = try ListeningSocket.tcp(host: "127.0.0.1", port: 0)
    defer { socket.close() }
    return try #require(socket.port)
}
