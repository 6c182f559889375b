import Alerting
import Testing

struct EvidenceTests {
    private static let policy = Policy(
        remindCritical: .never,
        remindWarning: .never,
        mustExpire: true,
        require: PermissionSet(["a:b"]),
        allow: PermissionSet(["a:b"])
    )

    private static let conditions: [Condition] = [
        .expired, .rejected, .noSecret, .accountMismatch, .permissionsMissing, .expiring,
        .permissionsExcess, .noExpiry, .unreachable, .malformed,
    ]

    private static let good = Facts(
        account: "john@example.com",
        permissions: PermissionSet(["a:b"]),
        expiry: .at(start + .days(900))
    )

    /// A token for which a condition holds at `start`.
    private static func suffering(_ condition: Condition) -> Watched {
        var watched = Watched(policy, account: "john@example.com")
        let before = start - .hours(3)
        var facts = good
        switch condition {
        case .expired: facts.expiry = .at(start - .hours(1))
        case .expiring: facts.expiry = .at(start + .days(20))
        case .accountMismatch: facts.account = "jane@example.com"
        case .permissionsMissing: facts.permissions = PermissionSet([])
        case .permissionsExcess: facts.permissions = PermissionSet(["*:*"])
        case .noExpiry: facts.expiry = .never
        default: break
        }
        _ = watched.tell(facts, at: before)
        switch condition {
        case .rejected: _ = watched.answer(.rejected("status 401"), at: before)
        case .malformed: _ = watched.answer(.malformed("no JSON"), at: before)
        case .noSecret: _ = watched.look(.noSecret("missing"), at: before)
        case .unreachable:
            _ = watched.answer(silences[0], at: before)
            _ = watched.answer(silences[1], at: before)
        default: break
        }
        _ = watched.pass(to: start)
        return watched
    }

    @Test(arguments: conditions)
    func `an answer ends what it is evidence against, and nothing else does`(
        condition: Condition
    ) {
        let watched = Self.suffering(condition)
        #expect(watched.state.alerts.map(\.condition) == [condition])
        func ends(_ occasion: Occasion, at now: Instant = start) -> Bool {
            var copy = watched
            let resolved = copy.look(occasion, at: now).contains {
                $0.phase == .resolved && $0.kind == .condition(condition)
            }
            #expect(resolved == (copy.state.alert(condition) == nil))
            return resolved
        }
        func ends(_ answer: Observation.Answer) -> Bool {
            ends(.observed(.sample(answer, at: start), askedWith: 1))
        }
        #expect(ends(.ok(Self.good)))
        #expect(
            ends(.rejected("status 401"))
                == [.noSecret, .unreachable, .malformed].contains(condition)
        )
        #expect(ends(.malformed("no JSON")) == [.noSecret, .unreachable].contains(condition))
        for answer in silences { #expect(ends(answer) == (condition == .noSecret)) }
        #expect(!ends(.timePassed))
        #expect(!ends(.noSecret("missing")))
        #expect(!ends(.configured))
    }

    @Test(arguments: conditions)
    func `a clock that steps back resolves and says nothing`(condition: Condition) {
        for step: Duration in [.seconds(1), .hours(4), .days(40), .days(20_000)] {
            var watched = Self.suffering(condition)
            let alerts = watched.state.alerts
            #expect(watched.pass(to: start - step).isEmpty)
            #expect(
                watched.look(.noSecret("missing"), at: start - step).allSatisfy {
                    $0.phase == .raised && $0.kind == .condition(.noSecret)
                }
            )
            #expect(watched.state.alert(condition)?.id == alerts.first?.id)
            #expect(watched.state.alert(condition)?.severity == alerts.first?.severity)
            #expect(watched.state.alert(condition)?.stage == alerts.first?.stage)
        }
    }

    @Test
    func `a failed poll tightens by time but loosens nothing`() {
        var watched = Watched(Policy(unreachableAfter: .days(300)))
        _ = watched.tell(.expiring(start + .days(2)), at: start)
        #expect(watched.state.alert(.expiring)?.stage == "3d")
        #expect(watched.answer(silences[0], at: start - .days(3)).isEmpty)
        #expect(watched.state.alert(.expiring)?.stage == "3d")
        #expect(
            watched.answer(silences[0], at: start + .days(1)).lines
                == ["expiring escalated critical 1d"]
        )
    }

    @Test
    func `a good answer under a clock that was put back does not claim a renewal`() {
        var watched = Watched()
        let expiry = start + .days(29)
        _ = watched.tell(.expiring(expiry), at: start)
        let events = watched.tell(.expiring(expiry), at: start - .days(11))
        #expect(events.lines == ["expiring resolved warning"])
        #expect(events.first?["mended"] == .text("it expires 2026-06-30 00:00 UTC (in 40 d)"))
        #expect(events.first?["lasted_seconds"] == .integer(0))
    }
}
