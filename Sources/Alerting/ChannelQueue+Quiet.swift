/// Quiet hours.
extension ChannelQueue {
    /// Notes whether it is quiet now.
    ///
    /// What waited through quiet hours counts from their end on: it has neither been stuck nor failed.
    mutating func followQuietHours(_ now: Now) {
        let until = limits.quiet?.end(after: now.instant, in: zone).map(now.moment(of:))
        if until == nil, quietUntil != nil {
            for index in entries.indices where isQuieted(entries[index]) {
                entries[index].since = now.moment
            }
            quietEndedAt = now.instant
        }
        quietUntil = until
    }

    /// Whether quiet hours hold a delivery back.
    ///
    /// A critical one passes, and with it what is older of its subject.
    func isQuieted(_ entry: Entry) -> Bool {
        guard quietUntil != nil, entry.state == .waiting else { return false }
        return !entry.delivery.isUrgent || limits.quiet?.holdsCritical == true
    }

    /// When a delivery may start at the earliest, as far as it is up to itself and the hour.
    func earliest(_ entry: Entry) -> Moment {
        guard isQuieted(entry), let quietUntil else { return entry.dueAt }
        return max(entry.dueAt, quietUntil)
    }

    /// Withdraws what was raised in quiet hours, was not tried since, and has been resolved: nobody knows
    /// of it, and nobody has to.
    mutating func withdrawResolved() {
        guard let quiet = limits.quiet else { return }
        var resolved: Set<EventID> = []
        for entry in entries where entry.state == .waiting && entry.delivery.phase == .resolved {
            if let alert = entry.delivery.alertID { resolved.insert(alert) }
        }
        guard !resolved.isEmpty else { return }
        var unheard: Set<EventID> = []
        for entry in entries where entry.state == .waiting && entry.attempts == 0 {
            let delivery = entry.delivery
            if let alert = delivery.alertID, resolved.contains(alert), delivery.phase == .raised,
                quiet.contain(delivery.createdAt, in: zone)
            {
                unheard.insert(alert)
            }
        }
        for index in entries.indices where entries[index].state == .waiting {
            guard let alert = entries[index].delivery.alertID, unheard.contains(alert) else {
                continue
            }
            entries[index].state = .decided
            entries[index].unsettled = .withdrawn
        }
    }
}

extension ChannelQueue {
    /// Whether quiet hours let a delivery pass that is not in memory.
    package func passesQuietHours(_ delivery: Delivery, at now: Instant) -> Bool {
        guard let quiet = limits.quiet, quiet.contain(now, in: zone) else { return true }
        return delivery.isUrgent && !quiet.holdsCritical
    }
}
