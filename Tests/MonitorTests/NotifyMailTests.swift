import Alerting
import Testing

@testable import Monitor

@Suite struct NotifyMailTests {
    private static func mail(
        subject: String = "critical: deploy expires [vps-1]",
        text: String = "one\ntwo",
        id: String = "01B",
        alertID: String? = "01A",
        instance: String = "vps-1",
        to: [String] = ["ops@example.org"]
    ) -> String {
        let message = MailMessage(
            id: id,
            alertID: alertID,
            subject: subject,
            text: text,
            at: Instant(seconds: 1_795_849_200),
            instance: instance,
            from: "tokenwatchd@vps.example",
            to: to
        )
        return String(decoding: message.bytes, as: UTF8.self)
    }

    /// The lines of the headers, as they are sent.
    private static func head(_ mail: String) -> [String] {
        let end = mail.firstRange(of: "\r\n\r\n")?.lowerBound ?? mail.endIndex
        return mail[..<end].split(separator: "\r\n", omittingEmptySubsequences: false).map(
            String.init
        )
    }

    @Test func `a mail has the headers of its thread`() {
        #expect(
            Self.head(Self.mail()) == [
                "Date: Sat, 28 Nov 2026 07:00:00 +0000", "From: tokenwatchd@vps.example",
                "To: ops@example.org", "Subject: critical: deploy expires [vps-1]",
                "Message-ID: <01B@vps-1.tokenwatchd>", "In-Reply-To: <01A@vps-1.tokenwatchd>",
                "References: <01A@vps-1.tokenwatchd>", "Auto-Submitted: auto-generated",
                "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: quoted-printable",
            ]
        )
        #expect(Self.mail().hasSuffix("\r\n\r\none\r\ntwo\r\n"))
        // What begins a thread, and what is about no alert, answers nothing.
        for alertID in ["01B", nil] {
            #expect(!Self.mail(alertID: alertID).contains("In-Reply-To"))
        }
    }

    @Test(arguments: [
        "a\r\nBcc: evil@example.org", "emoji 🔥 and مرحبا and 日本語",
        String(repeating: "é", count: 400),
        "=?UTF-8?B?aGk=?=", "tab\tand\u{0}zero", String(repeating: "word ", count: 60), "",
        "\u{202e}right to left",
    ])
    func `no subject breaks its header`(subject: String) {
        let head = Self.head(Self.mail(subject: subject))
        #expect(head.allSatisfy { $0.utf8.count <= 78 }, "\(head)")
        #expect(head.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7e).contains($0) } })
        #expect(!head.contains { $0.lowercased().hasPrefix("bcc") })
        #expect(head.count { $0.hasPrefix("Subject: ") || $0 == "Subject:" } == 1, "\(head)")
    }

    @Test func `fifty recipients are folded`() {
        let to = (0..<50).map { "a-rather-long-name-\($0)@example.org" }
        let head = Self.head(Self.mail(to: to))
        #expect(head.allSatisfy { $0.utf8.count <= 78 })
        let unfolded = head.joined(separator: "\n").replacing("\n ", with: " ")
        #expect(unfolded.contains("To: " + to.joined(separator: ", ")))
    }

    @Test(arguments: [
        ("vps-1", "vps-1.tokenwatchd"), ("a b<c>@d", "abcd.tokenwatchd"),
        ("\r\n", "tokenwatchd.tokenwatchd"), ("é", "tokenwatchd.tokenwatchd"),
    ])
    func `an id takes of the instance what may stand in one`(instance: String, domain: String) {
        #expect(Self.mail(instance: instance).contains("Message-ID: <01B@\(domain)>\r\n"))
    }

    @Test(arguments: [
        "plain", "=", "é 🔥 日本語", String(repeating: "x", count: 500), "space at end ",
        String(repeating: "é", count: 100), ".", "..\n.", "", "\n\n", "tab\t", "\r",
    ])
    func `quoted-printable has short lines of ASCII, and is the text again`(text: String) {
        let encoded = String(decoding: QuotedPrintable.encode(text), as: UTF8.self)
        let lines = encoded.split(separator: "\r\n", omittingEmptySubsequences: false)
        for line in lines {
            #expect(line.utf8.count <= 76 && !line.hasSuffix(" "))
            #expect(line.utf8.allSatisfy { (0x20...0x7e).contains($0) })
        }
        var bytes: [UInt8] = []
        var rest = Array(encoded.replacing("=\r\n", with: "").replacing("\r\n", with: "\n").utf8)[
            ...
        ]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "=") else {
                bytes.append(byte)
                continue
            }
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        #expect(String(decoding: bytes, as: UTF8.self) == text + "\n")
    }

    @Test(arguments: [
        ("smtp://localhost", "smtp://localhost", true, false),
        ("SMTPS://Mail.Example.Net/", "smtps://mail.example.net", false, true),
        ("smtp://mail.example.net:587", "smtp://mail.example.net:587", false, false),
        ("smtp://[::1]:25", "smtp://[::1]:25", true, false),
        ("smtp://127.0.0.1:2525", "smtp://127.0.0.1:2525", true, false),
    ])
    func `a server is a scheme, a host and a port`(
        text: String,
        url: String,
        isLoopback: Bool,
        isTLSFirst: Bool
    ) throws {
        let server = try #require(MailServer(text))
        #expect(server.url == url && server.isTLSFirst == isTLSFirst)
        #expect(server.requiresTLS == !isLoopback)
    }

    @Test(arguments: [
        "", "localhost", "smtp://", "http://localhost", "smtp://ann:pw@localhost", "smtp://a/b",
        "smtp://a:0", "smtp://a:65536", "smtp://a:", "smtp://a?b", "smtp://a b", "smtp://[::1",
        "smtp://é", "smtp://a:+5",
    ])
    func `nothing else names a server`(text: String) {
        #expect(MailServer(text) == nil)
    }

    @Test(arguments: [
        ("ops@example.org", true), ("o'hara+x=y@a-b.example", true), ("root@localhost", true),
        ("", false), ("ops", false), ("@example.org", false), ("ops@", false), ("a@b@c", false),
        ("a b@c", false), ("a@b c", false), ("<a@b>", false), ("a@b\r\nRCPT TO:<c@d>", false),
        ("é@example.org", false), ("a,b@c", false),
    ])
    func `an address is a name, an at sign and a domain`(text: String, isOne: Bool) {
        #expect(MailAddress.isOne(text) == isOne)
    }

    @Test func `a channel of type mail is taken whole`() throws {
        let channel = try configuration(
            someToken + """
                [channels.mail]
                type = "mail"
                smtp = "smtp://mail.example.net:587"
                user = "ann"
                password_file = "/k"
                from = "tokenwatchd@vps.example"
                to = ["ops@example.org", "ann@example.org"]
                """
        ).channels[0]
        #expect(channel.minimumSeverity == .warning && channel.timing.groupWait == .seconds(10))
        #expect(
            channel.kind
                == .mail(
                    MailSettings(
                        server: try #require(MailServer("smtp://mail.example.net:587")),
                        user: "ann",
                        password: .file("/k"),
                        from: "tokenwatchd@vps.example",
                        to: ["ops@example.org", "ann@example.org"]
                    )
                )
        )
    }
}
