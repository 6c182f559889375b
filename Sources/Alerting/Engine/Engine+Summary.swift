extension Engine {
    /// An alert of a host or the daemon, with its current text.
    package struct SubjectAlert: Hashable, Sendable {
        package let alert: Alert
        package let finding: Finding

        package init(alert: Alert, finding: Finding) {
            self.alert = alert
            self.finding = finding
        }
    }

    /// Counts of everything at once.
    package struct Summary: Hashable, Sendable {
        /// The time of this reading.
        package var at: Instant
        package var tokens: Int
        package var tally = Tally()
        package var nextPollAt: Instant?
        package var inFlight = 0
        /// Tokens overdue by more than twice their interval.
        package var overdue = 0
        /// The alerts of hosts and of the daemon.
        package var subjects: [AlertSubject: [SubjectAlert]] = [:]
        /// The clock that counts.
        package var belief = ClockWatch.Belief.local
        /// The warning in front of everything while this machine's clock is wrong; nil otherwise.
        package var clockLead: String?
        /// The number of active mutes.
        package var mutes = 0

        package init(tokens: Int, at now: Instant) {
            self.tokens = tokens
            at = now
        }
    }

    package func summary(at now: Now) -> Summary {
        var summary = Summary(tokens: states.count, at: now.instant)
        summary.tally = Tally(census, polls: polls)
        let next = schedule.nextMoment(after: now.moment)
        summary.nextPollAt = next == .never ? nil : now.instant(of: next)
        summary.inFlight = schedule.inFlight
        summary.overdue = overdue
        summary.subjects = shownSubjects(at: now)
        summary.belief = clock.doubt == nil ? clock.belief : ClockWatch.Belief.none
        summary.clockLead = clock.lead
        summary.mutes = mutes.count
        return summary
    }

    private func shownSubjects(at now: Now) -> [AlertSubject: [SubjectAlert]] {
        var shown: [AlertSubject: [SubjectAlert]] = [:]
        for (subject, alerts) in subjects.alerts {
            let open = alerts.filter { $0.clearSince == nil }
            guard !open.isEmpty else { continue }
            shown[subject] = open.map {
                SubjectAlert(alert: $0, finding: present($0, of: subject, at: now))
            }
        }
        return shown
    }
}
