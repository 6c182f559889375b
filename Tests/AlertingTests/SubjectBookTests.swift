import Testing

@testable import Alerting

/// The alerts of hosts and the daemon, as one engine judges, repeats and ends them.
@Suite struct SubjectTests {
    private static let start = Now(
        instant: Instant(seconds: 1_795_262_400),
        moment: Moment(milliseconds: 0)
    )

    private static func policy(_ channels: [String]) -> Policy {
        Policy(
            remindWarning: .every(.hours(1)),
            channels: channels.map { ChannelRoute(name: $0, minimumSeverity: .info) }
        )
    }

    private func engine(_ channels: String...) -> Engine {
        var engine = Engine(clock: ClockWatch(at: Self.start), ids: EventIDs(seed: 1), seed: 1)
        engine.subjects.policy = Self.policy(channels)
        return engine
    }

    private func now(_ later: Duration) -> Now {
        Now(instant: Self.start.instant + later, moment: Self.start.moment + later)
    }

    private func judge(
        _ engine: inout Engine,
        _ subject: AlertSubject = .daemon,
        _ condition: Condition = .configRejected,
        holds: Bool,
        policy: Policy? = nil,
        isNews: Bool = false,
        at now: Now
    ) -> [String] {
        let findings = holds ? [Finding(condition, .warning, "it is so")] : []
        engine.judge(subject, [condition], findings, policy: policy, isNews: isNews, at: now) { _ in
            "it is over"
        }
        return lines(&engine)
    }

    private func lines(_ engine: inout Engine) -> [String] {
        engine.takeEvents().map { event in
            "\(event.kind.name) \(event.phase) \(event.channels.joined(separator: " "))"
        }
    }

    @Test func `each alert of a subject keeps its own summary`() {
        var engine = engine("log")
        let findings = [
            Finding(.configRejected, .warning, "line 3 is wrong"),
            Finding(.storeFailing, .critical, "the disk is full"),
        ]
        let conditions: Set<Condition> = [.configRejected, .storeFailing]
        engine.judge(.daemon, conditions, findings, at: now(.zero)) { _ in "" }
        let summaries = engine.subjects.alerts[.daemon]?.map {
            engine.present($0, of: .daemon, at: now(.minutes(1))).summary
        }
        #expect(Set(summaries ?? []) == ["line 3 is wrong", "the disk is full"])
    }

    @Test func `a condition is raised once, and its end is reported`() {
        var engine = engine("log")
        #expect(judge(&engine, holds: true, at: now(.zero)) == ["config_rejected raised log"])
        #expect(engine.subjects.isOpen(.configRejected, of: .daemon))
        #expect(judge(&engine, holds: true, at: now(.minutes(1))).isEmpty)
        let ended = judge(&engine, holds: false, at: now(.minutes(2)))
        #expect(ended == ["config_rejected resolved log"])
        #expect(!engine.subjects.isOpen(.configRejected, of: .daemon))
        #expect(judge(&engine, holds: false, at: now(.minutes(3))).isEmpty)
    }

    @Test func `conditions that are not judged stay as they are`() {
        var engine = engine("log")
        _ = judge(&engine, holds: true, at: now(.zero))
        _ = judge(&engine, .daemon, .storeFailing, holds: true, at: now(.zero))
        let ended = judge(&engine, holds: false, at: now(.minutes(1)))
        #expect(ended == ["config_rejected resolved log"])
        #expect(engine.subjects.isOpen(.storeFailing, of: .daemon))
    }

    @Test func `a reminder comes when it is due, not before, and the engine knows when`() {
        var engine = engine("log")
        _ = judge(&engine, holds: true, at: now(.zero))
        #expect(engine.nextMoment(after: now(.zero)) == now(.hours(1)).moment)
        engine.turn(at: now(.hours(1) - .milliseconds(1)))
        #expect(lines(&engine).isEmpty)
        engine.turn(at: now(.hours(1)))
        #expect(lines(&engine) == ["config_rejected reminded log"])
        #expect(engine.nextMoment(after: now(.hours(1))) == now(.hours(2)).moment)
    }

    @Test func `what is news is notified again, though it held before`() {
        var engine = engine("log")
        _ = judge(&engine, holds: true, at: now(.zero))
        #expect(
            judge(&engine, holds: true, isNews: true, at: now(.minutes(5)))
                == ["config_rejected reminded log"]
        )
    }

    @Test func `a channel's trouble is notified by its own policy, also when it is repeated`() {
        var engine = engine("log", "ops")
        let others = Self.policy(["log"])
        let raised = judge(
            &engine,
            .channel("ops"),
            .channelFailing,
            holds: true,
            policy: others,
            at: now(.zero)
        )
        #expect(raised == ["channel_failing raised log"])
        engine.turn(at: now(.hours(1)))
        #expect(lines(&engine) == ["channel_failing reminded log"])
    }

    @Test func `the alert of a channel that is gone ends, and one that stays gets its policy`() {
        var engine = engine("log", "ops")
        for name in ["a", "b"] {
            _ = judge(&engine, .channel(name), .channelFailing, holds: true, at: now(.zero))
        }
        engine.keepSubjects(
            told: ["log"],
            policies: ["a": Self.policy(["log"]), "log": Self.policy(["log"])],
            at: now(.minutes(1))
        )
        #expect(lines(&engine) == ["channel_failing resolved log"])
        #expect(engine.subjects.alerts.keys.map(\.description) == ["channel a"])
        #expect(engine.subjects.policy(of: .channel("a")).channels.map(\.name) == ["log"])
    }

    @Test func `a new channel is notified once of what holds`() {
        var engine = engine("log")
        _ = judge(&engine, holds: true, at: now(.zero))
        engine.subjects.policy = Self.policy(["log", "new"])
        engine.introduce("new", at: now(.minutes(1)))
        #expect(lines(&engine) == ["config_rejected reminded new"])
        engine.introduce("new", at: now(.minutes(2)))
        #expect(lines(&engine).isEmpty)
        let ended = judge(&engine, holds: false, at: now(.minutes(3)))
        #expect(ended == ["config_rejected resolved log new"])
    }

    @Test func `of several subjects that are due the order is always the same`() {
        var engine = engine("log")
        for name in ["c", "a", "b"] {
            _ = judge(&engine, .channel(name), .channelFailing, holds: true, at: now(.zero))
        }
        engine.turn(at: now(.hours(1)))
        let labels = engine.takeEvents().compactMap { event in
            event.details.first { $0.key == "channel" }?.value
        }
        #expect(labels == [.text("a"), .text("b"), .text("c")])
    }

    @Test func `a reminder has the finding of its own condition`() {
        var engine = engine("log")
        let findings = [
            Finding(.storeFailing, .warning, "the disk is full"),
            Finding(.configRejected, .warning, "line 3 is wrong"),
        ]
        engine.judge(.daemon, [.storeFailing, .configRejected], findings, at: now(.zero)) { _ in
            ""
        }
        _ = lines(&engine)
        engine.turn(at: now(.hours(1)))
        let summaries = engine.takeEvents().map { "\($0.kind.name): \($0.summary)" }
        #expect(
            summaries.sorted() == [
                "config_rejected: line 3 is wrong", "store_failing: the disk is full",
            ]
        )
    }

    @Test func `the end that is reported later is of its condition alone`() {
        var engine = engine("log")
        for condition in [Condition.hostUnreachable, .hostRejecting] {
            _ = judge(&engine, .host("a.example"), condition, holds: true, at: now(.zero))
        }
        engine.subjects.settle(.host("a.example"), .hostRejecting, at: now(.hours(1)).instant)
        let alerts = engine.subjects.alerts[.host("a.example")] ?? []
        #expect(alerts.filter { $0.clearSince != nil }.map(\.condition) == [.hostRejecting])
        #expect(alerts.count == 2)
    }

    @Test func `a host whose only alert is settling shows no alert`() {
        var engine = engine("log")
        let host = AlertSubject.host("a.example")
        _ = judge(&engine, host, .hostRejecting, holds: true, at: now(.zero))
        engine.subjects.settle(host, .hostRejecting, at: now(.hours(1)).instant)
        #expect(engine.subjects.alerts[host]?.count == 1)
        #expect(engine.summary(at: now(.hours(1))).subjects.isEmpty)
    }
}
