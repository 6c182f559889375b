import Formats
import Foundation
import Glibc
import Monitor
import Sandbox
import Testing

/// The page for people, in a real browser.
@Suite(.timeLimit(.minutes(2)))
struct DaemonPageTests {
    private func settings(_ tokens: [Settings.Token], port: UInt16) -> Settings {
        var settings = Settings()
        settings.tokens = tokens
        settings.daemon = "listen = \"127.0.0.1:\(port)\""
        return settings
    }

    private func page(_ port: UInt16, _ target: String = "/", host: String = "localhost")
        async throws -> RawAnswer
    {
        try await exchange(port: port, "GET \(target) HTTP/1.0\r\nHost: \(host)\r\n\r\n")
    }

    /// Headless Chromium's answer to some arguments.
    private func browse(
        _ daemon: DaemonUnderTest,
        _ arguments: [String]
    ) async throws -> RunningProgram.Outcome {
        // The browser's sandbox needs another user than root; this one only sees our own page.
        let run = try await Programs.run(
            "/usr/bin/chromium",
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--enable-logging=stderr", "--user-data-dir=\(daemon.folder)/browser",
            ] + arguments,
            environment: ["HOME": daemon.folder]
        )
        #expect(run.status == 0, "\(run.errors)")
        // What the policy of the page forbids, and every other trouble, is said on the console.
        #expect(!run.errors.contains("CONSOLE"), "\(run.errors)")
        return run
    }

    /// The ids of the rows from top to bottom.
    private func rows(_ text: String) -> [String] {
        text.matches(of: /id="token-([^"]*)"/).map { String($0.1) }
    }

    @Test func `a browser shows tokens by time left, alerts, changes and what waits`()
        async throws
    {
        let port = try freePort()
        let tokens: [Settings.Token] = [
            .init(id: "never", play: "expires = \"never\""),
            .init(id: "far", play: "permissions = [\"dns:*\"]\nexpires = \"+300d\""),
            .init(id: "soon", config: "owner = \"web team\"", play: "expires = \"+5d\""),
            .init(id: "gone", play: "expires = \"+80d\"\nrevoked = true"),
            .init(id: "sooner", play: "expires = \"+2d\""),
        ]
        try await withDaemon(settings(tokens, port: port)) { daemon in
            daemon.sandbox.setHook(DaemonUnderTest.hook, fault: .always(status: 503))
            try await daemon.untilSeen("never")
            try await daemon.untilSeen("far")
            for alert in [
                "expiring raised token=soon", "expiring raised token=sooner",
                "rejected raised token=gone",
            ] {
                try await daemon.log.first { $0.contains(alert) }
            }
            try daemon.sandbox.edit("far", json: #"{"permissions": ["dns:list", "servers:*"]}"#)
            try await daemon.pollNow("far")
            try await daemon.log.first { $0.contains("permissions_changed") }
            let dom = try await browse(daemon, ["--dump-dom", "http://127.0.0.1:\(port)/"]).output
            #expect(rows(dom) == ["gone", "sooner", "soon", "far", "never"], "\(dom)")
            #expect(dom.contains("<title>2 critical, 1 warning – test-1 – tokenwatchd</title>"))
            #expect(dom.contains("3 of 5 tokens need attention."))
            #expect(dom.contains("5 tokens; 1 with no expiry; 1 whose expiry is not reported."))
            #expect(dom.contains(#"<span class="chip warning">expiring</span>"#))
            #expect(dom.contains(#"<span class="chip critical">rejected</span>"#))
            #expect(dom.contains(#"<bdi class="word">web team</bdi>"#))
            // In what changed of late, and in the token's own history.
            for difference in [
                "<ins>+ dns:list</ins>", "<ins>+ servers:*</ins>", "<del>− dns:*</del>",
            ] {
                #expect(dom.ranges(of: difference).count == 2, "\(difference)")
            }
            let waits = try #require(dom.components(separatedBy: "Pending notifications").last)
            #expect(waits.contains("<b>ops</b>"), "\(waits)")
            #expect(waits.contains("answered 503"), "\(waits)")
            #expect(!dom.contains(DaemonUnderTest.secret("soon")))
            #expect(!dom.contains(DaemonUnderTest.hook))
        }
    }

    @Test func `what a provider, an operator or a receiver writes is text and never markup`()
        async throws
    {
        let port = try freePort()
        let hostile = #"<script>document.title='owned'</script><img src=x onerror=alert(1)>"#
        let token = Settings.Token(
            id: "a",
            config: """
                owner = '"><b id=owned>'
                note = "</dd></details><style>*{display:none}</style>"
                renew_url = "https://example.com/?a=1&b=\\"><i>"
                """,
            play: """
                name = "\(hostile.replacing("\"", with: "\\\""))"
                account = "a\\u202Eb@example.com"
                permissions = ["<u>:*", "dns:list"]
                expires = "+5d"
                """
        )
        try await withDaemon(settings([token], port: port)) { daemon in
            _ = try await daemon.told("raised", "expiring")
            let dom = try await browse(daemon, ["--dump-dom", "http://127.0.0.1:\(port)/"]).output
            #expect(dom.contains("<title>1 warning – test-1 – tokenwatchd</title>"), "\(dom)")
            for tag in ["<script", "<img", "<b id", "<i>", "<u>"] {
                #expect(!dom.contains(tag), "\(tag)")
            }
            #expect(dom.contains("&lt;script&gt;document.title='owned'&lt;/script&gt;"))
            #expect(dom.ranges(of: "<style>").count == 1)
            #expect(dom.contains(#"a\u{202e}b@example.com"#))
            #expect(dom.contains(#"<code>&lt;u&gt;:*</code>"#))
            #expect(dom.contains(#"href="https://example.com/?a=1&amp;b=&quot;&gt;&lt;i&gt;""#))
            #expect(rows(dom) == ["a"])
        }
    }

    @Test func `the page's one style is the one its policy names, and no script is in it`()
        async throws
    {
        let port = try freePort()
        try await withDaemon(settings([.init(id: "a")], port: port)) { daemon in
            try await daemon.untilSeen()
            let answer = try await page(port)
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "text/html; charset=utf-8")
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(answer.header("Referrer-Policy") == "no-referrer")
            let policy = try #require(answer.header("Content-Security-Policy"))
            #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
            #expect(!policy.contains("unsafe"))
            let body = String(decoding: try #require(answer.body), as: UTF8.self)
            let style = try #require(body.firstMatch(of: /<style>([^<]*)<\/style>/)?.1)
            try daemon.write(String(style), to: "\(daemon.folder)/style")
            let digest = try await Programs.run(
                "/bin/sh",
                ["-c", "openssl dgst -sha256 -binary \(daemon.folder)/style | base64"]
            )
            #expect(policy.contains("style-src 'sha256-\(digest.output)';"))
            for word in [" style=", "<script", " src=", "@import", "url(", "//cdn", "<iframe"] {
                #expect(!body.contains(word), "\(word)")
            }
            let head = try await exchange(
                port: port,
                "HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n"
            )
            #expect(head.status == 200)
            #expect(head.body == [])
        }
    }

    /// The first pixel of a screenshot in hexadecimal, and its size; whatever filter the first row
    /// of a PNG has, its first pixel is as it is (PNG, §9.2).
    private func look(
        _ daemon: DaemonUnderTest,
        port: UInt16,
        width: Int,
        isDark: Bool
    ) async throws -> String {
        let path = "\(daemon.folder)/screen.png"
        _ = try await browse(
            daemon,
            [
                "--window-size=\(width),1200", "--screenshot=\(path)",
                "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)",
                "http://127.0.0.1:\(port)/",
            ]
        )
        let script = """
            import struct, sys, zlib
            png = open(sys.argv[1], "rb").read()
            at, data = 8, b""
            while at < len(png):
                length, kind = struct.unpack(">I4s", png[at:at + 8])
                body = png[at + 8:at + 8 + length]
                if kind == b"IHDR": width, height = struct.unpack(">II", body[:8])
                if kind == b"IDAT": data += body
                at += 12 + length
            print(width, height, zlib.decompress(data)[1:4].hex())
            """
        return try await Programs.run("/usr/bin/python3", ["-c", script, path]).output
    }

    @Test func `the page takes the style, light and dark, on a phone and on a desk`() async throws {
        let port = try freePort()
        try await withDaemon(settings([.init(id: "a")], port: port)) { daemon in
            try await daemon.untilSeen()
            for width in [500, 1280] {
                let light = try await look(daemon, port: port, width: width, isDark: false)
                #expect(light == "\(width) 1200 faf9f6")
                let dark = try await look(daemon, port: port, width: width, isDark: true)
                #expect(dark == "\(width) 1200 14171b")
            }
        }
    }

    @Test func `of 230 tokens the 200 most urgent are shown, and all are counted`() async throws {
        let port = try freePort()
        let tokens = (1...230).map { number in
            Settings.Token(id: "t\(number)", play: "expires = \"+\(number + 40)d\"")
        }
        try await withDaemon(settings(tokens, port: port)) { daemon in
            for number in [1, 100, 230] { try await daemon.untilSeen("t\(number)") }
            try await daemon.untilPolled(230)
            let answer = try await page(port)
            #expect(rows(answer.text) == (1...200).map { "t\($0)" })
            let legend = "The 200 most urgent of 230 tokens; the columns count all."
            #expect(answer.text.contains(legend))
            #expect(answer.text.contains("All 230 tokens are fine."))
            #expect(answer.text.contains(#"<a href="/?from=200">30 more tokens</a>"#))
            // All were added at once: one line, which does not know how many more there are.
            #expect(answer.text.contains("at least 200 tokens added"))
            // Something else in front of them makes it no less true.
            try daemon.sandbox.edit("t1", json: #"{"name": "new"}"#)
            try await daemon.pollNow("t1")
            try await daemon.log.first { $0.contains("renamed") }
            let text = try await page(port).text
            #expect(text.contains("at least 199 tokens added"), "\(text)")
            // 41 to 90 days are the other 50.
            #expect(answer.text.contains(#"class="count">180</text>"#))
        }
    }

    @Test func `the form narrows the page, and each token has a page of its own`() async throws {
        let port = try freePort()
        let tokens: [Settings.Token] = [
            .init(id: "web", config: "owner = \"web team\"", play: "expires = \"+5d\""),
            .init(id: "db", config: "owner = \"ops\""), .init(id: "mail"),
        ]
        try await withDaemon(settings(tokens, port: port)) { daemon in
            for token in tokens { try await daemon.untilSeen(token.id) }
            func body(_ target: String) async throws -> String {
                let answer = try await page(port, target)
                #expect(answer.status == 200, "\(target)")
                return String(decoding: answer.body ?? [], as: UTF8.self)
            }
            #expect(rows(try await body("/?q=&state=&owner=WEB&provider=&host=")) == ["web"])
            #expect(rows(try await body("/?state=ok&group=owner")) == ["db", "mail"])
            #expect(try await body("/?group=owner").contains(#"<h3 class="owner">no owner</h3>"#))
            let bad = try await page(port, "/?state=bad")
            #expect(bad.status == 400 && bad.text.contains("state must be one of critical, "))
            #expect(bad.text.contains("<a href=\"/\">All tokens</a>"), "\(bad.text)")
            let unknown = try await page(port, "/?stat=ok")
            #expect(unknown.status == 400 && unknown.text.contains("<h1>Bad Request</h1>"))
            let token = try await body("/tokens/web")
            for part in ["<title>web: warning", "Next notifications", "<h2>History</h2>"] {
                #expect(token.contains(part), "\(part)")
            }
            #expect(try await body("/").contains(#"<a href="/tokens/web">"#))
            let nobody = try await page(port, "/tokens/nobody")
            #expect(nobody.status == 404 && nobody.text.contains("There is no token"))
            #expect(try await body("/notifications").contains(" pending, 0 dropped."))
        }
    }

    @Test func `the page is for the TCP listener, and for its own names`() async throws {
        let port = try freePort()
        try await withDaemon(settings([.init(id: "a")], port: port)) { daemon in
            let overUnix = try await daemon.ask("GET", "/")
            #expect(overUnix.status == 404)
            #expect(overUnix.json?["detail"]?.string?.contains("daemon.listen") == true)
            #expect(try await page(port, host: "evil.example").status == 421)
            #expect(try await page(port, host: "127.0.0.1:\(port)").status == 200)
            for wrong in ["9", "3601", "x", ""] {
                #expect(try await page(port, "/?refresh=\(wrong)").status == 400, "\(wrong)")
            }
            let meta = #"<meta http-equiv="refresh" content="10">"#
            #expect(try await page(port, "/?refresh=10").text.contains(meta))
            #expect(try await page(port).text.contains("http-equiv") == false)
            let post = try await exchange(
                port: port,
                "POST / HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
            )
            #expect(post.status == 405)
        }
    }
}

extension Fault {
    /// Answers everything with a status.
    fileprivate static func always(status: Int) -> Fault {
        var fault = Fault()
        fault.status = status
        return fault
    }
}
