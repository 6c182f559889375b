/// The events that a channel gets, regardless of their severity.
package struct EventFilter: Hashable, Sendable {
    /// Names of conditions and changes; nil for all of them.
    package var only: [Glob]?
    package var except: [Glob]
    /// Owners of tokens; nil for all tokens, including those without an owner.
    package var owners: [Glob]?
    /// Whether the channel is notified of the end of an alert that it was notified of.
    package var sendsResolved: Bool

    /// A filter that takes everything.
    package static let all = EventFilter()

    package init(
        only: [Glob]? = nil,
        except: [Glob] = [],
        owners: [Glob]? = nil,
        sendsResolved: Bool = true
    ) {
        self.only = only
        self.except = except
        self.owners = owners
        self.sendsResolved = sendsResolved
    }

    package func takes(_ kind: Event.Kind, of subject: Event.Subject) -> Bool {
        kind == .test || takes(name: kind.name) && takes(subject)
    }

    /// Whether it takes events of a condition or change.
    package func takes(name: String) -> Bool {
        only.map { $0.contains { $0.matches(name) } } ?? true
            && !except.contains { $0.matches(name) }
    }

    /// Whether it takes events of tokens of an owner; nil for tokens without one.
    package func takes(owner: String?) -> Bool {
        guard let owners else { return true }
        return owner.map { owner in owners.contains { $0.matchesIgnoringCase(owner) } } ?? false
    }

    /// Whether the owner filter takes events of a subject.
    ///
    /// A host's alert stands for the alerts of its tokens, of any owner. The daemon's own alerts
    /// belong to nobody, and go to the channels without an owner filter.
    private func takes(_ subject: Event.Subject) -> Bool {
        switch subject {
        case .token(let card): takes(owner: card.owner)
        case .host: true
        case .daemon: owners == nil
        }
    }

    /// Whether any event that it takes can be as severe as this.
    package func takesAny(_ severity: Severity) -> Bool {
        Self.names.contains { name in
            takes(name: name) && severity <= Self.highestSeverity(of: name)
        }
    }

    /// The highest severity of a condition's or change's events.
    private static func highestSeverity(of name: String) -> Severity {
        switch (Condition(rawValue: name), Change(rawValue: name)) {
        case (.unused, _), (_, .renamed), (_, .unmuted): .info
        case (.malformed, _), (.permissionsExcess, _), (.noExpiry, _), (.unobservable, _),
            (.duplicate, _), (_, .permissionsChanged), (_, .expiryChanged), (_, .rotated),
            (_, .firstSeen), (_, .leftList):
            .warning
        default: .critical
        }
    }

    /// The conditions and changes that a channel can be notified of.
    package static let names =
        Condition.allCases.map(\.rawValue)
        + Change.allCases.filter { $0.isDelivered || $0 == .firstSeen }.map(\.rawValue)
}
