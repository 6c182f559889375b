/// A trouble that many tokens of one host can share, so that it is the host's.
package enum HostTrouble: UInt8, Hashable, Sendable, CaseIterable {
    /// The polls of the tokens bring no verdict.
    case unreachable = 1
    /// The host rejects the tokens.
    case rejecting = 2

    /// The condition of each token.
    package var ofToken: Condition {
        switch self {
        case .unreachable: .unreachable
        case .rejecting: .rejected
        }
    }

    /// The condition of the host that stands for the condition of its tokens.
    package var ofHost: Condition {
        switch self {
        case .unreachable: .hostUnreachable
        case .rejecting: .hostRejecting
        }
    }

    /// The trouble that a condition of a host stands for; nil for others.
    package init?(ofHost condition: Condition) {
        guard let trouble = HostTrouble.allCases.first(where: { $0.ofHost == condition }) else {
            return nil
        }
        self = trouble
    }

    /// The trouble that a token's condition may be; nil for others.
    package init?(ofToken condition: Condition) {
        guard let trouble = HostTrouble.allCases.first(where: { $0.ofToken == condition }) else {
            return nil
        }
        self = trouble
    }

    /// The number of tokens that makes a trouble the host's, if they are half of its tokens.
    package static let fewestTokens = 5
}

/// The state of a token's host, as far as it affects the token's notifications.
package struct HostStanding: Hashable, Sendable {
    package struct Troubles: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let all = Troubles(rawValue: 3)

        package func contains(_ trouble: HostTrouble) -> Bool { rawValue & trouble.rawValue != 0 }

        package mutating func insert(_ trouble: HostTrouble) {
            self = Troubles(rawValue: rawValue | trouble.rawValue)
        }

        package mutating func remove(_ trouble: HostTrouble) {
            self = Troubles(rawValue: rawValue & ~trouble.rawValue)
        }

        /// Whether a token's condition is one of these troubles.
        package func contains(_ condition: Condition) -> Bool {
            HostTrouble(ofToken: condition).map { contains($0) } ?? false
        }
    }

    /// The troubles with an alert of the host: the tokens' alerts are recorded, not sent.
    package var covered: Troubles = []
    /// The troubles that may be the token's or the host's: new alerts wait for the decision.
    package var withheld: Troubles = []
    /// The troubles known to be the token's own: alerts that waited are sent.
    package var own: Troubles = []

    package init(covered: Troubles = [], withheld: Troubles = [], own: Troubles = []) {
        self.covered = covered
        self.withheld = withheld
        self.own = own
    }

    /// A host with too few tokens to have trouble of its own.
    package static let alone = HostStanding()
}

extension TokenState {
    /// Whether the token's last polls show a host's trouble, alert or not.
    package func shows(_ trouble: HostTrouble) -> Bool {
        switch trouble {
        case .unreachable: pollsWithoutVerdict > 0
        case .rejecting: rejectedSince != nil
        }
    }
}

extension TokenState {
    /// The state to show while the host's alerts stand for these troubles: the reminders are about
    /// those alerts.
    package func shown(coveredBy troubles: HostStanding.Troubles) -> TokenState {
        var state = self
        for index in state.alerts.indices {
            let isCovered = troubles.contains(state.alerts[index].condition)
            state.alerts[index].isCovered = isCovered
            if isCovered { state.alerts[index].nextReminderAt = nil }
        }
        return state
    }
}

/// The number of tokens of one host in trouble, kept up to date with each change.
package struct HostTally: Hashable, Sendable {
    package private(set) var tokens = 0
    /// Tokens whose last poll brought no verdict.
    package private(set) var silent = 0
    package private(set) var rejected = 0
    /// The number of tokens without a verdict for so long that it is critical.
    package private(set) var critical = 0

    package init() {}

    package func count(of trouble: HostTrouble) -> Int {
        switch trouble {
        case .unreachable: silent
        case .rejecting: rejected
        }
    }

    /// The highest severity among the tokens.
    package func severity(of trouble: HostTrouble) -> Severity {
        trouble == .rejecting || critical > 0 ? .critical : .warning
    }

    package mutating func add(_ state: TokenState) { count(state, 1) }

    package mutating func remove(_ state: TokenState) { count(state, -1) }

    private mutating func count(_ state: TokenState, _ step: Int) {
        tokens += step
        if state.shows(.unreachable) {
            silent += step
            if state.alert(.unreachable)?.severity == .critical { critical += step }
        }
        if state.shows(.rejecting) { rejected += step }
    }
}
