package import Alerting

extension OpenAlert {
    /// The same as an event, whose labels are then the same as those of the event that told of it.
    func fields(instance: String, at now: Instant) -> EventFields {
        EventFields(
            Event(
                id: alertID,
                at: now,
                subject: subject,
                kind: .condition(condition),
                phase: .reminded,
                severity: severity,
                summary: summary,
                alertID: alertID,
                since: since,
                details: details
            ),
            instance: instance
        )
    }
}

/// Sends Alertmanager again and again what still holds, as it forgets what nobody repeats.
///
/// An alert that is no longer active ends a round later at most, even if its delivery failed;
/// so does an alert with a lowered severity, which has no event.
package actor AlertmanagerKeeper {
    private let channel: WebhookChannel
    private let instance: String
    private let clock: @Sendable () -> Instant
    private let sleep: @Sendable (Duration) async throws -> Void
    private let openAlerts: @Sendable () async -> [OpenAlert]
    /// What was sent and is not known to have ended, by its labels.
    private var kept: [[String: String]: EventFields] = [:]
    /// Why the last round failed; nil if it did not.
    private var problem: String?

    /// Between two rounds: shorter than Alertmanager's own `resolve_timeout` of 5 min.
    package static let interval = Duration.minutes(4)
    /// Alerts of one post; some 1 KiB each.
    private static let atOnce = 256

    /// - Parameters:
    ///   - channel: A channel of the format `alertmanager`.
    ///   - instance: The daemon's name, as in events.
    ///   - clock: Wall time.
    ///   - sleep: Waits between two rounds.
    ///   - openAlerts: The active alerts that this channel was notified of.
    package init(
        channel: WebhookChannel,
        instance: String,
        clock: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        },
        openAlerts: @escaping @Sendable () async -> [OpenAlert]
    ) {
        self.channel = channel
        self.instance = instance
        self.clock = clock
        self.sleep = sleep
        self.openAlerts = openAlerts
    }

    /// Keeps alerts until the task is cancelled; the first round is at once.
    ///
    /// It may be run again afterwards, and then ends what the rounds before it have left.
    /// `report` gets a line when rounds begin to fail, and one when they work again; whether it is a
    /// problem.
    package func run(report: @Sendable (String, _ isProblem: Bool) -> Void) async {
        while !Task.isCancelled {
            let before = problem
            await keep()
            if Task.isCancelled {
                // A post that was cut off is nobody's failure.
                problem = before
                break
            }
            if let problem, before == nil {
                report("channels.\(channel.name): alerts cannot be kept: \(problem)", true)
            } else if problem == nil, before != nil {
                report("channels.\(channel.name): alerts are kept again", false)
            }
            do { try await sleep(Self.interval) } catch { break }
        }
    }

    /// One round: sends what holds, then the ends of what was sent and holds no longer.
    ///
    /// - Returns: What failed; nil if nothing did.
    @discardableResult
    package func keep() async -> String? {
        let holding = await fieldsOfOpenAlerts()
        problem = await send(holding.values.map { AlertmanagerFormat.holding($0, at: clock()) })
        // Only what nobody took cannot have to be ended.
        for (labels, fields) in holding { kept[labels] = fields }
        // Asked again: an alert that ended during the post would live on by it.
        let stillHolding = await fieldsOfOpenAlerts()
        let gone = kept.filter { stillHolding[$0.key] == nil }
        if gone.isEmpty { return problem }
        if let failed = await send(gone.values.map { AlertmanagerFormat.ended($0, at: clock()) }) {
            problem = failed
        } else {
            for labels in gone.keys { kept[labels] = nil }
        }
        return problem
    }

    private func fieldsOfOpenAlerts() async -> [[String: String]: EventFields] {
        let now = clock()
        let alerts = await openAlerts().map { $0.fields(instance: instance, at: now) }
        return Dictionary(
            alerts.map { (AlertmanagerFormat.holding($0, at: now).labels, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Posts alerts, some at a time; what failed last, nil if nothing did.
    private func send(_ alerts: [AlertmanagerAlert]) async -> String? {
        var failed: String?
        for start in stride(from: 0, to: alerts.count, by: Self.atOnce) {
            let part = alerts[start..<min(start + Self.atOnce, alerts.count)]
            let message = AlertmanagerFormat.message(of: Array(part), page: channel.page)
            let id = "keep-\(clock().milliseconds)-\(start)"
            switch await channel.send(message, id: id) {
            case .delivered: continue
            case .retry(let error, _), .giveUp(let error): failed = error
            }
        }
        return failed
    }
}
