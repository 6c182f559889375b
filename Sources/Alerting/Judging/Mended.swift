/// The ending of a token's alert that has no finding any more.
struct TokenEnding {
    let old: TokenState
    let new: TokenState
    let findings: [Finding]
    let occasion: Occasion
    let settings: TokenSettings
    let damping: Damping
    let now: Instant

    func ending(of alert: Alert) -> AlertTransitions.Ending {
        // Only a recorded answer takes back an alert that is in doubt.
        if alert.isUnconfirmed,
            let was = old.findings(for: settings, at: now).first(where: {
                $0.condition == alert.condition
            })
        {
            return .isRefuted(was)
        }
        // An expiry that has passed explains the rejection, by the clock or by the provider.
        if alert.condition == .rejected, holds(.expired),
            new.rejectedSince != nil || new.known?.saysExpired == true
        {
            return .isReplaced(by: .expired)
        }
        if alert.condition == .expiring {
            // An expiry that has passed replaces the warnings before it.
            if holds(.expired) { return .isReplaced(by: .expired) }
            // While a token is rejected, its expiry is neither notified nor forgotten.
            if new.isKnownRejected { return .holds }
        }
        // An alert that a wrong clock raised a little early stays: its time is about to come.
        if new.isEarly(alert.condition, after: old, settings, at: now) { return .holds }
        // An answer has shown that the condition is clear; time alone can show that it stays clear.
        guard occasion.canEnd(alert.condition) || alert.clearSince != nil else { return .holds }
        // Only channels that were notified of its beginning are notified of its end.
        if mayBeBack(alert), !alert.told.isEmpty,
            let waitsUntil = damping.endWaitsUntil(alert.condition)
        {
            return .resolvesAt(waitsUntil, mended(alert))
        }
        return .resolves(mended(alert))
    }

    /// Whether an alert without a finding ends now.
    func ends(_ alert: Alert) -> Bool {
        switch ending(of: alert) {
        case .resolves, .isRefuted, .isReplaced: true
        case .resolvesAt(let instant, _): instant <= now
        case .holds: false
        }
    }

    /// Whether the alert may be back soon; a new secret or configuration has ended it for good.
    private func mayBeBack(_ alert: Alert) -> Bool {
        switch occasion {
        case .observed(let observation, _): return observation.secret == old.secret
        case .listed: return true
        default: return alert.clearSince != nil
        }
    }

    private func holds(_ condition: Condition) -> Bool {
        findings.contains { $0.condition == condition }
    }

    /// The reason why an alert ended, for people.
    private func mended(_ alert: Alert) -> String {
        if case .duplicate = occasion { return "no other entry has the same secret" }
        if alert.clearSince != nil { return stayedClear(alert) }
        guard occasion.isPoll || occasion.isGoodAnswer else { return mendedByConfiguration(alert) }
        switch alert.condition {
        case .expiring, .expired: return renewal(alert)
        case .rejected: return accepted
        case .noSecret: return "the secret can be read again"
        case .unreachable, .malformed: return answered(alert)
        case .permissionsMissing: return "all required permissions are covered again"
        case .permissionsExcess: return "all permissions are allowed again"
        case .noExpiry: return "it has an expiry"
        case .accountMismatch: return "it belongs to \(new.known?.account ?? "that account") now"
        case .usedElsewhere: return "the secret was replaced"
        case .unused: return watchesAnew ?? "it was used elsewhere"
        case .unobservable: return "other use can be detected again"
        case .duplicate: return "no other entry has the same secret"
        case .hostUnreachable, .hostRejecting, .clockWrong, .configRejected, .channelFailing,
            .heartbeatFailing, .storeFailing, .fallingBehind, .outOfResources:
            return noLongerActive(alert)
        }
    }

    private var accepted: String {
        // Before the first good answer nobody knows which secrets were rejected.
        guard let before = old.secret else { return "accepted" }
        return before != new.secret ? "accepted again, with a new secret" : "accepted again"
    }

    /// The text of an end that waited.
    private func stayedClear(_ alert: Alert) -> String {
        let since = (alert.clearSince ?? now).forPeople(at: now)
        return "\(alert.condition.rawValue) has been clear since \(since), after it alternated"
    }

    /// The reason why a new configuration ends an alert; the old configuration is not known here.
    private func mendedByConfiguration(_ alert: Alert) -> String {
        guard alert.condition == .expiring || alert.condition == .expired,
            case .at(let instant, from: .config) =
                new.expiry(settings)
        else { return "\(noLongerActive(alert)) with the new configuration" }
        return "renewed: the configuration has the expiry \(instant.forPeople(at: now))"
    }

    /// The reason why the time without use starts again although nobody else has used the token.
    private var watchesAnew: String? {
        if old.secret != new.secret { return "the secret was replaced" }
        return new.use.isHidden ? "other use can no longer be detected" : nil
    }

    private func answered(_ alert: Alert) -> String {
        let lasted = (now - alert.since).forPeople
        return switch new.lastOutcome {
        case .ok? where alert.condition == .malformed:
            "the answer can be read again after \(lasted)"
        case .ok?: "\(settings.host) answers again after \(lasted)"
        case .rejected?: "\(settings.host) answers again, and rejects the token"
        case .unreachable?, .serverError?, .rateLimited?, nil: noLongerActive(alert)
        case .malformed?: "\(settings.host) answers again, but not as documented"
        }
    }

    private func noLongerActive(_ alert: Alert) -> String {
        "\(alert.condition.rawValue) is no longer active"
    }

    private func renewal(_ alert: Alert) -> String {
        let was = old.expiry(settings).instant
        let before =
            if let was {
                was > now ? "was \((was - now).roundedForPeople)" : "had expired"
            } else {
                "had expired"
            }
        if new.isRolling, !old.isRolling {
            return "the expiry is rolling: the provider keeps extending it"
        }
        return switch new.expiry(settings) {
        case .at(let instant, _) where instant > now && instant == was:
            "it expires \(instant.forPeople(at: now))"
        case .at(let instant, _) where instant > now:
            "renewed: \((instant - now).roundedForPeople) left (\(before))"
        case .at, .notSeen: noLongerActive(alert)
        case .never: "renewed: no expiry (\(before))"
        case .notTold where was == nil && old.known?.saysExpired == true:
            settings.id.isListed ? "it is no longer listed as expired" : accepted
        case .notTold: "the provider no longer reports an expiry"
        }
    }
}
