/// The expiry that counts for a token: the provider's or the configured one.
package enum EffectiveExpiry: Hashable, Sendable {
    package enum Source: String, Sendable {
        case provider
        case config
    }

    case at(Instant, from: Source)
    /// The provider reports that the token has no expiry.
    case never
    /// The provider does not report one, and none is configured.
    case notTold
    /// No data yet, and no configured expiry.
    case notSeen

    /// If both are known, the earlier one counts.
    package init(of state: TokenState, statedExpiry: Instant?) {
        switch (state.known?.expiry, statedExpiry) {
        case (.at(let told), let stated?):
            self = stated < told ? .at(stated, from: .config) : .at(told, from: .provider)
        case (.at(let told), nil): self = .at(told, from: .provider)
        case (_, let stated?): self = .at(stated, from: .config)
        case (.never, nil): self = .never
        case (.notTold, nil): self = .notTold
        case (nil, nil): self = .notSeen
        }
    }

    /// The difference between the two expiries; nil unless both are known and differ.
    ///
    /// It names the one that counts and the value of the other, and continues a sentence that names
    /// the expiry: `by the configuration; the provider says never`.
    package static func difference(of state: TokenState, statedExpiry: Instant?) -> String? {
        guard let stated = statedExpiry else { return nil }
        switch state.known?.expiry {
        case .at(let told) where told < stated:
            return "by the provider; the configuration says \(stated.forPeople)"
        case .at(let told) where told > stated:
            return "by the configuration; the provider says \(told.forPeople)"
        case .never: return "by the configuration; the provider says never"
        case .at, .notTold, nil: return nil
        }
    }

    package var instant: Instant? {
        if case .at(let instant, _) = self { instant } else { nil }
    }
}

extension TokenState {
    /// The expiry that counts.
    package func expiry(_ settings: TokenSettings) -> EffectiveExpiry {
        EffectiveExpiry(of: self, statedExpiry: settings.statedExpiry)
    }

    /// The end of a sentence about the expiry, if the other source differs.
    package func expiryDifference(_ settings: TokenSettings) -> String? {
        EffectiveExpiry.difference(of: self, statedExpiry: settings.statedExpiry)
    }

    /// The length of the token's life up to an expiry; nil if its start is unknown or later.
    ///
    /// A life starts with the creation, or else with the first report of that expiry.
    ///
    /// The life of a rolling expiry counts from its last move.
    package func life(until expiry: Instant) -> Duration? {
        if isRolling, known?.expiry == .at(expiry), let moved = expirySeenAt, moved < expiry {
            return expiry - moved
        }
        if let created = known?.createdAt, created < expiry { return expiry - created }
        if let seen = expirySeenAt, seen < expiry { return expiry - seen }
        return nil
    }
}

/// A stage with the time before the expiry at which it begins.
package struct ReachedStage: Hashable, Sendable {
    package let text: String
    package let before: Duration
    package let severity: Severity
}

extension Policy {
    /// Every stage of a token, `criticalBefore` among them, the tightest first.
    package func stages(life: Duration?) -> [ReachedStage] {
        fixedStages ?? Self.stages(warnBefore, critical: criticalBefore, life: life)
    }

    /// The stages if none of them is a part of a life; otherwise nil.
    static func fixedStages(_ stages: [Stage], critical: Stage) -> [ReachedStage]? {
        for stage in stages + [critical] {
            guard case .before = stage.distance else { return nil }
        }
        return Self.stages(stages, critical: critical, life: nil)
    }

    private static func stages(
        _ written: [Stage],
        critical: Stage,
        life: Duration?
    ) -> [ReachedStage] {
        let criticalLength = critical.length(life: life)
        var stages: [ReachedStage] = []
        for stage in written + [critical] {
            guard let before = stage.length(life: life),
                !stages.contains(where: { $0.before == before })
            else { continue }
            let isCritical = criticalLength.map { before <= $0 } ?? false
            stages.append(
                ReachedStage(
                    text: stage.text,
                    before: before,
                    severity: isCritical ? .critical : .warning
                )
            )
        }
        return stages.sorted { $0.before < $1.before }
    }
}

extension Stage {
    /// The time before the expiry at which it begins; nil for a part of an unknown life.
    fileprivate func length(life: Duration?) -> Duration? {
        switch distance {
        case .before(let duration): duration
        case .partOfLife(let thousandths):
            life.map { .milliseconds($0.milliseconds / 1000 * thousandths) }
        }
    }
}
