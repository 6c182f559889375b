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
    ///   - now: the current time.
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

    /// Raises or ends `heartbeat_failing`.
    package mutating func judge(heartbeat verdict: HeartbeatHealth.Verdict, at now: Now) {
        switch verdict {
        case .well: endHeartbeatAlert("the heartbeat arrives again", at: now)
        case .failing(let error):
            let finding = HeartbeatHealth.finding(error: error)
            judge(.daemon, [.heartbeatFailing], [finding], at: now) { _ in "" }
        }
    }

    package mutating func endHeartbeatAlert(_ reason: String, at now: Now) {
        judge(.daemon, [.heartbeatFailing], [], at: now) { _ in reason }
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
    ///   - policies: whom the trouble of each channel concerns; names all channels.
    ///   - now: the current time.
    package mutating func keepSubjects(told: Set<String>, policies: [String: Policy], at now: Now) {
        subjects.keep(told: told)
        for case .channel(let name) in Array(subjects.alerts.keys) {
            if let policy = policies[name] {
                subjects.set(policy, of: .channel(name))
            } else {
                judge(.channel(name), [.channelFailing], [], at: now) { _ in
                    "the channel was removed"
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
