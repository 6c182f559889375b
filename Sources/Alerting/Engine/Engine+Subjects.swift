/// The alerts of hosts and of the daemon itself.
extension Engine {
    /// Judges some conditions of a host or the daemon.
    ///
    /// - Parameters:
    ///   - subject: the host or the part of the daemon.
    ///   - conditions: the conditions to judge; others stay as they are.
    ///   - findings: the active findings; the other conditions have ended.
    ///   - policy: the subject's recipients; nil for the recipients of hosts and the daemon.
    ///   - isNews: whether to notify of an active alert again, because it changed.
    ///   - now: the current time.
    ///   - mended: the reason why a condition ended.
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

    /// The current text of an alert.
    package func present(_ alert: Alert, of subject: AlertSubject, at now: Now) -> Finding {
        if case .host(let host) = subject,
            let finding = hosts.finding(of: host, alert.condition, tokensOfHosts, at: now)
        {
            return finding
        }
        return subjects.present(alert, of: subject, at: now.instant)
    }

    /// Sends the reminders that are due.
    mutating func remindSubjects(at now: Now) {
        for subject in subjects.due(at: now.instant) {
            remind(subject, mute: muteStanding(of: subject), at: now)
        }
    }

    /// Sends the reminders of one subject that are due.
    mutating func remind(_ subject: AlertSubject, mute: MuteStanding, at now: Now) {
        let open = (subjects.alerts[subject] ?? []).filter { $0.clearSince == nil }
        let findings = open.map { present($0, of: subject, at: now) }
        take(subjects.remind(subject, findings, mute: mute, at: now.instant, ids: &ids))
    }

    /// Takes over the channels of a new configuration, and ends the alerts of removed ones.
    ///
    /// - Parameters:
    ///   - told: the channels that keep what they were notified of.
    ///   - policies: the recipients of each channel's alerts, by channel; has every channel.
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
