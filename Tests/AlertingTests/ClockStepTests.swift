import Testing

@testable import Alerting

/// What the decisions on a token make of clocks that are wrong.
@Suite
struct ClockStepTests {
    /// A token with 30 days left at the start, and stages at 7 d and 3 d (critical).
    private static let policy = Policy(
        warnBefore: [Stage(.before(.days(7)), text: "7d")],
        criticalBefore: Stage(.before(.days(3)), text: "3d")
    )
    private let expiry = start + .days(30)

    private func watched() -> Watched {
        var watched = Watched(Self.policy)
        _ = watched.tell(.expiring(expiry), at: start)
        return watched
    }

    @Test func `a stage that a clock crossed two hours early is not resolved by the next answer`() {
        var watched = watched()
        let crossing = expiry - .days(7)
        #expect(watched.pass(to: crossing).lines == ["expiring raised warning 7d"])
        let alert = watched.state.alerts
        // The clock was two hours ahead, and is put right.
        let truth = crossing - .hours(2)
        #expect(watched.tell(.expiring(expiry), at: truth).isEmpty)
        #expect(watched.look(.configured, at: truth + .minutes(1)).isEmpty)
        #expect(watched.tell(.expiring(expiry), at: truth + .hours(1)).isEmpty)
        // Its time comes: it is known already.
        #expect(watched.pass(to: crossing).isEmpty)
        #expect(watched.tell(.expiring(expiry), at: crossing + .hours(1)).isEmpty)
        #expect(watched.state.alerts.map(\.id) == alert.map(\.id))
    }

    @Test func `an escalation that came two hours early does not come again`() {
        var watched = watched()
        _ = watched.pass(to: expiry - .days(7))
        let crossing = expiry - .days(3)
        #expect(watched.pass(to: crossing).lines == ["expiring escalated critical 3d"])
        let truth = crossing - .hours(2)
        #expect(watched.tell(.expiring(expiry), at: truth).isEmpty)
        #expect(watched.state.alert(.expiring)?.severity == .critical)
        #expect(watched.pass(to: crossing).isEmpty)
        #expect(watched.tell(.expiring(expiry), at: crossing + .hours(1)).isEmpty)
    }

    @Test func `an end that a clock saw two hours early is neither resolved nor raised again`() {
        var watched = watched()
        _ = watched.pass(to: expiry - .days(3))
        #expect(watched.pass(to: expiry).lines == ["expired raised critical"])
        let truth = expiry - .hours(2)
        #expect(watched.tell(.expiring(expiry), at: truth).isEmpty)
        #expect(watched.state.alerts.map(\.condition) == [.expired])
        #expect(watched.pass(to: expiry).isEmpty)
        #expect(watched.answer(.rejected("401"), at: expiry + .hours(1)).isEmpty)
    }

    @Test func `an alert that was early ends with a renewal all the same`() {
        var watched = watched()
        _ = watched.pass(to: expiry - .days(7))
        let truth = expiry - .days(7) - .hours(2)
        #expect(
            watched.tell(.expiring(expiry + .days(90)), at: truth).lines
                == ["expiry_changed changed info", "expiring resolved warning"]
        )
    }

    @Test func `a stage that is not in the policy any more ends with it`() {
        var watched = watched()
        _ = watched.pass(to: expiry - .days(7))
        let other = Policy(warnBefore: [], criticalBefore: Stage(.before(.days(1)), text: "1d"))
        let truth = expiry - .days(7) - .hours(2)
        #expect(watched.configure(other, at: truth).lines == ["expiring resolved warning"])
    }

    @Test(arguments: [(Duration.days(1), true), (.days(1) + .milliseconds(1), false)])
    func `what a clock raised more than a day early ends with the next answer`(
        early: Duration,
        stands: Bool
    ) {
        var watched = watched()
        let crossing = expiry - .days(7)
        _ = watched.pass(to: crossing)
        let lines = watched.tell(.expiring(expiry), at: crossing - early).lines
        #expect(lines == (stands ? [] : ["expiring resolved warning"]))
    }

    @Test func `the expiry takes the place of a rejection once it has passed`() {
        // Booted five days behind: the token expired two days ago.
        var watched = Watched(Self.policy)
        _ = watched.tell(.expiring(expiry), at: expiry - .days(20))
        let behind = expiry - .days(3)
        #expect(
            watched.answer(.rejected("401"), at: behind).lines == ["rejected raised critical"]
        )
        let truth = expiry + .days(2)
        #expect(watched.pass(to: truth).lines == ["expired raised critical"])
        #expect(watched.state.alerts.map(\.condition) == [.expired])
        #expect(watched.answer(.rejected("401"), at: truth + .hours(1)).isEmpty)
    }

    // MARK: - Clocks between which nothing decides

    private func look(
        _ watched: inout Watched,
        _ occasion: Occasion,
        _ spread: ClockSpread,
        at now: Instant
    ) -> [String] {
        let evaluation = evaluate(
            watched.state,
            occasion,
            watched.settings,
            spread: spread,
            at: now,
            ids: &watched.ids
        )
        watched.state = evaluation.state
        return evaluation.events.lines
    }

    @Test func `between clocks the earlier end counts for a stage, and both for the expiry`() {
        var watched = watched()
        let spread = ClockSpread(behind: .hours(1), ahead: .days(2))
        let stage = expiry - .days(9)
        let settings = watched.settings
        #expect(watched.state.nextWake(for: settings, spread: spread, after: start) == stage)
        #expect(look(&watched, .timePassed, spread, at: stage - .milliseconds(1)).isEmpty)
        #expect(look(&watched, .timePassed, spread, at: stage) == ["expiring raised warning 7d"])
        _ = look(&watched, .timePassed, spread, at: expiry)
        #expect(watched.state.alert(.expired) == nil, "the clock that is behind has not passed it")
        let end = expiry + .hours(1)
        #expect(watched.state.nextWake(for: settings, spread: spread, after: expiry) == end)
        #expect(look(&watched, .timePassed, spread, at: end - .milliseconds(1)).isEmpty)
        #expect(look(&watched, .timePassed, spread, at: end) == ["expired raised critical"])
    }

    @Test func `between clocks a rejection shows that the later one is right`() {
        var watched = watched()
        let spread = ClockSpread(ahead: .days(400))
        _ = look(&watched, .timePassed, spread, at: start + .hours(1))
        #expect(watched.state.alert(.expired) == nil)
        let observation = Observation.sample(.rejected("401"), at: start + .hours(2))
        #expect(
            look(&watched, .observed(observation, askedWith: 1), spread, at: start + .hours(2))
                == ["expired raised critical"]
        )
        #expect(watched.state.alerts.map(\.condition) == [.expired])
    }
}

/// What a warning says while one clock has passed the expiry and the other has not.
struct SpreadTests {
    @Test func `a rejection names an expiry that is still to come`() {
        var state = TokenState()
        let expiry = start + .minutes(30)
        state.known = Facts(expiry: .at(expiry))
        state.rejectedSince = start
        state.rejection = "401"
        // The clocks that may be right are both behind the one that counts.
        let spread = ClockSpread(behind: .hours(2), ahead: .hours(-1))
        func summary(_ now: Instant) -> String? {
            state.findings(for: .sample(), at: now, spread: spread, isRefusalTheHosts: false)
                .first { $0.condition == .rejected }?.summary
        }
        let text = "deploy is rejected by admin.vps.org (401): revoked, replaced or wrong"
        #expect(
            summary(expiry - .minutes(10))
                == "\(text); it was due to expire 2026-06-01 00:30 UTC (in 10 min)"
        )
        #expect(summary(expiry) == text)
    }

    @Test func `between two clocks no time is left, and none is negative`() throws {
        var state = TokenState()
        let expiry = start + .minutes(30)
        state.known = Facts(expiry: .at(expiry))
        let findings = state.findings(
            for: .sample(),
            at: start + .hours(1),
            spread: ClockSpread(behind: .hours(1), ahead: .zero),
            isRefusalTheHosts: false
        )
        let finding = try #require(findings.first)
        #expect(finding.condition == .expiring && finding.severity == .critical)
        #expect(
            finding.summary
                == "deploy expires 2026-06-01 00:30 UTC, or already has: the clocks differ"
        )
        #expect(finding.details.contains(Detail("seconds_left", .integer(0))))
    }
}
