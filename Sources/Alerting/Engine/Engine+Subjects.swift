/// The alerts of hosts and of the daemon itself.
extension Engine {
    /// Judges what is wrong with a host or the daemon, of the conditions named.
    ///
    /// - Parameters:
    ///   - subject: the host or the part of the daemon.
    ///   - conditions: those that are judged; others stay as they are.
    ///   - findings: what holds of them; what is not among them has ended.
    ///   - policy: whom it notifies; nil for the one of hosts and the daemon.
    ///   - isNews: whether what holds already is notified again, because it is not as it was.
    ///   - now: the present.
    ///   - mended: what ended a condition that holds no longer.
    /// - Returns: whether anything was raised.
    @discardableResult
    package mutating func judge(
        _ subject: AlertSubject,
        _ conditions: Set<Condition>,
        _ findings: [Finding],
        policy: Policy? = nil,
        isNews: Bool = false,
        at now: Now,
        mended: (Condition) -> String
    ) -> Bool {
        subjects.set(policy, of: subject)
        let outcome = subjects.judge(
            subject,
            conditions,
            findings,
            isNews: isNews,
            mute: muteStanding(of: subject),
            mended: mended,
            at: now.instant,
            ids: &ids
        )
        take(outcome)
        return outcome?.events.contains { $0.phase == .raised } == true
    }

    /// What is to be said of an alert now.
    package func present(_ alert: Alert, of subject: AlertSubject, at now: Now) -> Finding {
        if case .host(let host) = subject,
            let finding = hosts.finding(of: host, alert.condition, tokensOfHosts, at: now)
        {
            return finding
        }
        return subjects.present(alert, of: subject, at: now.instant)
    }

    /// Repeats what is due to be repeated.
    mutating func remindSubjects(at now: Now) {
        for subject in subjects.due(at: now.instant) {
            remind(subject, mute: muteStanding(of: subject), at: now)
        }
    }

    /// Repeats what is due to be repeated of one of them.
    mutating func remind(_ subject: AlertSubject, mute: MuteStanding, at now: Now) {
        let open = (subjects.alerts[subject] ?? []).filter { $0.clearSince == nil }
        let findings = open.map { present($0, of: subject, at: now) }
        take(subjects.remind(subject, findings, mute: mute, at: now.instant, ids: &ids))
    }

    /// Takes a new configuration's channels: one that is gone has no alerts.
    ///
    /// - Parameters:
    ///   - told: the channels that still know what they were notified of.
    ///   - names: all channels.
    ///   - now: the present.
    ///   - policy: whom the trouble of a channel concerns.
    package mutating func keepSubjects(
        told: Set<String>,
        channels names: Set<String>,
        at now: Now,
        policy: (String) -> Policy
    ) {
        subjects.keep(told: told)
        for case .channel(let name) in Array(subjects.alerts.keys) {
            if names.contains(name) {
                subjects.set(policy(name), of: .channel(name))
            } else {
                judge(.channel(name), [.channelFailing], [], at: now) { _ in
                    "there is no such channel any more"
                }
            }
        }
    }

    /// Notifies a new channel of the alerts of hosts and the daemon.
    package mutating func introduce(_ channel: String, at now: Now) {
        for subject in Array(subjects.alerts.keys) where muteStanding(of: subject) == .none {
            var findings: [Condition: Finding] = [:]
            for alert in subjects.alerts[subject] ?? [] {
                findings[alert.condition] = present(alert, of: subject, at: now)
            }
            take(
                subjects.introduce(
                    channel,
                    to: subject,
                    finding: { findings[$0.condition] ?? Finding($0.condition, $0.severity, "") },
                    at: now.instant,
                    ids: &ids
                )
            )
        }
    }

    private mutating func take(_ outcome: SubjectBook.Outcome?) {
        guard let outcome else { return }
        pending.note(outcome.change)
        record(outcome.events)
        wantsTurn = true
    }
}
