package import Alerting
import Formats
import HTTP
import Store

extension OpenAlert {
    /// Returns the alert as an event, with the labels of the event that raised it.
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

/// Sends active alerts to Alertmanager repeatedly, because it forgets alerts that are not repeated.
///
/// An alert that is no longer active ends at most one round later, even if its delivery failed.
/// The same applies to an alert with a lowered severity, which has no event.
package actor AlertmanagerKeeper {
    private let channel: WebhookChannel
    private let instance: String
    private let clock: @Sendable () -> Instant
    private let sleep: @Sendable (Duration) async throws -> Void
    private let quiet: QuietHours?
    private let openAlerts: @Sendable () async -> [OpenAlert]
    /// The sent alerts that may still be active there, by their labels.
    private var kept: [[String: String]: EventFields] = [:]
    /// The error of the last round; nil if it succeeded.
    private var problem: String?

    /// The time between two rounds: shorter than Alertmanager's `resolve_timeout` of 5 min.
    package static let interval = Duration.minutes(4)
    /// The alerts of one POST request; some 1 KiB each.
    private static let atOnce = 256

    /// - Parameters:
    ///   - channel: A channel of the format `alertmanager`.
    ///   - instance: The daemon's name, as in events.
    ///   - clock: Wall time.
    ///   - sleep: Waits between two rounds.
    ///   - quiet: The channel's quiet hours; an alert that begins in them waits for their end.
    ///   - openAlerts: The active alerts that this channel was notified of.
    package init(
        channel: WebhookChannel,
        instance: String,
        clock: @escaping @Sendable () -> Instant,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        },
        quiet: QuietHours? = nil,
        openAlerts: @escaping @Sendable () async -> [OpenAlert]
    ) {
        self.channel = channel
        self.instance = instance
        self.clock = clock
        self.sleep = sleep
        self.quiet = quiet
        self.openAlerts = openAlerts
    }

    /// Keeps alerts until the task is cancelled; the first round starts immediately.
    ///
    /// A later run ends the alerts that earlier rounds have left.
    /// `report` gets a line when rounds begin to fail and when they work again, and whether it is a
    /// problem.
    package func run(report: @Sendable (String, _ isProblem: Bool) -> Void) async {
        while !Task.isCancelled {
            let before = problem
            await keep()
            if Task.isCancelled {
                // A cancelled request is not a failure.
                problem = before
                break
            }
            if let problem, before == nil {
                report("channels.\(channel.name): cannot refresh active alerts: \(problem)", true)
            } else if problem == nil, before != nil {
                report("channels.\(channel.name): refreshing active alerts works again", false)
            }
            do { try await sleep(Self.interval) } catch { break }
        }
    }

    /// Runs one round: sends the active alerts, then the ends of alerts that are no longer active.
    ///
    /// - Returns: The error; nil if nothing failed.
    @discardableResult
    package func keep() async -> String? {
        let holding = await fieldsOfOpenAlerts()
        problem = await send(holding.values.map { AlertmanagerFormat.holding($0, at: clock()) })
        // An alert needs no end only if Alertmanager never accepted it.
        for (labels, fields) in holding { kept[labels] = fields }
        // The alerts are read again, because another POST would revive an alert that has ended.
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
        let alerts = await openAlerts().filter { !isQuieted($0, at: now) }
            .map { $0.fields(instance: instance, at: now) }
        return Dictionary(
            alerts.map { (AlertmanagerFormat.holding($0, at: now).labels, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Whether quiet hours delay an alert that Alertmanager does not have yet.
    private func isQuieted(_ alert: OpenAlert, at now: Instant) -> Bool {
        guard let quiet,
            quiet.holds(alert.severity, since: alert.since, at: now, in: LocalTime.ofProcess())
        else { return false }
        return !kept.values.contains { $0.alertID == alert.alertID.description }
    }

    /// Posts alerts, some at a time; returns the last error, or nil.
    private func send(_ alerts: [AlertmanagerAlert]) async -> String? {
        var failed: String?
        for start in stride(from: 0, to: alerts.count, by: Self.atOnce) {
            let part = alerts[start..<min(start + Self.atOnce, alerts.count)]
            let message = AlertmanagerFormat.message(of: Array(part), page: channel.page)
            let id = "keep-\(clock().milliseconds)-\(start)"
            failed = await channel.send(message, id: id).error ?? failed
        }
        return failed
    }
}
