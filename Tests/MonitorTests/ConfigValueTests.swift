import Alerting
import Foundation
import Testing

@testable import Monitor

@Suite struct ConfigValueTests {
    @Test(
        arguments: [
            ("0s", 0), ("1s", 1), ("90s", 90), ("15m", 900), ("6h", 21600), ("30d", 2_592_000),
            ("2w", 1_209_600), ("1d12h", 129_600), ("1w1d1h1m1s", 694_861), ("007s", 7),
            ("36500d", 3_153_600_000),
        ] as [(String, Int64)]
    )
    func `a duration is numbers with units, the larger unit first`(text: String, seconds: Int64) {
        #expect(DurationText.parse(text) == .seconds(seconds))
    }

    @Test(arguments: [
        "", "1", "s", "1S", "1h1h", "1h1d", "1 h", " 1h", "1h ", "-1h", "+1h", "1.5h", "1ms", "1y",
        "1h30", "36500d1s", "36501d", "9999999999w", "99999999999s", "99999999999999999999999s",
        "1️h",
    ])
    func `anything else is no duration`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: ["0s", "1s", "1m30s", "1h", "1d12h", "14d", "36500d"])
    func `a duration is written as it is read`(text: String) throws {
        #expect(DurationText.text(try #require(DurationText.parse(text))) == text)
    }

    @Test func `without a key everything is as the manual says`() throws {
        let configuration = try configuration(someToken)
        #expect(
            configuration.daemon
                == DaemonSettings(
                    name: "host",
                    stateDirectory: "/var/lib/tokenwatchd",
                    socketPath: "/run/tokenwatchd/status.sock",
                    socketMode: 0o660,
                    listen: nil,
                    logLevel: .info
                )
        )
        let polling = configuration.polling
        #expect(polling.interval == .hours(1) && polling.timeout == .seconds(15))
        #expect(polling.concurrency == 32 && polling.perHost == 8)
        #expect(polling.proxy == nil && polling.caFile == nil)
        #expect(configuration.historyKeep == .days(400))
        #expect(configuration.channels.map(\.name) == ["syslog"])
        #expect(configuration.channels[0].kind == .syslog(socket: "/dev/log", facility: .daemon))
        #expect(configuration.channels[0].minimumSeverity == .info)
        #expect(configuration.channels[0].giveUpAfter == .days(3))
        let token = configuration.tokens[0].settings
        #expect(
            token.id.text == "a" && token.provider == "vps.org" && token.host == "admin.vps.org"
        )
        #expect(token.account == nil && token.statedExpiry == nil && token.owner == nil)
        let policy = token.policy
        #expect(policy.warnBefore.map(\.text) == ["30d", "14d", "7d", "3d", "1d"])
        #expect(policy.criticalBefore == Stage(.before(.days(3)), text: "3d"))
        #expect(policy.remindCritical == .diminishing && policy.remindWarning == .every(.days(7)))
        #expect(policy.remindInfo == .never)
        #expect(policy.unreachableAfter == .hours(2))
        #expect(policy.unreachableCriticalAfter == .hours(24))
        #expect(policy.confirmAfter == .seconds(30))
        #expect(!policy.mustExpire && policy.require.isEmpty && policy.allow == nil)
        #expect(policy.channels.map(\.name) == ["syslog"])
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `every key of the daemon and of polling is taken`() throws {
        let configuration = try configuration(
            """
            [daemon]
            name = "vps-1"
            state_dir = "/s"
            socket = "/r/\(String(repeating: "s", count: 104))"
            socket_mode = "0777"
            listen = "0.0.0.0:65535"
            listen_public = true
            listen_hosts = ["Status.Example.com", "vps-1."]
            log_level = "debug"
            [polling]
            interval = "30d"
            timeout = "5m"
            concurrency = 512
            per_host = 1
            proxy = "http://proxy.example:3128"
            ca_file = "/ca.pem"
            [history]
            keep = "1h"
            [tokens.a]
            secret_credential = "a"
            """
        )
        let daemon = configuration.daemon
        #expect(
            daemon.name == "vps-1" && daemon.stateDirectory == "/s" && daemon.socketMode == 0o777
        )
        #expect(daemon.socketPath.utf8.count == 107 && daemon.logLevel == .debug)
        #expect(daemon.listen == ListenAddress(host: "0.0.0.0", port: 65535))
        #expect(daemon.listenHosts == ["status.example.com", "vps-1"])
        let polling = configuration.polling
        #expect(polling.interval == .days(30) && polling.timeout == .minutes(5))
        #expect(polling.concurrency == 512 && polling.perHost == 1)
        #expect(polling.proxy == "http://proxy.example:3128" && polling.caFile == "/ca.pem")
        #expect(configuration.historyKeep == .hours(1))
        #expect(configuration.tokens[0].secret == .credential("a"))
        #expect(configuration.tokens[0].settings.interval == .days(30))
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("127.255.0.1:80", true), ("[::1]:80", true),
        ("[0:0:0:0:0:0:0:1]:80", true), ("0.0.0.0:80", false), ("128.0.0.1:80", false),
        ("[::]:80", false), ("[::ffff:127.0.0.1]:80", false),
    ])
    func `an address is known to be this machine's own, or not`(text: String, own: Bool) throws {
        #expect(try #require(ListenAddress(text: text)).isLoopback == own)
    }

    @Test(arguments: [
        "", ":80", "127.0.0.1", "127.0.0.1:", "127.1:80", "0127.0.0.1:80", "127.0.0.1:080000",
        "[127.0.0.1]:80", "[::g]:80", "[:::]:80", "[]:80", "::1:80", "[::1%lo]:80", "a:80",
        "127.0.0.1\u{0}:80",
    ])
    func `what is no address and port is none`(text: String) {
        #expect(ListenAddress(text: text) == nil)
    }

    @Test(
        arguments: [
            ("\"2027-01-31\"", 1_801_353_600), ("2027-01-31", 1_801_353_600),
            ("2027-01-31T00:00:00", 1_801_353_600), ("2027-01-31T01:00:00+01:00", 1_801_353_600),
            ("2027-01-30T23:00:00-01:00", 1_801_353_600), ("2027-01-31 00:00:00Z", 1_801_353_600),
            ("\"2027-01-31T02:00:00+02:00\"", 1_801_353_600), ("1970-01-01", 0),
        ] as [(String, Int64)]
    )
    func `expires is a date or a date and time, in quotes or not`(text: String, seconds: Int64)
        throws
    {
        let tokens = try configuration(someToken + "tokens.a.expires = \(text)").tokens
        #expect(tokens[0].settings.statedExpiry == Instant(seconds: seconds))
    }

    @Test(
        arguments: [
            ("0.1%", 1), ("1%", 10), ("25%", 250), ("12.5%", 125), ("99.9%", 999),
        ] as [(String, Int64)]
    )
    func `a stage may be a part of the life`(text: String, thousandths: Int64) {
        #expect(Stage(configured: text) == Stage(.partOfLife(thousandths: thousandths), text: text))
    }

    @Test func `a single reminder is that of every severity, a table that of its own`() throws {
        let tokens = try configuration(
            """
            policy.remind = "12h"
            tokens.a = { secret_file = "/s", remind = { warning = "daily" } }
            tokens.b = { secret_file = "/s" }
            """
        ).tokens
        let own = tokens[0].settings.policy
        #expect(own.remindCritical == .every(.hours(12)) && own.remindInfo == .every(.hours(12)))
        #expect(own.remindWarning == .every(.days(1)))
        #expect(tokens[1].settings.policy.remindWarning == .every(.hours(12)))
    }

    @Test func `a token's policy takes the place of the common one key by key`() throws {
        let tokens = try configuration(
            """
            channels.log.type = "syslog"
            channels.ops = { type = "webhook", url_file = "/u" }
            policy.allow = ["dns:*"]
            policy.must_expire = true
            policy.critical_before = "10%"
            [tokens.a]
            secret_file = "/s"
            allow = []
            warn_before = []
            require = ["servers:list"]
            channels = ["ops"]
            [tokens.b]
            secret_file = "/s"
            [tokens.c]
            secret_file = "/s"
            """
        ).tokens.map(\.settings)
        #expect(tokens[0].policy.allow == PermissionSet([]))
        #expect(tokens[0].policy.warnBefore.isEmpty && tokens[0].policy.mustExpire)
        #expect(tokens[0].policy.require == PermissionSet(["servers:list"]))
        #expect(tokens[0].policy.channels.map(\.name) == ["ops"])
        #expect(tokens[1].policy.allow == PermissionSet(["dns:*"]))
        #expect(tokens[1].policy.criticalBefore.text == "10%")
        #expect(tokens[1].policy.channels.map(\.name) == ["log", "ops"])
        #expect(tokens[1].policy === tokens[2].policy, "what is alike is kept once")
    }

    @Test func `every key of a webhook is taken`() throws {
        let channels = try configuration(
            """
            tokens.a.secret_file = "/s"
            [channels.log]
            type = "syslog"
            socket = "/run/log"
            facility = "local3"
            give_up_after = "1h"
            [channels.ops]
            type = "webhook"
            url_credential = "ops"
            format = "json"
            signing_key_file = "/k"
            previous_signing_key_credential = "k"
            headers = { X-Team = "ops" }
            [channels.more]
            type = "webhook"
            url = "https://hooks.example/x"
            min_severity = "critical"
            """
        ).channels
        #expect(channels.map(\.name) == ["log", "ops", "more"])
        #expect(channels.map(\.minimumSeverity) == [.info, .warning, .critical])
        #expect(channels.map(\.giveUpAfter) == [.hours(1), .days(3), .days(3)])
        #expect(channels[0].kind == .syslog(socket: "/run/log", facility: .local3))
        #expect(
            channels[1].kind
                == .webhook(
                    WebhookSettings(
                        url: .credential("ops"),
                        format: .json,
                        signingKey: .file("/k"),
                        previousSigningKey: .credential("k"),
                        headers: [HeaderField(name: "X-Team", value: .text("ops"))]
                    )
                )
        )
    }

    @Test func `a heartbeat is taken with its usual pace, or another from 1 s to 1 d`() throws {
        #expect(try configuration(someToken).heartbeat == nil)
        let usual = try configuration(someToken + "heartbeat.url_file = \"/u\"").heartbeat
        #expect(usual?.url == .file("/u") && usual?.every == .minutes(5))
        for (text, every) in [("1s", Duration.seconds(1)), ("1d", .days(1))] {
            let set = try configuration(
                someToken + "heartbeat = { url_credential = \"hc\", every = \"\(text)\" }"
            ).heartbeat
            #expect(set?.url == .credential("hc") && set?.every == every)
        }
    }

    @Test func `a profile of the configuration is used, and its variables are keys of the token`()
        throws
    {
        let token = try #require(
            try configuration(
                """
                [tokens.a]
                provider = "example"
                project_id = "7 8"
                base_url = "http://127.0.0.1:8080/api"
                secret_file = "/s"
                [providers.example]
                url = "https://api.example/p/{project_id}"
                headers = { A = "{secret}" }
                variables = ["project_id"]
                """
            ).tokens.first
        )
        #expect(token.settings.provider == "example" && token.settings.host == "127.0.0.1:8080")
        #expect(token.access.template?.url == "http://127.0.0.1:8080/api/p/7%208")
    }
}
