/// The quiet hours of a channel.
extension ChannelQueue {
    /// Updates whether it is quiet now.
    ///
    /// Waits count from the end of quiet hours: held deliveries neither failed nor are stuck.
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
    /// A critical one passes, together with older ones of its subject.
    func isQuieted(_ entry: Entry) -> Bool {
        guard quietUntil != nil, entry.state == .waiting else { return false }
        return !entry.delivery.isUrgent || limits.quiet?.holdsCritical == true
    }

    /// The earliest start of a delivery, by its own wait and the quiet hours.
    func earliest(_ entry: Entry) -> Moment {
        guard isQuieted(entry), let quietUntil else { return entry.dueAt }
        return max(entry.dueAt, quietUntil)
    }

    /// Withdraws alerts that were raised and resolved within quiet hours.
    ///
    /// Nobody was notified of them.
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
            withdraw(index)
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
