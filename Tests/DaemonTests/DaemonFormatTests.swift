import Formats
import Foundation
import Monitor
import Sandbox
import Testing

/// A format of one's own, with a secret of its own, through the binary.
@Suite(.timeLimit(.minutes(2)))
struct DaemonFormatTests {
    private static let planted = "T0PS3CRET-of-the-channel"

    @Test func `an own format sends what its template says, and no secret is seen`() async throws {
        let settings = Settings(Settings.Token(id: "a", play: "expires = \"+1d\""))
        try await withDaemon(settings, starts: false) { daemon in
            let key = daemon.secretFile("key")
            try daemon.write(Self.planted + "\n", to: key)
            var settings = settings
            settings.channels = """
                [formats.own]
                params  = { room = "the room" }
                secrets = { key = "the key" }
                path    = "?key={key}"
                headers = { X-Key = "{key}" }
                json    = { room = "{room}", text = "{title}", level = "{level}", note = "{note}" }
                by_severity = { level = { critical = 2, warning = 1, info = 0, resolved = 0 } }
                escape  = { replace = { "<" = "&lt;" } }
                reason  = "/why"

                [channels.chat]
                type     = "webhook"
                format   = "own"
                url      = "\(daemon.sandbox.baseURL)/hooks/chat"
                room     = "ops"
                key_file = "\(key)"
                headers  = { X-Proxy = { file = "\(key)" } }

                """
            try daemon.configure(settings)
            try await daemon.start()
            try await daemon.sandbox.wait { !$0.received("chat").isEmpty }
            try await daemon.untilWaiting(0)
            let record = try #require(daemon.sandbox.received("chat").first)
            let json = try JSONValue(parsing: record.body)
            #expect(json["room"]?.string == "ops")
            #expect(json["level"]?.integer == 2)
            #expect(json["text"]?.string?.hasPrefix("critical: a expires") == true)
            #expect(json["note"] == nil)
            #expect(record.header("x-key") == Self.planted)
            #expect(record.header("x-proxy") == Self.planted)

            var broken = Fault()
            broken.status = 400
            daemon.sandbox.setHook("chat", fault: broken)
            let test = try await daemon.command("test-notify", "chat")
            #expect(test.status == 1)
            #expect(test.output.contains("answered 400"), "\(test.output)")
            let status = try await daemon.command("status", "--json")
            let shown = test.output + test.errors + status.output + daemon.log.all.joined()
            #expect(!shown.contains(Self.planted))
            for file in ["state.db", "state.db-wal"] {
                let bytes = try Data(contentsOf: URL(filePath: "\(daemon.state)/\(file)"))
                #expect(bytes.range(of: Data(Self.planted.utf8)) == nil)
            }
        }
    }
}
