/// What becomes of a token's alert that has no finding any more.
struct TokenEnding {
    let old: TokenState
    let new: TokenState
    let findings: [Finding]
    let occasion: Occasion
    let settings: TokenSettings
    let now: Instant

    func ending(of alert: Alert) -> AlertTransitions.Ending {
        if alert.condition == .expiring {
            // An expiry that has come takes the place of the warnings before it.
            if holds(.expired) { return .isReplaced }
            // While a token is rejected, its coming expiry is not spoken of, but not forgotten either.
            if new.rejectedSince != nil { return .holds }
        }
        guard occasion.canEnd(alert.condition) else { return .holds }
        if occasion.isPoll,
            let settling = Flapping.settling(alert.condition, old.recentRaises, at: now)
        {
            return .resolvesWhenClear(mended(alert), for: settling)
        }
        return .resolves(mended(alert))
    }

    private func holds(_ condition: Condition) -> Bool {
        findings.contains { $0.condition == condition }
    }

    /// What ended an alert, for people.
    private func mended(_ alert: Alert) -> String {
        if case .duplicate = occasion { return "no other entry holds the same secret" }
        guard case .observed(let observation, _) = occasion else {
            return "the configuration no longer asks for it"
        }
        switch alert.condition {
        case .expiring, .expired: return renewal
        case .rejected:
            return old.secret != new.secret
                ? "accepted again, with a new secret" : "accepted again"
        case .noSecret: return "the secret can be read again"
        case .unreachable, .malformed: return answered(alert, observation)
        case .permissionsMissing: return "everything required is held again"
        case .permissionsExcess: return "nothing beyond what is allowed is held"
        case .noExpiry: return "it has an expiry now"
        case .accountMismatch: return "it belongs to \(new.known?.account ?? "that account") now"
        case .usedElsewhere: return "the secret was replaced"
        case .unused: return watchesAnew ?? "it was used elsewhere"
        case .unobservable: return "use elsewhere can be seen again"
        case .duplicate: return "no other entry holds the same secret"
        case .hostUnreachable, .hostRejecting, .clockWrong, .configRejected, .channelFailing,
            .storeFailing:
            return "it holds no longer"
        }
    }

    /// Why the time without use begins again though nobody else has used it.
    private var watchesAnew: String? {
        if old.secret != new.secret { return "the secret was replaced" }
        return new.use.isHidden ? "use elsewhere cannot be seen any more" : nil
    }

    private func answered(_ alert: Alert, _ observation: Observation) -> String {
        let lasted = (now - alert.since).forPeople
        return switch observation.outcome {
        case .ok where alert.condition == .malformed: "the answer can be read again after \(lasted)"
        case .ok: "\(settings.host) answers again after \(lasted)"
        case .rejected: "\(settings.host) answers again, and refuses the token"
        default: "\(settings.host) answers again, but not as documented"
        }
    }

    private var renewal: String {
        let was = EffectiveExpiry(of: old, statedExpiry: settings.statedExpiry).instant
        let before =
            if let was {
                was > now ? "was \((was - now).roundedForPeople)" : "had expired"
            } else {
                "had expired"
            }
        return switch EffectiveExpiry(of: new, statedExpiry: settings.statedExpiry) {
        case .at(let instant, _) where instant > now && instant == was:
            "it expires \(instant.forPeople(at: now))"
        case .at(let instant, _) where instant > now:
            "renewed: \(before), now \((instant - now).roundedForPeople)"
        case .at, .notSeen: "it holds no longer"
        case .never: "renewed: \(before), now it never expires"
        case .notTold: "the provider no longer tells an expiry"
        }
    }
}
