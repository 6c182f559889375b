import Alerting
import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Store
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonSocketTests {
    private static let tokenKeys: Set<String> = [
        "id", "provider", "host", "state", "name", "account", "account_name", "company",
        "permissions",
        "created_at", "expiry",
        "expires_at", "expires_in_s", "expires_from", "expires_warning_s", "expires_critical_s",
        "muted", "expiry_rolling", "expiry_difference",
        "last_used_at",
        "last_used_by", "last_used_elsewhere_at", "last_poll_at", "last_ok_at", "last_outcome",
        "last_error",
        "next_poll_at", "alerts", "owner", "renew_url", "note", "inventory", "lists",
    ]

    private func keys(_ value: JSONValue?) -> Set<String> { Set(value?.members?.map(\.key) ?? []) }

    @Test func `a token object has every documented field, null where there is nothing`()
        async throws
    {
        let token = Settings.Token(
            id: "a",
            config: "owner = \"ops\"\nrenew_url = \"https://example.com/\"\nnote = \"n\"",
            play: "permissions = [\"dns:list\", \"a:b\"]\nexpires = \"+5d\""
        )
        let bare = Settings.Token(id: "b", play: "revoked = true")
        try await withDaemon(Settings(token, bare)) { daemon in
            _ = try await daemon.told("raised", "expiring")
            _ = try await daemon.told("raised", "rejected", of: "b")
            let full = try await daemon.token("a")
            #expect(keys(full) == Self.tokenKeys)
            #expect(full.members?.count == Self.tokenKeys.count)
            #expect(full["permissions"]?.elements?.map(\.string) == ["a:b", "dns:list"])
            #expect(full["expiry"]?.string == "known")
            #expect(full["expires_from"]?.string == "provider")
            #expect(full["account_name"]?.string == "John Doe")
            #expect(full["company"]?.string == "Acme Inc.")
            #expect(full["owner"]?.string == "ops")
            for key in ["created_at", "expires_at", "last_poll_at", "last_ok_at", "next_poll_at"] {
                let text = full[key]?.string ?? ""
                #expect(
                    Instant(text: text) != nil && text.hasSuffix("Z") && text.count == 20,
                    "\(key)"
                )
            }
            let left = try #require(full["expires_in_s"]?.integer)
            #expect((431_000...432_000).contains(left))
            #expect(full["expires_warning_s"]?.integer == 2_592_000)
            #expect(full["expires_critical_s"]?.integer == 259_200)
            let alert = try #require(full["alerts"]?[0])
            #expect(
                keys(alert) == [
                    "condition", "severity", "since", "stage", "confirmed", "covered_by",
                    "acknowledged", "next_reminder_at", "summary",
                ]
            )
            #expect(alert["stage"]?.string == "7d")
            #expect(alert["acknowledged"]?.isNull == true)
            let empty = try await daemon.token("b")
            #expect(keys(empty) == Self.tokenKeys)
            for key in [
                "name", "account", "account_name", "company", "permissions", "created_at",
                "expires_at", "expires_in_s", "expires_warning_s", "expires_critical_s",
                "expires_from", "expiry_difference", "last_used_at", "last_used_by",
                "last_used_elsewhere_at",
                "last_ok_at", "owner", "renew_url", "note", "inventory", "lists",
            ] {
                #expect(empty[key]?.isNull == true, "\(key)")
            }
            #expect(empty["expiry"]?.string == "not_seen")
            let all = try await daemon.ask("GET", "/v1/tokens").json?.elements
            #expect(all?.map { $0["id"]?.string } == ["a", "b"])
            #expect(all?.allSatisfy { keys($0) == Self.tokenKeys } == true)
        }
    }

    @Test func `the status counts tokens, alerts, deliveries and polls`() async throws {
        let token = Settings.Token(id: "a", play: "expires = \"+5d\"")
        try await withDaemon(Settings(token, .init(id: "b"))) { daemon in
            _ = try await daemon.told("raised", "expiring")
            try await daemon.untilSeen("b")
            let status = try await daemon.overview()
            #expect(status["version"]?.string == Version.number)
            #expect(status["instance"]?.string == "test-1")
            #expect(instant(status["started_at"]) != nil)
            #expect((status["uptime_s"]?.integer ?? -1) >= 0)
            #expect(keys(status["config"]) == ["path", "loaded_at", "last_error"])
            #expect(status["config"]?["path"]?.string == daemon.configuration)
            #expect(status["config"]?["last_error"]?.isNull == true)
            #expect(status["tokens"]?["warning"]?.integer == 1)
            #expect(status["tokens"]?["ok"]?.integer == 1)
            #expect(keys(status["tokens"]) == ["critical", "warning", "unknown", "ok"])
            #expect(status["alerts"]?["warning"]?.integer == 1)
            #expect(keys(status["alerts"]) == ["critical", "warning", "info"])
            #expect(keys(status["deliveries"]) == ["waiting", "given_up"])
            #expect(status["polls"]?["done"]?.integer == 2)
            #expect(status["polls"]?["failed"]?.integer == 0)
            let health = try await daemon.ask("GET", "/healthz")
            #expect(health.status == 200)
        }
    }

    private static let refusals: [(String, String, Int, String?)] = [
        ("GET", "/nothing", 404, nil), ("GET", "/v1", 404, nil),
        ("GET", "/v1/tokens/zz", 404, nil), ("GET", "/v1/tokens/%00", 400, nil),
        ("POST", "/v1/tokens/zz/poll", 404, nil), ("GET", "/v1/tokens/a/x", 404, nil),
        ("GET", "/v1/poll", 405, "POST"), ("GET", "/v1/reload", 405, "POST"),
        ("GET", "/v1/tokens/a/poll", 405, "POST"), ("POST", "/v1/status", 405, "GET, HEAD"),
        ("DELETE", "/v1/tokens/a", 405, "GET, HEAD"), ("PUT", "/v1/events", 405, "GET, HEAD"),
        ("POST", "/healthz", 405, "GET, HEAD"), ("GET", "/v1/tokens/a/used", 405, "POST"),
        ("POST", "/v1/tokens/zz/used", 404, nil), ("POST", "/v1/tokens/a/used", 400, nil),
        ("GET", "/v1/events?since=yesterday", 400, nil), ("GET", "/v1/events?limit=0", 400, nil),
        ("GET", "/v1/events?limit=1001", 400, nil), ("GET", "/v1/events?limit=x", 400, nil),
        ("GET", "/v1/tokens/a/history?since=%ff", 400, nil),
        ("GET", "/v1/tokens/a/history?limit=-1", 400, nil),
    ]

    @Test
    func `what cannot be answered is a problem with its status, and 405 says what is allowed`()
        async throws
    {
        try await withDaemon { daemon in
            for (method, path, status, allow) in Self.refusals {
                let answer = try await daemon.ask(method, path)
                #expect(answer.status == status, "\(method) \(path)")
                #expect(answer.header("Content-Type") == "application/problem+json", "\(path)")
                #expect(answer.json?["status"]?.integer == Int64(status), "\(path)")
                #expect(answer.json?["detail"]?.string?.isEmpty == false, "\(path)")
                #expect(answer.json?["title"]?.string?.isEmpty == false, "\(path)")
                #expect(answer.header("Allow") == allow, "\(method) \(path)")
            }
        }
    }

    @Test func `bytes that are no request are answered 400, and the daemon lives`() async throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(state: seed)
        try await withDaemon { daemon in
            for text in ["\r\n\r\n\u{0}\u{1}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
                let answer = try await daemon.talk(text)
                #expect([400, 505].contains(answer.status), "\(text.debugDescription)")
            }
            for _ in 0..<20 {
                let count = Int.random(in: 1...20_000, using: &random)
                var bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
                bytes[0] |= 0x80
                let answer = try await daemon.talk(bytes + Array("\r\n\r\n".utf8))
                #expect((400...499).contains(answer.status), "seed \(seed): \(answer.status)")
            }
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
            #expect(try await daemon.end() == 0)
        }
    }

    @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0))
    func `another user may read and may not act`() async throws {
        var settings = Settings()
        settings.daemon = #"socket_mode = "0666""#
        try await withDaemon(settings) { daemon in
            func asNobody(_ arguments: String...) async throws -> String {
                let curl = ["/usr/bin/curl", "-s", "--unix-socket", daemon.socket]
                return try await Programs.run(
                    "/usr/bin/setpriv",
                    ["--reuid=65534", "--regid=65534", "--clear-groups"] + curl + arguments
                ).output
            }
            let read = try await asNobody("http://tokenwatchd/v1/tokens/a")
            #expect(read.contains(#""id":"a""#), "\(read)")
            for path in ["/v1/poll", "/v1/reload", "/v1/tokens/a/poll"] {
                let answer = try await asNobody("-XPOST", "http://tokenwatchd\(path)")
                #expect(answer.contains(#""status":403"#), "\(answer)")
                #expect(answer.contains("(user 65534)"), "\(answer)")
            }
            #expect(try await asNobody("-XDELETE", "http://t/v1/tokens/a/ack").contains("403"))
        }
    }

    @Test func `over TCP only reading is answered, and only to a name of this host`() async throws {
        let port = try freePort()
        var settings = Settings()
        settings.daemon = "listen = \"127.0.0.1:\(port)\""
        try await withDaemon(settings) { daemon in
            func ask(_ method: String, host: String) async throws -> RawAnswer {
                try await exchange(
                    port: port,
                    "\(method) /v1/status HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 0\r\n"
                        + "Connection: close\r\n\r\n"
                )
            }
            for host in ["127.0.0.1:\(port)", "localhost", "[::1]:\(port)"] {
                let answer = try await ask("GET", host: host)
                #expect(answer.status == 200, "\(host)")
                #expect(answer.header("Access-Control-Allow-Origin") == nil)
            }
            for host in ["evil.example", "evil.example:\(port)", "127.0.0.1.evil.example"] {
                #expect(try await ask("GET", host: host).status == 421, "\(host)")
            }
            for method in ["POST", "DELETE", "PUT", "OPTIONS"] {
                let answer = try await ask(method, host: "localhost")
                #expect(answer.status == 405, "\(method)")
                #expect(answer.header("Allow") == "GET, HEAD", "\(method)")
            }
        }
    }

    @Test func `events are read on from an id or an instant, the newest last`() async throws {
        try await withDaemon(Settings(.init(id: "a"), .init(id: "b"))) { daemon in
            try await daemon.untilSeen("a")
            try daemon.sandbox.edit("a", json: #"{"name": "x"}"#)
            try await daemon.pollNow("a")
            let renamed = try await daemon.told("changed", "renamed")
            let all = try await daemon.events()
            #expect(all.map(\.words).sorted().first == "changed first_seen a")
            #expect(all.last?.id == renamed.id)
            #expect(try await daemon.events("?since=\(all[1].id)").map(\.id) == [renamed.id])
            #expect(try await daemon.events("?since=2000-01-01T00:00:00Z").count == 3)
            #expect(try await daemon.events("?since=2999-01-01T00:00:00Z").isEmpty)
            #expect(try await daemon.events("?limit=1").count == 1)
        }
    }

    @Test func `with few files to open fewer are polled at once, and every client is answered`()
        async throws
    {
        let play = "expires = \"+90d\"\nfault = { latency = \"60s\" }"
        var settings = Settings(
            polling: "interval = \"1h\"\nconcurrency = 512\nper_host = 512\ntimeout = \"60s\""
        )
        settings.tokens = (0..<120).map { Settings.Token(id: "t\($0)", play: play) }
        try await withDaemon(settings, starts: false) { daemon in
            try daemon.launch(openFiles: 128)
            let words = "polling.concurrency is 512, but the limit of open files is 128"
            try await daemon.program.errors.first { $0.contains(words) }
            try await daemon.program.errors.first { $0.contains(" watches ") }
            let most = OpenFiles(limit: 128).requests
            try await daemon.sandbox.wait { $0.inFlight == most }
            #expect(try await daemon.ask("GET", "/healthz").status == 200)
            #expect(try await daemon.command("status").output.contains("t119"))
            #expect(daemon.sandbox.record.inFlight == most)
            let reload = try await daemon.command("reload")
            #expect(reload.output.contains(words), "\(reload.output)")
        }
    }
}
