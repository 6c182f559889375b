import Alerting
import Testing

struct RejectionTests {
    private let refusal = Observation.Answer.rejected("status 401")

    @Test(arguments: [
        (Duration.minutes(2) + .milliseconds(1), true), (.minutes(2), false),
        (.minutes(2) - .milliseconds(1), false), (.zero, false), (.minutes(-5), false),
    ])
    func `a refusal more than two minutes before the expiry is a rejection`(
        left: Duration,
        rejected: Bool
    ) {
        var watched = Watched(Policy(warnBefore: [], criticalBefore: .none))
        let expiry = start + .days(10)
        _ = watched.tell(.expiring(expiry), at: start)
        let lines = watched.answer(refusal, at: expiry - left).lines
        #expect(lines.contains("rejected raised critical") == rejected)
        // What is refused as it expires, has expired.
        #expect(
            watched.pass(to: expiry + .minutes(6)).lines
                == (left <= .zero ? [] : ["expired raised critical"])
        )
    }

    @Test(arguments: [Facts(expiry: .never), Facts(expiry: .notTold), nil])
    func `without a known expiry the first refusal is a rejection`(known: Facts?) {
        var watched = Watched()
        if let known { _ = watched.tell(known, at: start) }
        #expect(watched.answer(refusal, at: start).lines == ["rejected raised critical"])
        #expect(watched.answer(refusal, at: start + .hours(2)).isEmpty)
    }

    @Test
    func `a rejection silences expiring, which goes on silently afterwards`() throws {
        var watched = Watched(Policy(remindCritical: .never, remindWarning: .never))
        let expiry = start + .days(20)
        #expect(watched.tell(.expiring(expiry), at: start).lines == ["expiring raised warning 30d"])
        let id = watched.state.alert(.expiring)?.id
        #expect(
            watched.answer(refusal, at: start + .days(1)).lines == ["rejected raised critical"]
        )
        #expect(watched.pass(to: expiry - .days(2)).isEmpty)
        #expect(watched.state.shownAlerts.map(\.condition) == [.rejected])
        #expect(watched.state.alert(.expiring)?.id == id)
        var same = watched
        same.state.alerts = watched.state.alerts.map { alert in
            var alert = alert
            if alert.condition == .expiring {
                alert.stage = "3d"
                alert.stageBefore = .days(3)
                alert.severity = .critical
            }
            return alert
        }
        #expect(
            same.tell(.expiring(expiry), at: expiry - .days(2)).lines
                == ["rejected resolved critical"]
        )
        // A stage that was crossed meanwhile is said.
        #expect(
            watched.tell(.expiring(expiry), at: expiry - .days(2)).lines
                == ["rejected resolved critical", "expiring escalated critical 3d"]
        )
        #expect(watched.state.alert(.expiring)?.id == id)
    }

    @Test
    func `a renewed token resolves both the rejection and the warning it silenced`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(5)), at: start)
        _ = watched.answer(refusal, at: start + .hours(1))
        let events = watched.tell(
            .expiring(start + .days(90)),
            at: start + .hours(2),
            secret: 2
        )
        #expect(
            events.lines == [
                "rotated changed info", "expiring resolved warning", "rejected resolved critical",
            ]
        )
        #expect(events.last?["mended"] == .text("accepted again, with a new secret"))
    }

    @Test
    func `nothing is said of the secret of a token that was never accepted before`() {
        var watched = Watched()
        _ = watched.answer(refusal, at: start)
        let events = watched.tell(.holding("dns:list"), at: start + .hours(1))
        #expect(events.lines == ["rejected resolved critical"])
        #expect(events.last?["mended"] == .text("accepted"))
    }

    @Test
    func `the expiry of a rejected token takes the place of the rejection`() {
        var watched = Watched(Policy(remindCritical: .never, remindWarning: .never))
        let expiry = start + .days(5)
        _ = watched.tell(.expiring(expiry), at: start)
        _ = watched.answer(refusal, at: start + .hours(1))
        #expect(watched.state.nextWake(for: watched.settings, after: start + .days(1)) == expiry)
        #expect(watched.pass(to: expiry - .milliseconds(1)).isEmpty)
        #expect(watched.pass(to: expiry).lines == ["expired raised critical"])
        #expect(watched.state.alerts.map(\.condition) == [.expired])
        #expect(watched.tell(.expiring(expiry), at: expiry).isEmpty)
    }

    @Test
    func `a token that the provider calls expired has not been accepted`() {
        var watched = Watched()
        _ = watched.answer(refusal, at: start)
        let expired = watched.tell(Facts(saysExpired: true), at: start + .hours(1))
        #expect(expired.lines == ["expired raised critical"])
        #expect(watched.state.alerts.map(\.condition) == [.expired])
        let accepted = watched.tell(Facts(), at: start + .hours(2))
        #expect(accepted.last?["mended"] == .text("accepted again"))
    }

    @Test
    func `a rejection says by whom and in what words`() throws {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(90)), at: start)
        let event = try #require(watched.answer(refusal, at: start + .days(10)).first)
        #expect(
            event.summary
                == "deploy is rejected by admin.vps.org (status 401): revoked, replaced or wrong; "
                + "it was due to expire 2026-08-30 00:00 UTC (in 80 d)"
        )
        #expect(event["rejected_since"] == .instant(start + .days(10)))
    }
}

extension Stage {
    /// A stage of no length.
    fileprivate static let none = Stage(.before(.zero), text: "0s")
}
