import Testing

@testable import Alerting

struct CoverageTests {
    private let now = Instant(milliseconds: 1_800_000_000_000)

    private func state(_ permissions: [String]?) -> TokenState {
        var state = TokenState()
        state.known = Facts(permissions: permissions.map { PermissionSet($0) })
        return state
    }

    private func coverage(
        _ wanted: String...,
        by state: TokenState,
        syntax: PermissionSyntax = .resourceAction
    ) -> Coverage {
        let provider = TokenProvider(name: "p", host: "one.example", permissionSyntax: syntax)
        let settings = TokenSettings(
            id: TokenSettings.sample().id,
            provider: provider,
            policy: Policy()
        )
        return Coverage(of: wanted, by: state, settings, at: now)
    }

    @Test func `wildcards cover, and what is missing is named in the order asked for`() {
        let state = state(["dns:*", "servers:list"])
        #expect(coverage("dns:create", "servers:list", by: state) == .covered)
        #expect(
            coverage("servers:power", "dns:list", "billing:list", by: state)
                == .missing(["servers:power", "billing:list"], reason: nil)
        )
        #expect(coverage("x:y", by: self.state(["*:*"])) == .covered)
        #expect(
            coverage("dns:list", by: state, syntax: .opaque) == .missing(["dns:list"], reason: nil)
        )
    }

    @Test func `without data, or without permissions in it, it is unknown`() {
        #expect(coverage("dns:list", by: TokenState()) == .unknown(.noDataYet))
        #expect(coverage("dns:list", by: state(nil)) == .unknown(.notReported))
        #expect(coverage("dns:list", by: state([])) == .missing(["dns:list"], reason: nil))
    }

    @Test func `a token that is rejected or has expired covers nothing`() {
        var rejected = state(["dns:*"])
        rejected.rejection = "401 Unauthorized"
        #expect(coverage("dns:list", by: rejected) == .missing(["dns:list"], reason: .rejected))
        var expired = state(["dns:*"])
        expired.known?.expiry = .at(now)
        #expect(coverage("dns:list", by: expired) == .missing(["dns:list"], reason: .expired))
        // The expiry explains the rejection.
        expired.rejection = "401 Unauthorized"
        #expect(coverage("dns:list", by: expired) == .missing(["dns:list"], reason: .expired))
        expired.known?.expiry = .at(now + .milliseconds(1))
        #expect(coverage("dns:list", by: expired) == .missing(["dns:list"], reason: .rejected))
    }

    @Test(arguments: [Condition.expired, .rejected])
    func `an alert that outlasts its cause does not count`(condition: Condition) {
        var state = state(["dns:*"])
        var ids = EventIDs(seed: 1)
        var alert = Alert(
            condition: condition,
            id: ids.next(at: now),
            severity: .critical,
            since: now
        )
        alert.clearSince = now
        state.alerts = [alert]
        #expect(coverage("dns:list", by: state) == .covered)
    }
}
