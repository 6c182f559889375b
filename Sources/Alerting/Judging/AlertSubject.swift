/// A subject of alerts other than a token.
package enum AlertSubject: Hashable, Sendable {
    /// `host` or `host:port`.
    case host(String)
    case daemon
    /// A channel of the daemon, by its name; its events have the daemon as their subject.
    case channel(String)
}

extension AlertSubject: CustomStringConvertible {
    package var description: String {
        switch self {
        case .host(let host): host
        case .daemon: "tokenwatchd"
        case .channel(let name): "channel \(name)"
        }
    }

    package var eventSubject: Event.Subject {
        switch self {
        case .host(let host): .host(host)
        case .daemon, .channel: .daemon
        }
    }

    /// The subject and the recipients of its events.
    package func eventSource(policy: Policy, now: Instant) -> EventSource {
        var identity: [Detail] = []
        if case .channel(let name) = self { identity = [Detail("channel", name)] }
        return EventSource(
            subject: eventSubject,
            label: description,
            policy: policy,
            now: now,
            identity: identity
        )
    }
}

/// Judges the conditions of a host or the daemon, given all of its findings.
package func evaluate(
    _ subject: AlertSubject,
    _ alerts: [Alert],
    _ findings: [Finding],
    mended: (Condition) -> String,
    policy: Policy,
    mute: MuteStanding = .none,
    at now: Instant,
    ids: inout EventIDs
) -> AlertChange {
    var author = EventAuthor(
        subject.eventSource(policy: policy, now: now),
        isMuted: mute == .muted
    )
    // The closures do not outlive the call.
    let alerts = withoutActuallyEscaping(mended) { mended in
        AlertTransitions(
            policy: policy,
            now: now,
            isConfigured: false,
            canEnd: { _ in true },
            ending: { .resolves(mended($0.condition)) },
            isSent: { _ in true },
            tellsCovered: { _ in false },
            mute: mute
        ).apply(findings, to: alerts, author: &author, ids: &ids)
    }
    return AlertChange(alerts: alerts, events: author.events)
}

extension [Alert] {
    /// The time at which the first reminder is due or the first acknowledgement ends.
    ///
    /// Nothing is due for an alert that only waits for its condition to stay away.
    package var nextWake: Instant? {
        filter { $0.clearSince == nil }.flatMap { [$0.nextReminderAt, $0.acknowledgement?.until] }
            .compactMap { $0 }.min()
    }
}
