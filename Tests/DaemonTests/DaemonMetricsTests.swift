import Alerting
import Formats
import Foundation
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonMetricsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path()

    private func settings(port: UInt16) -> Settings {
        var settings = Settings(
            .init(id: "fine", config: #"owner = "Ops \"R\" \\ us""#),
            .init(id: "soon", play: "expires = \"+5d\""),
            .init(id: "gone", play: "revoked = true")
        )
        settings.daemon = "listen = \"127.0.0.1:\(port)\""
        return settings
    }

    /// Waits until all three were answered and their alerts told.
    private func untilSettled(_ daemon: DaemonUnderTest) async throws {
        try await daemon.untilSeen("fine")
        _ = try await daemon.told("raised", "expiring", of: "soon")
        _ = try await daemon.told("raised", "rejected", of: "gone")
        try await daemon.untilWaiting(0)
    }

    @Test func `the metrics say what the status says, and promtool finds no fault with them`()
        async throws
    {
        let port = try freePort()
        try await withDaemon(settings(port: port)) { daemon in
            try await untilSettled(daemon)
            _ = try await daemon.ask("GET", "/nothing")
            let answer = try await exchange(
                port: port,
                "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n"
            )
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            let text = String(decoding: try #require(answer.body), as: UTF8.self)
            let lines = text.split(separator: "\n").map(String.init)
            for family in MetricFamily.all {
                #expect(lines.contains("# HELP \(family.name) \(family.help)"))
                #expect(lines.contains("# TYPE \(family.name) \(family.kind.rawValue)"))
            }
            let soon = try await daemon.token("soon")
            let expiry = try #require(instant(soon["expires_at"]))
            for line in [
                "tokenwatchd_token_info{token=\"fine\",provider=\"vps.org\","
                    + "host=\"127.0.0.1:\(daemon.sandbox.port)\",owner=\"Ops \\\"R\\\" \\\\ us\"} 1",
                "tokenwatchd_token_alert{token=\"soon\",condition=\"expiring\","
                    + "severity=\"warning\"} 1",
                "tokenwatchd_token_alert{token=\"gone\",condition=\"rejected\","
                    + "severity=\"critical\"} 1",
                "tokenwatchd_token_permissions{token=\"fine\"} 1",
                "tokenwatchd_token_expiry_timestamp_seconds{token=\"soon\"} \(expiry.seconds)",
                "tokenwatchd_build_info{version=\"\(Version.number)\"} 1",
                "tokenwatchd_tokens{state=\"critical\"} 1", "tokenwatchd_tokens{state=\"ok\"} 1",
                "tokenwatchd_polls_total{outcome=\"ok\"} 2",
                "tokenwatchd_polls_total{outcome=\"rejected\"} 1",
                "tokenwatchd_poll_duration_seconds_count 3",
                "tokenwatchd_deliveries_total{channel=\"ops\",result=\"delivered\"} 2",
                "tokenwatchd_delivery_duration_seconds_count{channel=\"ops\"} 2",
                "tokenwatchd_deliveries_waiting{channel=\"log\"} 0",
                "tokenwatchd_store_commits_total{result=\"failed\"} 0",
                "tokenwatchd_http_requests_total{code=\"404\"} 1",
                "tokenwatchd_config_last_reload_successful 1",
            ] {
                #expect(lines.contains(line), "\(line) is not in:\n\(text)")
            }
            #expect(!text.contains(DaemonUnderTest.secret("fine")))
            let path = "\(daemon.folder)/metrics"
            try answer.body.map { try Data($0).write(to: URL(filePath: path)) }
            let check = try await Programs.run(
                "/bin/sh",
                ["-c", "promtool check metrics < \(path)"]
            )
            #expect(check.status == 0, "\(check.output) \(check.errors)")
            #expect(check.output + check.errors == "")
        }
    }

    @Test func `what fails is counted: polls, deliveries, requests and configurations`()
        async throws
    {
        try await withDaemon { daemon in
            try await daemon.untilSeen()
            var fault = Fault()
            fault.status = 400
            fault.times = 1
            daemon.sandbox.setHook(DaemonUnderTest.hook, fault: fault)
            try daemon.sandbox.edit("a", json: #"{"revoked": true}"#)
            try await daemon.pollNow("a")
            try await daemon.log.first { $0.contains("rejected raised") }
            try daemon.write("nonsense", to: daemon.configuration)
            _ = try await daemon.command("reload")
            let dropped = "deliveries_total{channel=\"ops\",result=\"given_up\"} 1\n"
            let text = try await eventually {
                let text = try await daemon.ask("GET", "/metrics").text
                return text.contains(dropped) ? text : nil
            }
            #expect(text.contains("polls_total{outcome=\"rejected\"} 1\n"))
            #expect(text.contains("tokenwatchd_config_last_reload_successful 0\n"))
            #expect(text.contains("http_requests_total{code=\"422\"} 1\n"))
            #expect(text.contains("condition=\"config_rejected\",severity=\"warning\"} 1\n"))
        }
    }

    @Test func `a real Prometheus scrapes every token, and drops no sample`() async throws {
        let port = try freePort()
        let own = try freePort()
        try await withDaemon(settings(port: port)) { daemon in
            try await untilSettled(daemon)
            let configuration = """
                global: {scrape_interval: 1s, evaluation_interval: 1s}
                scrape_configs:
                  - job_name: tokenwatchd
                    static_configs: [{targets: ["127.0.0.1:\(port)"]}]
                rule_files: ["\(Self.root)config/prometheus-alerts.yml"]
                """
            try daemon.write(configuration, to: "\(daemon.folder)/prometheus.yml")
            let prometheus = try RunningProgram(
                "/usr/bin/prometheus",
                [
                    "--config.file=\(daemon.folder)/prometheus.yml",
                    "--storage.tsdb.path=\(daemon.folder)/prometheus",
                    "--web.listen-address=127.0.0.1:\(own)",
                ]
            )
            daemon.adopt(prometheus)
            try await prometheus.errors.first { $0.contains("ready to receive web requests") }
            let tokens = try await query("tokenwatchd_token_info", port: own) { $0.count == 3 }
            #expect(
                Set(tokens.compactMap { $0["metric"]?["token"]?.string })
                    == ["fine", "soon", "gone"]
            )
            #expect(
                tokens.contains { $0["metric"]?["owner"]?.string == #"Ops "R" \ us"# }
            )
            let alerts = try await query(
                "ALERTS{alertname=\"TokenCritical\",alertstate=\"firing\"}",
                port: own
            ) { !$0.isEmpty }
            #expect(alerts.compactMap { $0["metric"]?["token"]?.string } == ["gone"])
            let up = try await query("up", port: own) { !$0.isEmpty }
            #expect(up.first?["value"]?[1]?.string == "1")
            let dropped = try await exchange(
                port: own,
                "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n"
            ).text
            for problem in ["duplicate_timestamp", "out_of_order", "out_of_bounds"] {
                let line = "prometheus_target_scrapes_sample_\(problem)_total 0\n"
                #expect(dropped.contains(line), "\(problem)")
            }
        }
    }

    /// What Prometheus answers to a query once it is as wanted.
    private func query(
        _ expression: String,
        port: UInt16,
        until isWanted: ([JSONValue]) -> Bool
    ) async throws -> [JSONValue] {
        let allowed = CharacterSet.alphanumerics
        let escaped =
            expression.addingPercentEncoding(withAllowedCharacters: allowed) ?? expression
        // Prometheus does not announce what it has scraped.
        return try await eventually {
            let answer = try await exchange(
                port: port,
                "GET /api/v1/query?query=\(escaped) HTTP/1.0\r\nHost: localhost\r\n\r\n"
            )
            let result = answer.json?["data"]?["result"]?.elements
            return result.flatMap { isWanted($0) ? $0 : nil }
        }
    }

    @Test func `the alerting rules are sound, and fire when they should`() async throws {
        for arguments in [
            ["check", "rules", "\(Self.root)config/prometheus-alerts.yml"],
            ["test", "rules", "\(Self.root)Tests/prometheus/alerts-test.yml"],
        ] {
            let run = try await Programs.run("/usr/bin/promtool", arguments)
            #expect(run.status == 0, "\(run.output) \(run.errors)")
        }
    }

    @Test func `every alerting rule has a test of when it fires, and one of when not`() throws {
        let rules = try String(
            contentsOfFile: "\(Self.root)config/prometheus-alerts.yml",
            encoding: .utf8
        )
        let tests = try String(
            contentsOfFile: "\(Self.root)Tests/prometheus/alerts-test.yml",
            encoding: .utf8
        )
        let names = rules.matches(of: /- alert: (\w+)/).map(\.1)
        #expect(names.count > 8)
        for name in names {
            let cases = tests.components(separatedBy: "alertname: \(name)\n").dropFirst()
            #expect(
                cases.contains { $0.drop { $0 == " " }.hasPrefix("exp_alerts:\n") },
                "\(name)"
            )
        }
        try expectKnownMetrics(in: rules)
    }

    @Test func `the dashboard asks for metrics that exist, in queries that Prometheus takes`()
        async throws
    {
        let data = try Data(contentsOf: URL(filePath: "\(Self.root)config/grafana-dashboard.json"))
        let dashboard = try JSONValue(parsing: Array(data))
        let panels = try #require(dashboard["panels"]?.elements)
        let expressions = panels.flatMap { $0["targets"]?.elements ?? [] }
            .compactMap { $0["expr"]?.string }
        #expect(expressions.count > 10)
        #expect(Set(panels.compactMap { $0["id"]?.integer }).count == panels.count)
        var rules = "groups:\n  - name: dashboard\n    rules:\n"
        for (number, expression) in expressions.enumerated() {
            try expectKnownMetrics(in: expression)
            let query = expression.replacing("$instance", with: ".*")
                .replacing("$owner", with: ".*").replacing("$__rate_interval", with: "5m")
            rules += "      - record: panel:\(number)\n        expr: '\(query)'\n"
        }
        let path = NSTemporaryDirectory() + "tokenwatchd-dashboard-\(UUID().uuidString).yml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(rules.utf8).write(to: URL(filePath: path))
        let check = try await Programs.run("/usr/bin/promtool", ["check", "rules", path])
        #expect(check.status == 0, "\(check.output) \(check.errors)")
    }

    /// Checks that the metrics of this project in a text are ones that there are.
    private func expectKnownMetrics(in text: String) throws {
        let known = MetricFamily.all.flatMap { family in
            family.kind == .histogram
                ? ["_bucket", "_sum", "_count"].map { family.name + $0 } : [family.name]
        }
        let names = text.matches(of: /\b(?:tokenwatch_|tokenwatchd_|process_)\w+/).map {
            String($0.0)
        }
        #expect(!names.isEmpty, "\(text)")
        for name in names { #expect(known.contains(name), "\(name)") }
    }
}
