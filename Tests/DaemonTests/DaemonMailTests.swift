import Alerting
import Formats
import Monitor
import Sandbox
import Testing

/// Mail, through the binary and a real Postfix.
@Suite(.timeLimit(.minutes(3)), .enabled(if: Postfix.canRun))
struct DaemonMailTests {
    private func channel(
        _ server: String,
        to: String = "ops@example.org",
        _ more: String = ""
    ) -> String {
        """
        [channels.mail]
        type = "mail"
        smtp = "\(server)"
        from = "tokenwatchd@vps.example"
        to = ["\(to)"]
        min_severity = "info"
        group_wait = "0s"
        \(more)

        """
    }

    private func withPostfix(_ body: (Postfix) async throws -> Void) async throws {
        let postfix = try await Postfix()
        do {
            try await body(postfix)
        } catch {
            Issue.record("\(error); Postfix said:\n\((try? postfix.log()) ?? "nothing")")
        }
        await postfix.stop()
    }

    @Test func `an alert is one thread of mails from its beginning to its end`() async throws {
        try await withPostfix { postfix in
            var settings = Settings(
                Settings.Token(
                    id: "a",
                    config: "owner = \"Zoë ✓\"",
                    play: "name = \"Déploy=é\"\nexpires = \"+1d\""
                )
            )
            settings.channels = channel("smtp://localhost:\(postfix.plain)")
            try await withDaemon(settings) { daemon in
                let raised = try await postfix.mails(1)[0]
                let event = try #require(
                    try await daemon.events().first { $0.words == "raised expiring a" }
                )
                #expect(raised["from"] == "tokenwatchd@vps.example")
                #expect(raised["to"] == "ops@example.org")
                #expect(raised["subject"] == "critical: \(event.summary) [test-1]")
                #expect(raised["message-id"] == "<\(event.id)@test-1.tokenwatchd>")
                #expect(raised["in-reply-to"] == nil)
                #expect(raised["auto-submitted"] == "auto-generated")
                #expect(raised["content-type"] == "text/plain; charset=utf-8")
                let at = try #require(event.json["at"]?.string.flatMap { Instant(text: $0) })
                let date = try #require(raised["date"])
                let time = CivilTime(at)
                #expect(date.hasSuffix(" +0000"))
                #expect(date.contains(", \(time.day) ") && date.contains(" \(time.year) "))
                #expect(raised.lines.first == "critical: \(event.summary)")
                #expect(raised.lines.contains("Token: a (Déploy=é)"))
                #expect(raised.lines.contains("Owner: Zoë ✓"))

                try daemon.sandbox.edit("a", json: #"{"expires": "+90d"}"#)
                try await daemon.pollNow()
                let mails = try await postfix.mails(3)
                let resolved = try #require(
                    mails.first { $0["subject"]?.hasPrefix("resolved: ") == true }
                )
                #expect(resolved["in-reply-to"] == raised["message-id"])
                #expect(resolved["references"] == raised["message-id"])
                #expect(resolved["message-id"] != raised["message-id"])
            }
        }
    }

    @Test(arguments: [true, false])
    func `another machine's server is used with TLS and a login`(isTLSFirst: Bool) async throws {
        try await withPostfix { postfix in
            // For the daemon 127.1 is another machine: it is no spelling of loopback that it knows.
            let server =
                isTLSFirst
                ? "smtps://localhost:\(postfix.tls)" : "smtp://127.1:\(postfix.startTLS)"
            var settings = Settings(Settings.Token(id: "a", play: "expires = \"+1d\""))
            try await withDaemon(settings, starts: false) { daemon in
                try daemon.write(Postfix.password + "\n", to: daemon.secretFile("mail"))
                settings.polling += "\nca_file = \"\(postfix.caFile)\""
                settings.channels = channel(
                    server,
                    "user = \"ann\"\npassword_file = \"\(daemon.secretFile("mail"))\""
                )
                try daemon.configure(settings)
                try await daemon.start()
                let mail = try await postfix.mails(1)[0]
                #expect(mail["received"]?.contains("TLSv1.3") == true, "\(mail.headers)")
                let test = try await daemon.command("test-notify", "mail")
                #expect(test.status == 0, "\(test.output)")
                _ = try await postfix.mails(2)

                // A wrong password is a reason to give up that can be seen, and is seen nowhere itself.
                try daemon.write("wr0ng-pw\n", to: daemon.secretFile("mail"))
                #expect(try await daemon.command("reload").status == 0)
                let failed = try await daemon.command("test-notify", "mail")
                #expect(failed.status == 1 && failed.output.contains("535"), "\(failed.output)")
                #expect(!failed.output.contains("wr0ng-pw") && !daemon.errors.contains("wr0ng-pw"))
                #expect(!daemon.errors.contains(Postfix.password))
            }
        }
    }

    @Test func `a server that is not trusted, or has no TLS, gets no password`() async throws {
        try await withPostfix { postfix in
            var settings = Settings()
            try await withDaemon(settings, starts: false) { daemon in
                try daemon.write(Postfix.password + "\n", to: daemon.secretFile("mail"))
                let login = "user = \"ann\"\npassword_file = \"\(daemon.secretFile("mail"))\""
                settings.channels =
                    channel("smtps://localhost:\(postfix.tls)", login)
                    + channel("smtp://127.1:\(postfix.plain)", login)
                    .replacing("channels.mail", with: "channels.plain")
                try daemon.configure(settings)
                try await daemon.start()
                let test = try await daemon.command("test-notify")
                #expect(test.status == 1)
                #expect(test.output.contains("certificate"), "\(test.output)")
                #expect(test.output.contains("STARTTLS"), "\(test.output)")
                let log = try postfix.log()
                #expect(!log.contains("sasl_username=ann"))
            }
        }
    }

    @Test func `a recipient that is refused is given up visibly, one that is put off is retried`()
        async throws
    {
        try await withPostfix { postfix in
            var settings = Settings(Settings.Token(id: "a", play: "expires = \"+1d\""))
            let server = "smtp://localhost:\(postfix.plain)"
            settings.channels =
                channel(server, to: "never@example.org")
                + channel(server, to: "later@example.org")
                .replacing("channels.mail", with: "channels.later")
            try await withDaemon(settings) { daemon in
                func deliveries(_ key: String) async throws -> [JSONValue] {
                    let answer = try await daemon.ask("GET", "/v1/deliveries")
                    return answer.json?[key]?.elements ?? []
                }
                func error(_ key: String, _ channel: String) async throws -> String {
                    try await eventually {
                        try await deliveries(key)
                            .filter { $0["channel"]?.string == channel }
                            .compactMap { $0["last_error"]?.string }.first
                    }
                }
                let refused = try await error("given_up", "mail")
                #expect(refused.contains("550") && refused.contains("unknown"), "\(refused)")
                let putOff = try await error("waiting", "later")
                #expect(putOff.contains("450") && putOff.contains("busy"), "\(putOff)")
            }
        }
    }

    @Test func `a recipient who is refused or put off keeps nobody else from the mail`()
        async throws
    {
        try await withPostfix { postfix in
            var settings = Settings(Settings.Token(id: "a", play: "expires = \"+1d\""))
            let server = "smtp://localhost:\(postfix.plain)"
            settings.channels =
                channel(server, to: "ops@example.org\", \"never@example.org")
                + channel(server, to: "later@example.org\", \"boss@example.org")
                .replacing("channels.mail", with: "channels.later")
            try await withDaemon(settings) { daemon in
                func delivery(_ key: String, _ channel: String) async throws -> JSONValue {
                    try await eventually {
                        let answer = try await daemon.ask("GET", "/v1/deliveries")
                        return answer.json?[key]?.elements?.first {
                            $0["channel"]?.string == channel && $0["last_error"]?.string != nil
                        }
                    }
                }
                let refused = try await delivery("given_up", "mail")["last_error"]?.string ?? ""
                #expect(refused.contains("550 for never@example.org"), "\(refused)")
                #expect(refused.contains("the other recipients got it"), "\(refused)")
                var attempts: Int64 = 0
                while attempts < 2 {
                    attempts = try await delivery("waiting", "later")["attempts"]?.integer ?? 0
                }
                // Each of the two has every mail once, though some were sent again.
                for address in ["ops@example.org", "boss@example.org"] {
                    let own = try await postfix.mails(2).filter {
                        $0["delivered-to"] == address
                    }
                    let ids = own.compactMap { $0["message-id"] }
                    #expect(!ids.isEmpty && Set(ids).count == ids.count, "\(ids)")
                }
            }
        }
    }

    @Test func `what comes at once is one mail`() async throws {
        try await withPostfix { postfix in
            var settings = Settings(
                Settings.Token(id: "a", play: "expires = \"+1d\""),
                Settings.Token(id: "b", play: "expires = \"+6d\""),
                Settings.Token(id: "c", play: "revoked = true")
            )
            settings.channels = channel("smtp://localhost:\(postfix.plain)")
                .replacing("group_wait = \"0s\"", with: "group_wait = \"2s\"")
            try await withDaemon(settings) { daemon in
                let mail = try await postfix.mails(1)[0]
                #expect(mail["subject"] == "3 notifications: 2 critical, 1 warning [test-1]")
                #expect(mail.lines.count >= 4)
                #expect(mail.lines[3].hasPrefix("warning: b expires"), "\(mail.lines)")
                try await daemon.untilWaiting(0)
                #expect(try await postfix.mails(1).count == 1)
            }
        }
    }
}
