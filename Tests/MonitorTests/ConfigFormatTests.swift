import Alerting
import Testing

@testable import Monitor

/// The values that a channel passes to its format.
struct ConfigFormatTests {
    private func webhook(_ text: String) throws -> WebhookSettings {
        let channel = try #require(try configuration(text).channels.first)
        guard case .webhook(let settings) = channel.kind else {
            Issue.record("no webhook")
            throw ChannelSetupError("no webhook")
        }
        return settings
    }

    @Test func `parameters and secrets are keys of the channel`() throws {
        let settings = try webhook(
            """
            [channels.ops]
            type = "webhook"
            format = "zulip"
            url = "https://z.example"
            bot_email = "bot@z.example"
            stream = "ops"
            api_key_file = "/etc/key"
            """
        )
        #expect(
            settings.params == [
                "bot_email": "bot@z.example", "stream": "ops", "topic": "tokenwatchd",
            ]
        )
        #expect(settings.secrets == ["api_key": .file("/etc/key")])
        #expect(settings.format.name == "zulip")
    }

    @Test func `a format with an address of its own needs none, and takes another`() throws {
        let rest = """
            type = "webhook"
            format = "pagerduty"
            routing_key_credential = "key"
            """
        let usual = try webhook("[channels.ops]\n" + rest)
        guard case .inline(let url) = usual.url else {
            Issue.record("the address is the format's")
            return
        }
        #expect(url.reveal() == "https://events.pagerduty.com")
        let other = try webhook("[channels.ops]\nurl_file = \"/etc/url\"\n" + rest)
        #expect(other.url == .file("/etc/url"))
    }

    @Test func `a format of the configuration is used as a built-in one`() throws {
        let settings = try webhook(
            """
            [channels.ops]
            type = "webhook"
            format = "own"
            url = "https://own.example"
            [formats.own]
            body = "{text}"
            digest = true
            """
        )
        #expect(settings.format.name == "own")
        #expect(settings.format.takesDigests)
    }

    @Test func `a header may be a secret`() throws {
        let settings = try webhook(
            """
            [channels.ops]
            type = "webhook"
            url = "https://own.example"
            headers = { A = "x", Authorization = { file = "/etc/a" }, Cookie = { credential = "c" } }
            """
        )
        #expect(
            settings.headers == [
                HeaderField(name: "A", value: .text("x")),
                HeaderField(name: "Authorization", value: .secret(.file("/etc/a"))),
                HeaderField(name: "Cookie", value: .secret(.credential("c"))),
            ]
        )
    }

    @Test(arguments: [
        ("Authorization", true), ("X-Api-Key", true), ("Cookie", true), ("X-Auth-Token", true),
        ("X-Team", false), ("Accept", false),
    ])
    func `a secret header in a file that others can read is a warning`(
        name: String,
        isWarned: Bool
    ) throws {
        let text = """
            [channels.ops]
            type = "webhook"
            url_file = "/etc/url"
            headers = { \(name) = "PLANTED" }
            [tokens.a]
            secret_file = "/s"

            """
        for (mode, expected) in [(0o644, isWarned), (0o600, false)] {
            let folder = try ConfigFolder()
            try folder.write("tokenwatchd.toml", text, mode: UInt32(mode))
            let warnings = try folder.warnings()
            #expect(warnings.contains { $0.contains("headers.\(name)") } == expected)
            #expect(!warnings.joined().contains("PLANTED"))
        }
    }

    @Test func `a secret of a format that cannot be read fails the check`() throws {
        let folder = try ConfigFolder(
            """
            [channels.ops]
            type = "webhook"
            format = "gotify"
            url = "https://g.example"
            app_token_file = "/nonexistent/token"
            headers = { Authorization = { file = "/nonexistent/header" } }
            """
        )
        let errors = try folder.load().secretErrors(SecretReader(environment: [:], for: .service))
            .map { folder.shortened($0.description) }
        #expect(errors.count == 2)
        #expect(errors.contains { $0.contains("channels.ops.app_token: ") })
        #expect(errors.contains { $0.contains("channels.ops.headers.Authorization: ") })
    }
}
