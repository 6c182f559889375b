import Foundation
import Monitor
import Sandbox
import Testing

/// `add-channel` and `remove-channel`, against a receiver of webhooks.
@Suite(.timeLimit(.minutes(2)))
struct DaemonAddChannelTests {
    private let token = Settings(Settings.Token(id: "a"))

    @Test
    func `add-channel sends a test, stores the address and reloads; remove-channel undoes it`()
        async throws
    {
        try await withDaemon(token) { daemon in
            let address = "\(daemon.sandbox.baseURL)/hooks/team-s3cret"
            let entry = "\(daemon.folder)/conf.d/channel-team.toml"
            let secret = "\(daemon.folder)/secrets/channel-team"
            let added = try await daemon.give(
                address + "\n",
                to: "add-channel",
                "team",
                "--format",
                "slack"
            )
            #expect(added.status == 0, "\(added.errors)")
            #expect(added.output.contains("Test delivered to team."))
            #expect(added.output.contains("channels: 1 added"), "\(added.output)")
            let test = try #require(daemon.sandbox.received("team-s3cret").first)
            #expect(String(decoding: test.body, as: UTF8.self).contains("test of the channel team"))
            #expect(try daemon.mode(of: entry) == 0o600)
            #expect(try daemon.mode(of: secret) == 0o600)
            #expect(daemon.text(of: secret) == address + "\n")
            let text = try #require(daemon.text(of: entry))
            #expect(text.hasPrefix("# Written by `tokenwatchd add-channel`"), "\(text)")
            #expect(
                text.contains("[channels.team]\ntype = \"webhook\"\nformat = \"slack\"\nurl_file =")
            )
            #expect(!text.contains("s3cret"))
            let tested = try await daemon.command("test-notify", "team")
            #expect(tested.output == "team  delivered", "\(tested.output) \(tested.errors)")
            let again = try await daemon.give(address, to: "add-channel", "team", "--format=slack")
            #expect(again.status == 1)
            #expect(again.errors.contains("remove-channel team"), "\(again.errors)")

            let removed = try await daemon.offline("remove-channel", "team")
            #expect(removed.status == 0, "\(removed.errors)")
            #expect(removed.output.contains("channels: 1 removed"), "\(removed.output)")
            #expect(daemon.text(of: entry) == nil)
            #expect(daemon.text(of: secret) == nil)
            let typo = try await daemon.command("test-notify", "team")
            #expect(typo.status == 1)
            #expect(typo.output.contains("the channels are "), "\(typo.output)")
        }
    }

    @Test func `the hint about the default channel names the one that the daemon had`() async throws
    {
        var settings = token
        settings.channels = "\n"
        try await withDaemon(settings) { daemon in
            let added = try await daemon.give(
                "\(daemon.sandbox.baseURL)/hooks/team-s3cret",
                to: "add-channel",
                "team",
                "--format=slack"
            )
            #expect(added.status == 0, "\(added.errors)")
            let used = daemon.errors.contains("notifying by stderr") ? "stderr" : "syslog"
            #expect(
                added.output.contains("default channel \(used) is off; to keep it"),
                "\(added.output)"
            )
            let second = try await daemon.give(
                "\(daemon.sandbox.baseURL)/hooks/more-s3cret",
                to: "add-channel",
                "more",
                "--format=slack"
            )
            #expect(!second.output.contains("default channel"), "\(second.output)")
            let empty = try await daemon.give("\n", to: "add-channel", "none", "--format=slack")
            #expect(empty.errors.contains("the address is empty"), "\(empty.errors)")
            let plain = "http://hooks.example.com/x-s3cret"
            let open = try await daemon.give(plain, to: "add-channel", "open", "--format=slack")
            #expect(open.errors.contains("or --allow-plain-http"), "\(open.errors)")
            let allowed = try await daemon.give(
                plain,
                to: "add-channel",
                "open",
                "--format=slack",
                "--allow-plain-http",
                "--no-check"
            )
            #expect(allowed.status == 0, "\(allowed.errors)")
        }
    }

    @Test func `add-channel prompts for what its format needs, and remove-channel undoes it`()
        async throws
    {
        var settings = token
        settings.more = """
            [formats.sms]
            about = "a gateway"
            url = { about = "its address" }
            params = { to = { about = "the number", example = "123" } }
            secrets = { api_key = "the account's key" }
            headers = { Authorization = "Bearer {api_key}" }
            json = { to = "{to}", text = "{title}" }

            """
        try await withDaemon(settings) { daemon in
            let address = "\(daemon.sandbox.baseURL)/hooks/gateway-s3cret"
            let added = try await daemon.give(
                "4711\nk3y-s3cret\n\(address)\n",
                to: "add-channel",
                "team",
                "--format=sms"
            )
            #expect(added.status == 0, "\(added.errors)")
            let test = try #require(daemon.sandbox.received("gateway-s3cret").first)
            #expect(String(decoding: test.body, as: UTF8.self).contains(#""to":"4711""#))
            let entry = "\(daemon.folder)/conf.d/channel-team.toml"
            let text = try #require(daemon.text(of: entry))
            #expect(text.contains("to = \"4711\"\napi_key_file = "), "\(text)")
            #expect(!text.contains("s3cret"))
            let key = "\(daemon.folder)/secrets/channel-team+api_key"
            #expect(daemon.text(of: key) == "k3y-s3cret\n")
            #expect(try daemon.mode(of: key) == 0o600)
            let tested = try await daemon.command("test-notify", "team")
            #expect(tested.output == "team  delivered", "\(tested.output) \(tested.errors)")

            #expect(try await daemon.offline("remove-channel", "team").status == 0)
            for file in [entry, key, "\(daemon.folder)/secrets/channel-team"] {
                #expect(daemon.text(of: file) == nil, "\(file)")
            }
            // Without a value nothing is stored.
            let none = try await daemon.give("\n", to: "add-channel", "team", "--format=telegram")
            #expect(none.status == 1)
            #expect(none.errors.contains("no chat given; nothing was changed"), "\(none.errors)")
            // The address of Telegram is the format's own.
            let telegram = try await daemon.give(
                "-100123\n1234:s3cret\n",
                to: "add-channel",
                "team",
                "--format=telegram",
                "--no-check"
            )
            #expect(telegram.status == 0, "\(telegram.errors)")
            #expect(daemon.text(of: entry)?.contains("url_file") == false)
        }
    }

    @Test func `the hint about the default channel needs no daemon`() async throws {
        var settings = token
        settings.channels = "\n"
        try await withDaemon(settings, starts: false) { daemon in
            let url = "\(daemon.sandbox.baseURL)/hooks/team"
            let first = try await daemon.give(url, to: "add-channel", "team", "--format=slack")
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output.contains("is off; to keep it, add [channels."), "\(first.output)")
            let second = try await daemon.give(url, to: "add-channel", "more", "--format=slack")
            #expect(!second.output.contains("default channel"), "\(second.output)")
        }
    }

    @Test func `what cannot be a channel is not stored`() async throws {
        try await withDaemon(token, starts: false) { daemon in
            var fault = Fault()
            fault.status = 404
            daemon.sandbox.setHook("bad", fault: fault)
            let address = "\(daemon.sandbox.baseURL)/hooks/bad"
            let cases: [(secret: String, words: [String], status: Int32, error: String)] = [
                (address, ["--format=slack"], 1, "the test failed: "),
                ("not a url", ["--format=slack"], 1, "team was not added: "),
                (address, ["--format=slak"], 64, "did you mean slack?"),
                (address, ["--format=mail"], 64, "type = \"mail\""),
                (
                    address, ["--format=slack", "--min-severity=warn"], 64,
                    "info, warning or critical"
                ),
                (address, [], 64, "--format is missing"),
                ("", ["--format=slack"], 1, "the address is empty"),
            ]
            for (secret, words, status, error) in cases {
                let run = try await Programs.run(
                    Programs.built("tokenwatchd"),
                    ["add-channel", "team"] + words + ["--config", daemon.configuration],
                    input: secret
                )
                #expect(run.status == status, "\(words) \(run.errors)")
                #expect(run.errors.contains(error), "\(run.errors)")
                #expect(!run.errors.contains("hooks/bad"))
            }
            let files = FileManager.default
            #expect(!files.fileExists(atPath: "\(daemon.folder)/conf.d/channel-team.toml"))
            #expect(!files.fileExists(atPath: "\(daemon.folder)/secrets/channel-team"))
            let unchecked = try await daemon.give(
                address,
                to: "add-channel",
                "team",
                "--format=slack",
                "--no-check"
            )
            #expect(unchecked.status == 0, "\(unchecked.errors)")
            #expect(unchecked.output.contains("The daemon is not running."))
            let none = try await daemon.offline("remove-channel", "tem")
            #expect(none.status == 1)
            #expect(none.errors.contains("did you mean team?"), "\(none.errors)")
        }
    }
}
