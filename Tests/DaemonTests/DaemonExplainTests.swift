import Alerting
import Formats
import Foundation
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonExplainTests {
    private func explanation(_ daemon: DaemonUnderTest, _ id: String = "a") async throws
        -> JSONValue
    {
        let answer = try await daemon.ask("GET", "/v1/tokens/\(id)/explain")
        try #require(answer.status == 200, "\(answer.text)")
        return try #require(answer.json)
    }

    private func condition(_ name: String, in json: JSONValue) throws -> JSONValue {
        let all = try #require(json["conditions"]?.elements)
        return try #require(all.first { $0["condition"]?.string == name })
    }

    @Test func `explain tells every condition with its reason, and what comes`() async throws {
        let token = Settings.Token(
            id: "a",
            config: #"allow = ["dns:*"]"#,
            play: "permissions = [\"dns:list\", \"servers:list\"]\nexpires = \"+5d\""
        )
        try await withDaemon(Settings(token)) { daemon in
            _ = try await daemon.told("raised", "permissions_excess")
            let json = try await explanation(daemon)
            #expect(json["id"]?.string == "a" && json["state"]?.string == "warning")
            let conditions = try #require(json["conditions"]?.elements)
            #expect(conditions.count == 14)
            #expect(conditions.prefix(2).allSatisfy { $0["holds"]?.bool == true })
            #expect(conditions.dropFirst(2).allSatisfy { $0["holds"]?.bool == false })
            for condition in conditions {
                #expect(
                    Set(condition.members?.map(\.key) ?? []) == [
                        "condition", "holds", "severity", "asked", "rule", "found", "changes_at",
                        "details", "alert",
                    ]
                )
            }
            let excess = try condition("permissions_excess", in: json)
            #expect(excess["rule"]?.string == "allow = dns:*")
            #expect(
                excess["found"]?.string
                    == "it has dns:list, servers:list; in excess: servers:list"
            )
            #expect(excess["alert"]?["severity"]?.string == "warning")
            #expect(excess["details"]?["excess"]?[0]?.string == "servers:list")
            #expect(
                json["stages"]?.elements?.map { $0["reached"]?.bool } == [
                    true, true, true, false, false,
                ]
            )
            // The two alerts' reminders, and the stages to the expiry and beyond.
            let coming = try #require(json["coming"]?.elements)
            #expect(coming.count == Explanation.maximumComing)
            #expect(coming.first?["phase"]?.string == "escalated")
            #expect(coming.first?["channels"]?.elements?.map(\.string) == ["log", "ops"])
            #expect(json["poll"]?["reason"]?.string == "phase")
            let next = try await daemon.token()["next_poll_at"]?.string
            #expect(next != nil && json["poll"]?["next_at"]?.string == next)

            let shown = try await daemon.command("explain", "a")
            #expect(shown.status == 0)
            for text in [
                "a: warning", "rule: allow = dns:*", "Next notifications", "rule: no other entry",
                "its place in the interval of 1 h", "3d   critical, begins ",
            ] {
                #expect(shown.output.contains(text), "\(text) is not in\n\(shown.output)")
            }
            let unknown = try await daemon.command("explain", "b")
            #expect(unknown.status == 3)
            #expect(unknown.errors.contains("there is no token \"b\""))
            #expect(try await daemon.ask("POST", "/v1/tokens/a/explain").status == 405)
        }
    }

    @Test func `explain tells why the next poll is not sooner`() async throws {
        try await withDaemon(Settings(.init(id: "a"))) { daemon in
            try await daemon.untilSeen()
            try daemon.sandbox.edit("a", json: #"{"fault": {"status": 500}}"#)
            try await daemon.pollNow()
            try await daemon.token { $0["last_outcome"]?.string == "server_error" }
            let backoff = try await explanation(daemon)["poll"]
            #expect(backoff?["reason"]?.string == "backoff")
            #expect(backoff?["failures"]?.integer == 1)
            #expect(backoff?["because"]?.string?.contains("1, 2, 4 … min") == true)
            let asks = #"{"fault": {"status": 429, "retry_after": "600"}}"#
            try daemon.sandbox.edit("a", json: asks)
            try await daemon.pollNow()
            try await daemon.token { $0["last_outcome"]?.string == "rate_limited" }
            let asked = try await explanation(daemon)["poll"]
            #expect(asked?["reason"]?.string == "rate_limited")
            #expect(asked?["because"]?.string?.contains("Retry-After") == true)
        }
    }

    @Test func `explain says what the provider of a token does not tell`() async throws {
        let other = Settings.Token(
            id: "b",
            config: "provider = \"hetzner\"\nexpires = \"2099-01-01\""
        )
        try await withDaemon(Settings(.init(id: "a"), other)) { daemon in
            try await daemon.untilSeen()
            #expect(try await explanation(daemon)["cannot_see"]?.elements?.isEmpty == true)
            let sentence = "It does not report when a token expires: state it with expires."
            let told = try await explanation(daemon, "b")["cannot_see"]?.elements
            #expect(told?.contains { $0.string == sentence } == true, "\(told ?? [])")
            let shown = try await daemon.command("explain", "b")
            #expect(shown.output.contains("Not reported by the provider\n"))
            #expect(shown.output.contains(sentence))
        }
    }
}
