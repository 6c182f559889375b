import Alerting
import Formats
import Foundation
import Monitor
import Testing

@testable import Sandbox

@Suite(.timeLimit(.minutes(1)))
struct SandboxScenarioTests {
    private static let config = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "config")

    @Test(arguments: ["sandbox-scenario.toml", "demo-scenario.toml"])
    func `the scenarios that are shipped are valid`(name: String) throws {
        let text = try Data(contentsOf: Self.config.appending(path: name))
        let scenario = try Scenario(parsing: text, file: name)
        #expect(scenario.steps.count > 4)
    }

    @Test func `everything wrong with a scenario is said at once, with its place`() throws {
        let text = """
            [tokens.a]
            secrett = "x"
            expires = "+6 days"

            [[tokens.b.at]]
            expires = 12

            [tokens.c]
            secret = "same"
            fault = { status = 99, cut = "somewhere", body = "missing_field" }
            [tokens.d]
            secret = "same"
            """
        let error = #expect(throws: ScenarioErrors.self) {
            try Scenario(parsing: text.utf8, file: "bad.toml")
        }
        let lines = try #require(error).lines
        let expected = [
            "bad.toml:2:1: there is no key tokens.a.secrett; did you mean \"secret\"?",
            "bad.toml:3:11: tokens.a.expires is \"+6 days\"; it must be",
            ": tokens.a.secret is not set; a token needs one",
            "bad.toml:6:11: tokens.b.at.expires is 12; it must be",
            ": tokens.b.at.after is not set; it must be a duration",
            ": tokens.b.secret is not set; a token needs one",
            "bad.toml:10:20: tokens.c.fault.status is 99; it must be a whole number, 200 to 599",
            "bad.toml:10:30: tokens.c.fault.cut is \"somewhere\"; it must be",
            "bad.toml:10:50: tokens.c.fault.body is \"missing_field\"; it must be",
            ": tokens.d.secret is the secret of tokens.c too",
        ]
        for part in expected { #expect(lines.contains { $0.contains(part) }, "\(part)") }
        #expect(lines.count == expected.count, "\(lines)")
    }

    @Test func `broken TOML is said with its place`() {
        let error = #expect(throws: ScenarioErrors.self) {
            try Scenario(parsing: "[tokens".utf8, file: "bad.toml")
        }
        #expect(error?.lines.first?.hasPrefix("bad.toml:1:") == true)
    }

    @Test
    func `steps happen in order when the clock comes to them, whatever their order in the file`()
        async throws
    {
        let scenario = """
            [tokens.a]
            secret = "a"
            permissions = ["dns:list"]

            [[tokens.a.at]]
            after = "2h"
            remove_permissions = ["dns:list"]
            revoked = false

            [[tokens.a.at]]
            after = "1h"
            add_permissions = ["dns:*", "dns:list"]
            expires = "+90d"

            [[tokens.a.at]]
            after = "90m"
            revoked = true

            [[tokens.a.at]]
            after = "3h"
            secret = "b"
            """
        try await withSandbox(scenario) { server async throws in
            let start = server.now
            #expect(try await server.poll("a").json?["token"]?["expires_at"]?.isNull == true)
            server.setClock(offset: .hours(1))
            let extended = try await server.poll("a").json?["token"]
            #expect(extended?["permissions"]?.elements?.map(\.string) == ["dns:list", "dns:*"])
            let expiry = try #require(extended?["expires_at"]?.string.flatMap { Instant(text: $0) })
            // From the step, not from the start.
            #expect(expiry > start + .days(90) && expiry < start + .days(90) + .minutes(61))
            server.setClock(offset: .minutes(90))
            #expect(try await server.poll("a").status == 401)
            server.setClock(offset: .hours(2))
            let narrowed = try await server.poll("a").json?["token"]?["permissions"]
            #expect(narrowed?.elements?.map(\.string) == ["dns:*"])
            server.setClock(offset: .hours(3))
            #expect(try await server.poll("a").status == 401)
            #expect(try await server.poll("b").status == 200)
        }
    }

    @Test func `the clock runs as fast as it is told, from when it started`() {
        let started = ContinuousClock.now
        let start = Instant(seconds: 1_000_000)
        var clock = SandboxClock(start: start, started: started, speed: 3600)
        #expect(clock.time(at: started) == start)
        #expect(clock.time(at: started + .seconds(24)) == start + .days(1))
        clock.offset = .seconds(-90)
        #expect(clock.time(at: started + .seconds(1)) == start + .seconds(3510))
    }

    @Test func `an instant is written as HTTP writes it, on every day of the week`() {
        let sunday = Instant(text: "1994-11-06T08:49:37Z")
        #expect(sunday?.httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Instant(seconds: 0).httpDate == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(Instant(seconds: -1).httpDate == "Wed, 31 Dec 1969 23:59:59 GMT")
    }

    @Test func `a receiver remembers ten thousand requests and drops the oldest`() {
        var log = HookLog()
        for number in 0...HookLog.maximumRecords {
            log.append(
                HookRecord(
                    hook: "ops",
                    method: "POST",
                    headers: [],
                    body: Array("\(number)".utf8),
                    receivedAt: Instant(seconds: 0),
                    answered: 200
                )
            )
        }
        #expect(log.records.count == HookLog.maximumRecords)
        #expect(log.records.first?.text == "1")
        #expect(log.records.last?.text == "\(HookLog.maximumRecords)")
    }
}
