import Alerting
import Formats
import Foundation
import Monitor
import Sandbox
import Store
import Testing

/// Every request of the status socket by Python's `http.client`.
@Suite(.timeLimit(.minutes(2)))
struct DaemonAPITests {
    private struct Row {
        let method: String
        let target: String
        var body: String?
        var status = 200
        var type = "application/json"
        /// The members of the object that is answered, or of the first of an array.
        var members: Set<String>?

        static func get(_ target: String, _ members: Set<String>? = nil) -> Row {
            Row(method: "GET", target: target, members: members)
        }
    }

    private static let eventMembers: Set<String> = [
        "version", "id", "instance", "subject", "type", "phase", "severity", "at", "summary",
        "token", "host", "alert_id", "since", "next_reminder_at", "acknowledged_by", "reason",
        "details",
    ]
    private static let deliveryMembers: Set<String> = [
        "event_id", "channel", "subject", "type", "phase", "severity", "summary", "created_at",
        "attempts", "next_attempt_at", "last_error", "given_up_at",
    ]
    private static let pollMembers: Set<String> = ["polling", "held", "held_until"]
    private static let problem = "application/problem+json"

    private static let rows: [Row] = [
        .get(
            "/v1/status",
            [
                "version", "instance", "started_at", "uptime_s", "config", "tokens", "alerts",
                "clock", "host_alerts", "daemon_alerts", "deliveries", "polls", "next_poll_at",
                "mutes",
            ]
        ),
        .get("/v1/tokens"), .get("/v1/tokens/a"),
        .get("/v1/tokens/a/history", eventMembers),
        .get("/v1/tokens/a/history?since=2000-01-01T00:00:00Z&limit=1", eventMembers),
        .get(
            "/v1/tokens/a/spans?limit=1",
            [
                "from", "until", "outcome", "error", "name", "account", "permissions", "expiry",
                "expires_at",
            ]
        ),
        .get("/v1/tokens/a/explain"), .get("/v1/events", eventMembers),
        .get("/v1/events?since=2000-01-01&limit=1", eventMembers),
        .get("/v1/deliveries", ["waiting", "given_up"]),
        .get("/v1/deliveries", ["waiting", "given_up"]), .get("/healthz", ["status"]),
        Row(method: "GET", target: "/v1/expiries.ics", type: "text/calendar; charset=utf-8"),
        Row(method: "GET", target: "/metrics", type: "text/plain; version=0.0.4; charset=utf-8"),
        Row(method: "HEAD", target: "/v1/status"), Row(method: "HEAD", target: "/v1/tokens/a"),
        Row(method: "POST", target: "/v1/poll", status: 202, members: pollMembers),
        Row(method: "POST", target: "/v1/tokens/a/poll", status: 202, members: pollMembers),
        Row(method: "POST", target: "/v1/tokens/a/used", body: #"{"for": "1s"}"#),
        Row(
            method: "POST",
            target: "/v1/tokens/a/ack",
            body: #"{"condition":"expiring","reason":"known","for":"2d","by":"ann"}"#,
            members: ["until", "by", "covered_by"]
        ),
        Row(method: "DELETE", target: "/v1/tokens/a/ack", members: []),
        Row(method: "DELETE", target: "/v1/tokens/a/ack", status: 409, type: problem),
        Row(
            method: "POST",
            target: "/v1/tokens/a/ack",
            body: #"{"condition":"expired","reason":"known","by":"ann"}"#,
            status: 409,
            type: problem
        ),
        Row(
            method: "POST",
            target: "/v1/tokens/a/ack",
            body: #"{"by":"ann"}"#,
            status: 400,
            type: problem
        ),
        Row(
            method: "POST",
            target: "/v1/test-notify",
            body: #"{"channels": ["log"]}"#,
            members: ["channel", "delivered", "error"]
        ),
        Row(
            method: "POST",
            target: "/v1/reload",
            members: ["added", "removed", "changed", "channels", "notes"]
        ),
        Row(method: "GET", target: "/v1/events?limt=1", status: 400, type: problem),
        Row(method: "GET", target: "/v1/status?at=2026-01-01", status: 400, type: problem),
        Row(method: "GET", target: "/v1/tokens/a/spans?limit=0", status: 400, type: problem),
        Row(method: "POST", target: "/v1/poll?token=a", status: 400, type: problem),
        Row(method: "DELETE", target: "/v1/tokens/a/ack?by=ann", status: 400, type: problem),
        Row(
            method: "DELETE",
            target: "/v1/tokens/a/ack",
            body: #"{"conditon":"expiring"}"#,
            status: 400,
            type: problem
        ),
        Row(method: "GET", target: "/v1/nothing", status: 404, type: problem),
        Row(method: "PATCH", target: "/v1/status", status: 405, type: problem),
    ]

    @Test func `every request is answered as documented, all of them on one connection`()
        async throws
    {
        var settings = Settings(.init(id: "a", play: "expires = \"+5d\""))
        settings.more = """
            [channels.refuses]
            type = "webhook"
            url = "{sandbox}/nothing"
            min_severity = "info"

            """
        try await withDaemon(settings) { daemon in
            let raised = try await daemon.told("raised", "expiring")
            // One was given up, of which /v1/deliveries tells.
            try await eventually {
                try await daemon.overview()["deliveries"]?["given_up"]?.integer != 0
            }
            try daemon.sandbox.edit("a", json: #"{"name": "x"}"#)
            try await daemon.pollNow()
            _ = try await daemon.told("changed", "renamed", after: raised)
            let requests = Self.rows.map { ($0.method, $0.target, $0.body) }
            let (answers, connections) = try await PythonClient.ask(daemon.socket, requests)
            #expect(connections == 1)
            #expect(answers.count == Self.rows.count)
            for (row, answer) in zip(Self.rows, answers) {
                let name = "\(row.method) \(row.target): \(answer.body)"
                #expect(answer.status == row.status, "\(name)")
                #expect(answer.headers["content-type"] == row.type, "\(name)")
                #expect(answer.body.isEmpty == (row.method == "HEAD"), "\(name)")
                guard let members = row.members, let json = answer.json else {
                    #expect(row.members == nil, "\(name)")
                    continue
                }
                let object = json.elements?.first ?? json
                #expect(Set(object.members?.map(\.key) ?? []) == members, "\(name)")
            }
            let deliveries = try #require(
                answers[Self.rows.firstIndex { $0.target == "/v1/deliveries" } ?? 0].json
            )
            let givenUp = try #require(deliveries["given_up"]?[0])
            #expect(Set(givenUp.members?.map(\.key) ?? []) == Self.deliveryMembers)
            #expect(givenUp["event_id"]?.string == raised.id)
            #expect(givenUp["channel"]?.string == "refuses")
            #expect(givenUp["last_error"]?.string?.contains("404") == true)
            #expect(instant(givenUp["given_up_at"]) != nil)
            #expect(givenUp["next_attempt_at"]?.isNull == true)
        }
    }

    @Test func `a reload of what is wrong is 422 with every error`() async throws {
        try await withDaemon { daemon in
            let wrong = "[daemon]\nnmae = 1\n[polling]\ninterval = 3\n"
            try daemon.write(wrong, to: daemon.configuration)
            let answer = try await PythonClient.ask(
                daemon.socket,
                [("POST", "/v1/reload", nil)]
            ).answers[0]
            #expect(answer.status == 422)
            #expect(answer.headers["content-type"] == Self.problem)
            let errors = try #require(answer.json?["errors"]?.elements?.compactMap { $0.string })
            #expect(errors.contains { $0.contains("nmae") && $0.contains("name") }, "\(errors)")
            #expect(errors.contains { $0.contains("polling.interval") }, "\(errors)")
        }
    }

    @Test func `the record is read page by page without a gap, and followed as it goes on`()
        async throws
    {
        try await withDaemon(Settings(.init(id: "a"), .init(id: "b"))) { daemon in
            try await daemon.untilSeen("a")
            var last: Told?
            for name in ["x", "y", "z"] {
                try daemon.sandbox.edit("a", json: "{\"name\": \"\(name)\"}")
                try await daemon.pollNow("a")
                last = try await daemon.told("changed", "renamed", after: last)
            }
            let all = try await daemon.events().map(\.id)
            #expect(all.count == 5)
            var pages: [String] = []
            var since = "2000-01-01"
            while true {
                let page = try await daemon.events("?limit=2&since=\(since)").map(\.id)
                guard let end = page.last else { break }
                pages += page
                since = end
            }
            #expect(pages == all)
            let history = try await daemon.ask("GET", "/v1/tokens/a/history?limit=2")
            #expect(history.json?.elements?.compactMap { $0["id"]?.string } == all.suffix(2))
            let later = try await daemon.ask("GET", "/v1/tokens/a/history?since=\(all[2])")
            #expect(later.json?.elements?.compactMap { $0["id"]?.string } == all.suffix(2))

            let follower = try RunningProgram(
                "/usr/bin/python3",
                ["-c", PythonClient.follower, daemon.socket, "/v1/events?follow=1&since=\(all[3])"]
            )
            daemon.adopt(follower)
            // What is there already comes first, then what happens.
            try await follower.output.first { $0.contains(all[4]) }
            try daemon.sandbox.edit("a", json: #"{"name": "new"}"#)
            try await daemon.pollNow("a")
            try await follower.output.first { $0.contains("\\\"new\\\"") }
            #expect(follower.output.all.first == "200 application/x-ndjson")
            let heard = try follower.output.all.dropFirst().map { line in
                Told(json: try JSONValue(parsing: Array(line.utf8)))
            }
            #expect(heard.map(\.json) == (try await daemon.events().suffix(2).map(\.json)))
            // It ends with the daemon.
            #expect(try await daemon.end() == 0)
            #expect(await follower.exitStatus() == 0)
        }
    }
}
