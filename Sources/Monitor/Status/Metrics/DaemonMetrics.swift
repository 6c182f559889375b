import Alerting
import HTTP
import Store

extension DaemonFigures {
    /// Writes the metrics of the daemon, each family whole.
    func write(into metrics: inout MetricsWriter) {
        metrics.begin(.buildInfo)
        metrics.sample(.buildInfo, of: [Version.number], 1)
        writeStates(into: &metrics)
        writePolls(into: &metrics)
        writeDeliveries(into: &metrics)
        writeStore(into: &metrics)
        writeRequests(into: &metrics)
        metrics.begin(.reloadSuccessful)
        metrics.sample(.reloadSuccessful, overview.configurationError == nil ? 1 : 0)
        metrics.begin(.reloadTime)
        metrics.sample(.reloadTime, overview.configurationLoadedAt)
        writeProcess(into: &metrics)
    }

    private func writeStates(into metrics: inout MetricsWriter) {
        metrics.begin(.tokens)
        for health in TokenHealth.allCases {
            metrics.sample(
                .tokens,
                of: [health.rawValue],
                overview.summary.tally.tokens[health] ?? 0
            )
        }
        metrics.begin(.alerts)
        for (labels, count) in alertCounts { metrics.sample(.alerts, of: labels, count) }
    }

    /// Host, condition and severity, and how many there are: several channels may fail at once.
    ///
    /// Without a host it is the daemon's, which comes first.
    private var alertCounts: [(labels: [String], count: Int)] {
        var counts: [[String]: Int] = [:]
        for (subject, alerts) in overview.summary.subjects {
            let host =
                switch subject {
                case .host(let host): host
                case .daemon, .channel: ""
                }
            for alert in alerts.map(\.alert) {
                counts[[host, alert.condition.rawValue, alert.severity.rawValue], default: 0] += 1
            }
        }
        return counts.map { ($0.key, $0.value) }
            .sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
    }

    private func writePolls(into metrics: inout MetricsWriter) {
        let polls = overview.summary.tally.polls
        metrics.begin(.polls)
        for outcome in Outcome.allCases {
            metrics.sample(.polls, of: [outcome.rawValue], polls.count(outcome))
        }
        metrics.begin(.pollDuration)
        metrics.sample(.pollDuration, polls.duration)
        metrics.begin(.pollsInFlight)
        metrics.sample(.pollsInFlight, overview.summary.inFlight)
        metrics.begin(.tokensOverdue)
        metrics.sample(.tokensOverdue, overview.summary.overdue)
        metrics.begin(.nextPoll)
        if let next = overview.summary.nextPollAt { metrics.sample(.nextPoll, next) }
    }

    private func writeDeliveries(into metrics: inout MetricsWriter) {
        metrics.begin(.deliveries)
        for channel in channels {
            metrics.sample(.deliveries, of: [channel.name, "delivered"], channel.counts.delivered)
            metrics.sample(.deliveries, of: [channel.name, "given_up"], channel.counts.givenUp)
        }
        metrics.begin(.deliveryFailures)
        for channel in channels {
            metrics.sample(.deliveryFailures, of: [channel.name], channel.counts.failedAttempts)
        }
        metrics.begin(.deliveryDuration)
        for channel in channels {
            metrics.sample(.deliveryDuration, of: [channel.name], channel.duration)
        }
        let counts = channels.map { channel in deliveries.first { $0.channel == channel.name } }
        metrics.begin(.deliveriesWaiting)
        for (channel, count) in zip(channels, counts) {
            metrics.sample(.deliveriesWaiting, of: [channel.name], count?.waiting ?? 0)
        }
        metrics.begin(.deliveriesOldest)
        for case (let channel, let oldest?) in zip(channels, counts.map { $0?.oldestWaiting }) {
            // Deliveries that wait for the end of quiet hours are not stuck.
            if channel.isQuiet, channel.oldestWaiting == nil { continue }
            let since = max(oldest, channel.quietEndedAt ?? oldest)
            metrics.sample(.deliveriesOldest, of: [channel.name], since)
        }
    }

    private func writeStore(into metrics: inout MetricsWriter) {
        metrics.begin(.commits)
        metrics.sample(.commits, of: ["ok"], store.commits)
        metrics.sample(.commits, of: ["failed"], store.failures)
        metrics.begin(.commitDuration)
        metrics.sample(.commitDuration, store.duration)
        metrics.begin(.storeSize)
        metrics.sample(.storeSize, store.size)
    }

    private func writeRequests(into metrics: inout MetricsWriter) {
        metrics.begin(.requests)
        for (status, count) in http.answers.sorted(by: { $0.key < $1.key }) {
            metrics.sample(.requests, of: [String(status)], count)
        }
        metrics.begin(.requestDuration)
        metrics.sample(.requestDuration, http.duration)
        metrics.begin(.connections)
        metrics.sample(.connections, http.connections)
    }

    private func writeProcess(into metrics: inout MetricsWriter) {
        metrics.begin(.processCPU)
        metrics.sample(.processCPU, process.cpuTime)
        metrics.begin(.processMemory)
        metrics.sample(.processMemory, process.residentBytes)
        metrics.begin(.processDescriptors)
        metrics.sample(.processDescriptors, process.openDescriptors)
        metrics.begin(.processStart)
        metrics.sample(.processStart, startedAt)
    }
}
