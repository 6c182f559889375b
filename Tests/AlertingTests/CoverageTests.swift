import Testing

@testable import Alerting

struct CoverageTests {
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
        Coverage(of: wanted, by: state, syntax: syntax)
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

    @Test(arguments: [Condition.expired, .rejected])
    func `a token that is expired or rejected covers nothing`(condition: Condition) {
        var state = state(["dns:*"])
        var ids = EventIDs(seed: 1)
        let now = Instant(milliseconds: 1_800_000_000_000)
        state.alerts = [
            Alert(condition: condition, id: ids.next(at: now), severity: .critical, since: now)
        ]
        #expect(coverage("dns:list", by: state) == .missing(["dns:list"], reason: condition))
    }
}
