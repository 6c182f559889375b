import Testing

@testable import Alerting

/// What is said to a person who asks why.
struct ExplanationTests {
    private func explain(
        _ watched: Watched,
        at now: Instant,
        plan: PollPlan = PollPlan(stage: .scheduled(start + .hours(1)))
    ) -> Explanation {
        Alerting.explain(watched.state, watched.settings, plan: plan, at: now)
    }

    private func reason(_ condition: Condition, of watched: Watched, at now: Instant) -> Reason? {
        explain(watched, at: now).judgements.first { $0.condition == condition }?.reason
    }

    @Test func `a token that was never seen is explained by what is not known`() {
        let explanation = explain(Watched(), at: start)
        #expect(explanation.judgements.allSatisfy { !$0.isOpen && $0.reason.changesAt == nil })
        #expect(explanation.stages.isEmpty)
        #expect(explanation.coming.isEmpty)
        #expect(
            explanation.judgements.first { $0.condition == .expiring }?.reason.found
                == "no good answer yet"
        )
        #expect(
            explanation.judgements.first { $0.condition == .unreachable }?.reason.found
                == "not polled yet"
        )
    }

    @Test func `how far an expiry is off is said, with the stage that begins next`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(40)), at: start)
        let far = reason(.expiring, of: watched, at: start)
        #expect(far?.rule == "warn_before = 30d, 14d, 7d, 3d, 1d; critical_before = 3d")
        #expect(far?.found == "40 d left: 10 d more than 30d")
        #expect(far?.changesAt == start + .days(10))
        let reached = reason(.expiring, of: watched, at: start + .days(10))
        #expect(reached?.changesAt == start + .days(26), "a stage that has begun is not the next")
        let near = reason(.expiring, of: watched, at: start + .days(34) + .hours(1))
        #expect(near?.found == "5 d 23 h left: at or under 7d")
        #expect(near?.changesAt == start + .days(37))
        let last = reason(.expiring, of: watched, at: start + .days(39) + .hours(1))
        #expect(last?.changesAt == start + .days(40))
        let over = explain(watched, at: start + .days(41))
        #expect(over.judgements.first?.condition == .expired)
        #expect(
            over.judgements.first { $0.condition == .expiring }?.reason.found
                == "already expired"
        )
    }

    @Test func `the stages are listed from the widest on, those reached marked`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(20)), at: start)
        let stages = explain(watched, at: start + .days(6)).stages
        #expect(stages.map(\.stage.text) == ["30d", "14d", "7d", "3d", "1d"])
        #expect(stages.map(\.isReached) == [true, true, false, false, false])
        #expect(stages.map(\.stage.severity).filter { $0 == .critical }.count == 2)
        #expect(stages[2].beginsAt == start + .days(13))
    }

    @Test func `what comes is every stage and reminder with its instant, twelve at most`() {
        var watched = Watched(
            Policy(channels: [ChannelRoute(name: "log", minimumSeverity: .info)])
        )
        _ = watched.tell(.expiring(start + .days(8)), at: start)
        let coming = explain(watched, at: start).coming
        #expect(
            coming.prefix(5).map { "\(($0.at - start).wholeSeconds / 86400) \($0.line)" } == [
                "1 expiring escalated warning 7d", "5 expiring escalated critical 3d",
                "6 expiring reminded critical 3d", "7 expiring escalated critical 1d",
                "8 expired raised critical",
            ]
        )
        #expect(coming.count == Explanation.maximumComing)
        #expect(coming.allSatisfy { $0.channels == ["log"] })
    }

    @Test func `what is acknowledged is not reminded of until its time ends`() throws {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(6)), at: start)
        let known = Acknowledgement(
            by: "jo",
            reason: "renewal is under way",
            until: start + .days(2)
        )
        let source = EventSource(watched.settings, known: nil, now: start)
        watched.state.alerts = try #require(
            watched.state.alerts.acknowledged(nil, known, source, ids: &watched.ids)
        ).alerts
        let explanation = explain(watched, at: start)
        #expect(explanation.judgements[0].alert?.acknowledgement == known)
        #expect(
            explanation.coming.prefix(2).map {
                "\(($0.at - start).wholeSeconds / 86400) \($0.line)"
            }
                == ["2 expiring unacknowledged warning 7d", "3 expiring escalated critical 3d"]
        )
    }

    @Test func `a silence is explained by its length and its polls, to the second`() {
        var watched = Watched()
        _ = watched.tell(.holding("a:b"), at: start)
        #expect(
            reason(.unreachable, of: watched, at: start)?.found == "the last poll got a verdict"
        )
        var other = watched
        _ = other.answer(.malformed("no JSON"), at: start + .minutes(30))
        #expect(
            reason(.unreachable, of: other, at: start + .minutes(30))?.found
                == "the last poll got an answer, but not as documented"
        )
        _ = watched.answer(.unreachable("no route"), at: start + .minutes(30))
        let once = reason(.unreachable, of: watched, at: start + .minutes(40))
        #expect(once?.found == "no verdict for 40 min, in one poll")
        #expect(once?.changesAt == nil)
        // If nothing changes, the polls that are to come fail, too.
        let coming = explain(watched, at: start + .minutes(40)).coming
        #expect(coming.first?.kind.name == "unreachable")
        #expect(coming.first?.at == start + .hours(2))
        _ = watched.answer(.unreachable("no route"), at: start + .minutes(60))
        let twice = reason(.unreachable, of: watched, at: start + .minutes(60))
        #expect(
            twice?.rule == "unreachable_after = 2 h, and at least 2 polls; critical after 1 d"
        )
        #expect(twice?.found == "no verdict for 1 h, in 2 polls")
        #expect(twice?.changesAt == start + .hours(2))
        _ = watched.pass(to: start + .hours(2))
        let holds = reason(.unreachable, of: watched, at: start + .hours(2))
        #expect(holds?.changesAt == start + .days(1))
        #expect(explain(watched, at: start + .hours(2)).judgements[0].condition == .unreachable)
    }

    @Test func `a rejected token's expiry is not spoken of, and its alert not forgotten`() {
        var watched = Watched()
        _ = watched.tell(.expiring(start + .days(5)), at: start)
        _ = watched.answer(.rejected("status 401"), at: start + .hours(1))
        let explanation = explain(watched, at: start + .hours(2))
        #expect(explanation.judgements.prefix(2).map(\.condition) == [.rejected, .expiring])
        let expiring = explanation.judgements[1]
        #expect(expiring.isOpen && expiring.finding == nil)
        #expect(expiring.reason.found == "4 d 22 h left; not sent while the token is rejected")
    }

    @Test func `permissions are held against what is required and allowed, by name`() {
        var watched = Watched(
            Policy(require: PermissionSet(["dns:*"]), allow: PermissionSet(["dns:*"]))
        )
        #expect(
            reason(.permissionsMissing, of: watched, at: start)?.found
                == "no good answer yet"
        )
        _ = watched.tell(.holding("dns:list", "servers:list"), at: start)
        let missing = reason(.permissionsMissing, of: watched, at: start)
        #expect(missing?.rule == "require = dns:*")
        #expect(missing?.found == "it has dns:list, servers:list; missing: dns:*")
        let excess = reason(.permissionsExcess, of: watched, at: start)
        #expect(excess?.found == "it has dns:list, servers:list; in excess: servers:list")
        _ = watched.tell(.holding("dns:*"), at: start)
        #expect(
            reason(.permissionsMissing, of: watched, at: start)?.found
                == "it has dns:*: all covered"
        )
        let unasked = reason(.permissionsExcess, of: Watched(), at: start)
        #expect(unasked?.rule == "allow is not set" && unasked?.isAsked == false)
    }

    @Test func `disuse is explained by its beginning, and begins at the instant that is said`() {
        var watched = Watched()
        watched.settings = TokenSettings(
            id: watched.settings.id,
            provider: TokenProvider(name: "vps.org", host: "admin.vps.org"),
            policy: Policy(),
            unusedAfter: .days(90)
        )
        _ = watched.tell(Facts(lastUsedAt: start - .days(1)), at: start)
        let unused = reason(.unused, of: watched, at: start + .days(1))
        #expect(unused?.rule == "unused_after = 90 d")
        #expect(unused?.found.hasPrefix("no use elsewhere since 2026-06-01 00:0") == true)
        let begins = unused?.changesAt ?? start
        #expect(
            watched.state.findings(for: watched.settings, at: begins - .milliseconds(1)).isEmpty
        )
        #expect(
            watched.state.findings(for: watched.settings, at: begins).map(\.condition) == [.unused]
        )
    }

    // MARK: - Polls

    private static let plans: [(Outcome?, Int, PollPlan, PollReason)] = [
        (.ok, 0, PollPlan(stage: .scheduled(start + .minutes(40))), .phase),
        (nil, 0, PollPlan(stage: .scheduled(start)), .due),
        (nil, 0, PollPlan(stage: .ready), .waiting),
        (.ok, 0, PollPlan(stage: .inFlight), .underWay),
        (.unreachable, 1, PollPlan(stage: .scheduled(start + .seconds(70))), .backoff),
        (.serverError, 3, PollPlan(stage: .scheduled(start + .seconds(280))), .backoff),
        // After a restart it has its own place.
        (.unreachable, 1, PollPlan(stage: .scheduled(start + .minutes(40))), .phase),
        (
            .rateLimited, 1,
            PollPlan(
                stage: .scheduled(start + .seconds(60)),
                heldUntil: start + .minutes(5)
            ),
            .retryAfter
        ),
        (.ok, 0, PollPlan(stage: .ready, limitedUntil: start + .minutes(5)), .rateLimited),
        (.ok, 0, PollPlan(stage: .ready, heldUntil: start + .minutes(5)), .retryAfter),
        (
            .ok, 0,
            PollPlan(
                stage: .scheduled(start + .minutes(40)),
                heldUntil: start + .minutes(5)
            ),
            .phase
        ),
        (
            .rejected, 2,
            PollPlan(stage: .scheduled(start + .hours(1)), refusedUntil: start + .hours(4)),
            .refused
        ),
        (.rejected, 2, PollPlan(stage: .scheduled(start + .hours(1))), .phase),
    ]

    @Test(arguments: plans)
    func `the reason for the next poll is told`(
        outcome: Outcome?,
        failures: Int,
        plan: PollPlan,
        reason: PollReason
    ) {
        var watched = Watched()
        watched.state.lastOutcome = outcome
        watched.state.failures = failures
        watched.state.lastPollAt = outcome.map { _ in start }
        let poll = explain(watched, at: start, plan: plan).poll
        #expect(poll.reason == reason)
        #expect(!poll.because.isEmpty && poll.failures == failures)
        #expect(poll.nextAt >= start)
    }

    @Test func `what awaits a second poll is explained, and so is that poll`() {
        var watched = Watched(confirmAfter: .seconds(30))
        _ = watched.tell(.holding("a:b"), at: start)
        _ = watched.answer(.rejected("status 401"), at: start + .hours(1))
        let second = start + .hours(1) + .seconds(30)
        let explanation = explain(
            watched,
            at: start + .hours(1),
            plan: PollPlan(stage: .scheduled(second), refusedUntil: second)
        )
        #expect(explanation.judgements[0].condition == .rejected)
        #expect(
            explanation.judgements[0].finding?.summary.hasSuffix(
                "; not yet confirmed by a second poll"
            ) == true
        )
        #expect(explanation.poll.reason == .confirmation)
        #expect(explanation.poll.nextAt == second)
        #expect(explanation.poll.because.contains("confirm_after = 30 s"))
        #expect(explanation.coming.isEmpty)
    }

    @Test func `without a secret it is looked for`() {
        var watched = Watched()
        _ = watched.look(.noSecret("missing"), at: start)
        let poll = explain(
            watched,
            at: start,
            plan: PollPlan(stage: .scheduled(start + .minutes(1)))
        ).poll
        #expect(poll.reason == .noSecret)
        #expect(poll.nextAt == start + .minutes(1))
    }

    @Test func `an alert covered by its host's alert brings no event, however often it is due`() {
        var watched = Watched(.heard)
        _ = watched.answer(.rejected("status 401"), at: start)
        watched.state.alerts[0].isCovered = true
        #expect(watched.state.alerts[0].nextReminderAt != nil)
        #expect(explain(watched, at: start).coming.isEmpty)
    }
}
