/// The outlook for future events.
extension ChannelQueue {
    /// The fate of one event at a channel whose receiver accepts everything at once.
    package enum Fate: Hashable, Sendable {
        /// The event is sent, in a message of this many events.
        case sent(at: Instant, ofCount: Int)
        /// The event's alert is raised and resolved within the quiet hours.
        case withdrawn
        /// A newer reminder replaces the event while it is pending.
        case replaced
    }

    /// The fates of the channel's events, if this queue is empty, under a clock that jumps.
    ///
    /// - Parameter events: in the order of time.
    /// - Returns: one fate for each event.
    package func fates(of events: [Event]) -> [Fate] {
        guard limits.groupWait != nil || limits.quiet != nil else {
            return events.map { .sent(at: $0.at, ofCount: 1) }
        }
        var outlook = QueueOutlook(queue: self)
        outlook.run(events)
        return outlook.fates
    }

    /// The fates of events that are sent neither when they happen nor after `groupWait`.
    ///
    /// - Parameters:
    ///   - events: in the order of time.
    ///   - queues: empty ones, of the channels that may hold events back.
    /// - Returns: the fates of each event, by channel.
    package static func delays(
        of events: [Event],
        by queues: [String: ChannelQueue]
    ) -> [[(channel: String, fate: Fate)]] {
        var delays: [[(channel: String, fate: Fate)]] = events.map { _ in [] }
        for channel in queues.keys.sorted() {
            guard let queue = queues[channel] else { continue }
            let own = events.indices.filter { events[$0].channels.contains(channel) }
            let fates = queue.fates(of: own.map { events[$0] })
            for (index, fate) in zip(own, fates) where fate.isLate(events[index], queue.limits) {
                delays[index].append((channel, fate))
            }
        }
        return delays
    }
}

extension ChannelQueue.Fate {
    /// Whether quiet hours delay an event or prevent it from being sent.
    package func isLate(_ event: Event, _ limits: ChannelQueue.Limits) -> Bool {
        guard case .sent(let instant, _) = self else { return true }
        return instant > event.at + (limits.groupWait ?? .zero)
    }

    /// The time at which it is sent; nil if it is not.
    package var sentAt: Instant? {
        if case .sent(let instant, _) = self { instant } else { nil }
    }

    /// `sent 2026-11-29 07:00 UTC (in 9 h), after the quiet hours`.
    package func words(at now: Instant) -> String {
        switch self {
        case .sent(let instant, _): "sent \(instant.forPeople(at: now)), after the quiet hours"
        case .withdrawn: "not sent: it is resolved within the quiet hours"
        case .replaced: "not sent: a newer reminder replaces it within the quiet hours"
        }
    }
}

/// A queue that receives events, and whose messages all arrive.
private struct QueueOutlook {
    var queue: ChannelQueue
    var fates: [ChannelQueue.Fate] = []
    /// Events that have happened, and have no place in memory yet.
    var backlog: ArraySlice<Delivery> = []
    /// No attempt fails, so that nothing depends on chance.
    var generator = SystemRandomNumberGenerator()

    mutating func run(_ events: [Event]) {
        // Events that stay undecided were withdrawn.
        fates = events.map { _ in .withdrawn }
        var arrived = 0
        var next = events.first?.at
        while let instant = next {
            let now = Now(instant: instant, moment: Moment(milliseconds: instant.milliseconds))
            while arrived < events.count, events[arrived].at <= instant {
                arrive(Delivery(events[arrived], number: arrived))
                arrived += 1
            }
            repeat { take(at: now) } while send(at: now) && !backlog.isEmpty
            let start = queue.nextStart().map { Instant(milliseconds: $0.milliseconds) }
            let event = arrived < events.count ? events[arrived].at : nil
            // Time passes at each turn, so that this ends.
            next = [start, event].compactMap(\.self).min().map {
                max($0, instant + .milliseconds(1))
            }
        }
    }

    private mutating func arrive(_ delivery: Delivery) {
        backlog.append(delivery)
        guard delivery.phase == .reminded else { return }
        let older = queue.entries.indices.filter { index in
            let pending = queue.entries[index].delivery
            return pending.phase == .reminded && pending.alertID == delivery.alertID
        }
        for index in older.reversed() {
            fates[Int(queue.entries[index].delivery.id)] = .replaced
            queue.entries.remove(at: index)
        }
    }

    /// Loads the deliveries that the store would return: urgent events first, then the oldest.
    private mutating func take(at now: Now) {
        var urgent: [String: Int64] = [:]
        for delivery in backlog where delivery.isUrgent { urgent[delivery.subject] = delivery.id }
        let isFull = queue.entries.count >= queue.limits.lookAhead
        guard !backlog.isEmpty, !isFull || !urgent.isEmpty else { return }
        queue.noteMore(reorders: true)
        guard let page = queue.requestPage(at: now) else { return }
        var pending = queue.entries.map(\.delivery) + backlog
        // Older deliveries of a subject go before an urgent one.
        for index in pending.indices where pending[index].id < urgent[pending[index].subject] ?? 0 {
            pending[index].isUrgent = true
        }
        pending.sort { $0.place < $1.place }
        backlog = pending.dropFirst(page.limit)
        queue.take(Array(pending.prefix(page.limit)), of: page, isFull: !backlog.isEmpty, at: now)
    }

    /// Sends the due deliveries.
    ///
    /// - Returns: whether there was anything.
    private mutating func send(at now: Now) -> Bool {
        var hasSent = false
        while true {
            let message = queue.startDigest(at: now)
            let sent = message?.deliveries ?? queue.start(at: now)
            for delivery in sent {
                fates[Int(delivery.id)] = .sent(
                    at: now.instant,
                    ofCount: message?.deliveries.count ?? 1
                )
                if message == nil {
                    queue.finish(delivery.id, .delivered, at: now, using: &generator)
                }
            }
            if let message { queue.finish(message, .delivered, at: now, using: &generator) }
            queue.confirm(queue.unsettled())
            guard !sent.isEmpty else { return hasSent }
            hasSent = true
        }
    }
}

extension Delivery {
    fileprivate var place: ChannelQueue.Place {
        ChannelQueue.Place(isUrgent: isUrgent, id: id)
    }

    /// Creates a delivery of a future event.
    fileprivate init(_ event: Event, number: Int) {
        let subject =
            switch event.subject {
            case .token(let card): "token:\(card.id)"
            case .host(let host): "host:\(host)"
            case .daemon: "daemon"
            }
        self.init(
            id: Int64(number),
            eventID: event.id,
            channel: "",
            subject: subject,
            type: event.kind.name,
            phase: event.phase,
            severity: event.severity,
            summary: event.summary,
            body: "",
            createdAt: event.at,
            attempts: 0,
            nextAttemptAt: event.at,
            lastError: nil,
            givenUpAt: nil,
            isUrgent: event.severity == .critical,
            alertID: event.alertID
        )
    }
}
