import Alerting
import Testing

struct ThirtyDaysTests {
    private static let expiry = start + .days(31)

    /// Everything said of a token that expires after 31 days, in days after `start`.
    private static let countdown = [
        (1, "expiring raised warning 30d"), (8, "expiring reminded warning 30d"),
        (15, "expiring reminded warning 30d"), (17, "expiring escalated warning 14d"),
        (24, "expiring escalated warning 7d"), (28, "expiring escalated critical 3d"),
        (29, "expiring reminded critical 3d"), (30, "expiring escalated critical 1d"),
        (31, "expired raised critical"),
    ].map { (days: Int64, line: String) in Said(at: start + .days(days), token: 0, line: line) }

    private func simulate(_ provider: @escaping (Instant) -> Reply) -> Simulator {
        Simulator([.numbered(0)]) { _, now in provider(now) }
    }

    @Test
    func `a token nears its expiry through every stage, at their instants`() {
        var simulator = simulate { now in
            now < Self.expiry
                ? .ok(Facts(expiry: .at(Self.expiry))) : Reply(answer: .rejected("status 401"))
        }
        simulator.run(until: Self.expiry + .hours(12))
        #expect(simulator.said == Self.countdown)
        #expect((31 * 24...31 * 24 + 12).contains(simulator.polls))
    }

    @Test
    func `a provider that is silent for the last ten days does not stop the count`() throws {
        let silence = start + .days(21)
        var simulator = simulate { now in
            now < silence
                ? .ok(Facts(expiry: .at(Self.expiry)))
                : Reply(answer: .unreachable("connection refused"))
        }
        simulator.run(until: Self.expiry + .hours(12))
        let unreachable = simulator.said.filter { $0.line.hasPrefix("unreachable") }
        #expect(simulator.said.filter { !unreachable.contains($0) } == Self.countdown)
        let last = try #require(simulator.states[0].lastOkAt)
        #expect(last < silence && last >= silence - .hours(1))
        let expected = [
            (Duration.hours(2), "raised warning"), (.hours(24), "escalated critical"),
            (.days(2), "reminded critical"), (.days(4), "reminded critical"),
            (.days(8), "reminded critical"),
        ].map { Said(at: last + $0, token: 0, line: "unreachable \($1)") }
        #expect(unreachable == expected)
    }

    @Test
    func `a token that is renewed at three days is quiet from then on`() {
        let renewal = Self.expiry - .days(3) + .minutes(1)
        var simulator = simulate { now in
            .ok(Facts(expiry: .at(now < renewal ? Self.expiry : Self.expiry + .days(90))))
        }
        simulator.run(until: Self.expiry + .days(1))
        #expect(Array(simulator.said.prefix(6)) == Array(Self.countdown.prefix(6)))
        let after = simulator.said.dropFirst(6)
        #expect(
            after.map(\.line) == ["expiry_changed changed info", "expiring resolved critical"]
        )
        #expect(after.allSatisfy { $0.at >= renewal && $0.at <= renewal + .hours(1) })
        #expect(
            simulator.events.last?.summary
                == "token-0: renewed: 93 d left (was 3 d)"
        )
    }

    @Test
    func `a token that is revoked and replaced is rejected, then rotated`() {
        let revoked = start + .days(10)
        let replaced = start + .days(12)
        let facts = Facts(permissions: PermissionSet(["dns:*"]), expiry: .never)
        var simulator = simulate { now in
            if now >= replaced { return .ok(facts, secret: 2) }
            return now < revoked ? .ok(facts) : Reply(answer: .rejected("status 401"))
        }
        simulator.run(until: replaced - .milliseconds(1))
        #expect(
            simulator.said.map(\.line)
                == ["rejected raised critical", "rejected reminded critical"]
        )
        // The second poll confirms it.
        #expect(simulator.said[0].at <= revoked + .hours(1) + .seconds(30))
        #expect(simulator.said[1].at == simulator.said[0].at + .days(1))
        let polls = simulator.polls
        // After 2, 4 and then every 6 hours.
        #expect((10 * 24 + 8...10 * 24 + 13).contains(polls))
        simulator.run(until: replaced)
        simulator.pollNow(0)
        simulator.run(until: start + .days(30))
        #expect(
            simulator.said.dropFirst(2).map { "\(($0.at - start).wholeSeconds) \($0.line)" }
                == [
                    "1036800 rotated changed info", "1036800 rejected resolved critical",
                ]
        )
    }

    @Test
    func `every change of permissions is said once`() {
        let sets = [["dns:list"], ["dns:*"], ["dns:*", "dns:list"], ["dns:list"], ["a:b"]]
        var simulator = simulate { now in
            let day = Int((now - start).wholeSeconds / 86400)
            let words = sets[min(day / 5, sets.count - 1)]
            return .ok(Facts(permissions: PermissionSet(words), expiry: .never))
        }
        simulator.run(until: start + .days(30))
        #expect(
            simulator.said.map(\.line) == [
                "permissions_changed changed warning", "permissions_changed changed info",
                "permissions_changed changed warning", "permissions_changed changed warning",
            ]
        )
    }

    @Test
    func `an outage of six hours is one alert and one end for each of 400 tokens`() {
        let outage = start + .days(3)..<start + .days(3) + .hours(6)
        var simulator = Simulator((0..<400).map { .numbered($0) }) { _, now in
            outage.contains(now)
                ? Reply(answer: .unreachable("connection refused"))
                : .ok(Facts(expiry: .never))
        }
        simulator.run(until: start + .days(5))
        let raised = simulator.said.filter { $0.line == "unreachable raised warning" }
        let resolved = simulator.said.filter { $0.line == "unreachable resolved warning" }
        #expect(raised.count == 400)
        #expect(Set(raised.map(\.token)).count == 400)
        #expect(Set(resolved.map(\.token)).count == 400)
        #expect(simulator.said.count == 800)
        #expect(
            raised.allSatisfy {
                $0.at > outage.lowerBound + .hours(1) && $0.at <= outage.lowerBound + .hours(2)
            }
        )
        #expect(
            resolved.allSatisfy {
                $0.at >= outage.upperBound && $0.at <= outage.upperBound + .hours(1)
            }
        )
    }
}
