import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonSecretTests {
    /// Every form in which a secret could leave: as it is, and inside base 64 it was decoded from.
    private let planted = [
        DaemonUnderTest.secret("a"), DaemonUnderTest.secret("b"), DaemonUnderTest.hook,
        DaemonUnderTest.signingKey, "signing-key-s3cret-signing-key",
    ]

    private func leaks(in bytes: Data) -> [String] {
        planted.filter { bytes.range(of: Data($0.utf8)) != nil }
    }

    @Test func `no secret is anywhere it does not belong, though the provider echoes it`()
        async throws
    {
        let echo = """
            name = "my token is s3cret-a"
            account = "s3cret-a@example.com"
            permissions = ["dns:s3cret-a"]
            expires = "+1d"
            """
        var settings = Settings(.init(id: "a", play: echo), .init(id: "b"))
        settings.daemon = #"log_level = "debug""#
        try await withDaemon(settings) { daemon in
            // What holds the secret is not taken in, and that is said.
            let echoed = try await daemon.told("raised", "malformed")
            #expect(echoed.summary.contains("/token/name"), "\(echoed.summary)")
            try await daemon.untilSeen("b")
            try daemon.sandbox.edit("b", json: #"{"fault": {"body": "html"}}"#)
            try await daemon.pollNow("b")
            _ = try await daemon.told("raised", "malformed", of: "b")
            // A webhook that fails has its error kept.
            var fault = Fault()
            fault.status = 400
            fault.times = 1
            daemon.sandbox.setHook(DaemonUnderTest.hook, fault: fault)
            try daemon.sandbox.edit("b", json: #"{"fault": "none"}"#)
            try await daemon.pollNow("b")
            _ = try await daemon.log.first { $0.contains("malformed resolved token=b") }
            try daemon.sandbox.edit("b", json: #"{"revoked": true}"#)
            try await daemon.pollNow("b")
            _ = try await daemon.told("raised", "rejected", of: "b")

            for path in [
                "/v1/status", "/v1/tokens", "/v1/tokens/a", "/v1/tokens/b", "/v1/events",
                "/v1/tokens/a/history", "/healthz", "/metrics", "/v1/deliveries",
                "/v1/expiries.ics", "/nothing",
            ] {
                let answer = try await daemon.ask("GET", path)
                #expect(leaks(in: Data(answer.bytes)) == [], "\(path): \(answer.text)")
            }
            let id = try daemon.program.processID
            for file in ["cmdline", "environ"] {
                let bytes = try Data(contentsOf: URL(filePath: "/proc/\(id)/\(file)"))
                #expect(leaks(in: bytes) == [], "\(file)")
            }
            for record in daemon.sandbox.received(DaemonUnderTest.hook) {
                #expect(leaks(in: Data(record.body)) == [], "\(record.text)")
                for header in record.headers {
                    #expect(leaks(in: Data(header.value.utf8)) == [], "\(header.name)")
                }
                #expect(record.header("Authorization") == nil)
            }
            #expect(leaks(in: Data(daemon.log.all.joined().utf8)) == [])
            for words in [["status"], ["status", "a"], ["events"], ["history", "a"], ["check"]] {
                let outcome = try await Programs.run(
                    Programs.built("tokenwatchd"),
                    words + ["--socket", daemon.socket]
                )
                #expect(leaks(in: Data((outcome.output + outcome.errors).utf8)) == [], "\(words)")
            }
            let poll = try await daemon.offline("poll")
            #expect(leaks(in: Data((poll.output + poll.errors).utf8)) == [], "\(poll.output)")
            try await daemon.end()
            #expect(leaks(in: Data(daemon.errors.utf8)) == [], "\(daemon.errors)")
            for file in try FileManager.default.contentsOfDirectory(atPath: daemon.state) {
                let bytes = try Data(contentsOf: URL(filePath: "\(daemon.state)/\(file)"))
                #expect(leaks(in: bytes) == [], "\(file)")
            }
        }
    }

    @Test func `the state that a crash leaves holds no secret either`() async throws {
        try await withDaemon(Settings(.init(id: "a", play: "expires = \"+1d\""))) { daemon in
            _ = try await daemon.told("raised", "expiring")
            try await daemon.end(SIGKILL)
            let files = try FileManager.default.contentsOfDirectory(atPath: daemon.state)
            #expect(files.contains("state.db-wal"))
            for file in files {
                let bytes = try Data(contentsOf: URL(filePath: "\(daemon.state)/\(file)"))
                #expect(leaks(in: bytes) == [], "\(file)")
            }
        }
    }

    @Test func `an error about a secret says its place and never its value`() async throws {
        try await withDaemon(starts: false) { daemon in
            let text = try String(contentsOfFile: daemon.configuration, encoding: .utf8)
            for bad in [
                "secret = \"s3cret-a with space\\u0007\"", "secret = \"s3cret-a\"\nsecret = \"x\"",
                "secret = [\"s3cret-a\"]", "base_url = \"http://s3cret-a@example.com\"",
                "secret_file = \"s3cret-a\"\nsecret = \"s3cret-a\"", "secret = \"s3cret-a",
            ] {
                try daemon.write(text + "[tokens.z]\n\(bad)\n", to: daemon.configuration)
                let check = try await daemon.offline("check-config")
                #expect(check.status == 78, "\(bad) \(check)")
                if !bad.contains("secret_file"), !bad.contains("base_url") {
                    #expect(!(check.output + check.errors).contains("s3cret-a"), "\(check.errors)")
                }
                #expect(check.errors.contains("tokenwatchd.toml:"), "\(check.errors)")
            }
            let url = """
                [channels.x]
                type = "webhook"
                url = "ftp://example.com/\(DaemonUnderTest.hook)"
                """
            try daemon.write(text + url, to: daemon.configuration)
            let check = try await daemon.offline("check-config")
            #expect(check.status == 78)
            #expect(!check.errors.contains(DaemonUnderTest.hook), "\(check.errors)")
        }
    }
}
