import Alerting
import HTTP
import Store

extension DaemonFigures {
    /// Writes the metrics of the daemon, each family completely.
    func write(into metrics: inout MetricsWriter) {
        for metric in Self.metrics {
            metrics.begin(metric.family)
            metric.write(self, &metrics)
        }
    }

    static let metrics: [Metric<DaemonFigures>] =
        ofStates + ofPolls + ofDeliveries + ofStore + ofRequests + ofProcess

    private static let ofStates: [Metric<DaemonFigures>] = [
        Metric(
            "tokenwatchd_build_info",
            .gauge,
            "The running program; always 1.",
            labels: ["version"]
        ) { $1.sample(of: [Version.number], 1) },
        Metric(
            "tokenwatchd_tokens",
            .gauge,
            "Watched tokens by state.",
            labels: ["state"]
        ) { figures, metrics in
            let counts = figures.overview.summary.tally.tokens
            for health in TokenHealth.allCases {
                metrics.sample(of: [health.rawValue], counts[health] ?? 0)
            }
        },
        Metric(
            "tokenwatchd_alert",
            .gauge,
            "1 for each active alert of a host, or of the daemon if host is empty.",
            labels: ["host", "condition", "severity"]
        ) { figures, metrics in
            for (labels, count) in figures.alertCounts { metrics.sample(of: labels, count) }
        },
    ]

    /// The numbers of alerts by host, condition and severity: several channels may fail at once.
    ///
    /// The daemon's own alerts have no host and come first.
    private var alertCounts: [(labels: [String], count: Int)] {
        var counts: [[String]: Int] = [:]
        for (subject, alerts) in overview.summary.subjects {
            let host = if case .host(let host) = subject { host } else { "" }
            for alert in alerts.map(\.alert) {
                counts[[host, alert.condition.rawValue, alert.severity.rawValue], default: 0] += 1
            }
        }
        return counts.map { ($0.key, $0.value) }
            .sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
    }

    private static let ofPolls: [Metric<DaemonFigures>] = [
        Metric(
            "tokenwatchd_polls_total",
            .counter,
            "Polls that ended, by outcome.",
            labels: ["outcome"]
        ) { figures, metrics in
            for outcome in Outcome.allCases {
                let count = figures.overview.summary.tally.polls.count(outcome)
                metrics.sample(of: [outcome.rawValue], count)
            }
        },
        Metric(
            "tokenwatchd_poll_duration_seconds",
            .histogram,
            "Time from the start of a poll to its answer or failure."
        ) { $1.sample($0.overview.summary.tally.polls.duration) },
        Metric("tokenwatchd_polls_in_flight", .gauge, "Polls in flight.") {
            $1.sample($0.overview.summary.inFlight)
        },
        Metric(
            "tokenwatchd_tokens_overdue",
            .gauge,
            "Tokens whose poll is overdue by more than twice their interval."
        ) { $1.sample($0.overview.summary.overdue) },
        Metric(
            "tokenwatchd_next_poll_timestamp_seconds",
            .gauge,
            "Time of the next poll or evaluation of a token; in the past only if the daemon stalls."
        ) { figures, metrics in
            if let next = figures.overview.summary.nextPollAt { metrics.sample(next) }
        },
    ]

    private static let ofDeliveries: [Metric<DaemonFigures>] = [
        Metric(
            "tokenwatchd_deliveries_total",
            .counter,
            "Deliveries that ended, by channel and result: delivered or given_up.",
            labels: ["channel", "result"]
        ) { figures, metrics in
            for channel in figures.channels {
                metrics.sample(of: [channel.name, "delivered"], channel.counts.delivered)
                metrics.sample(of: [channel.name, "given_up"], channel.counts.givenUp)
            }
        },
        Metric(
            "tokenwatchd_delivery_failures_total",
            .counter,
            "Attempts to deliver that failed and will be retried.",
            labels: ["channel"]
        ) { figures, metrics in
            for channel in figures.channels {
                metrics.sample(of: [channel.name], channel.counts.failedAttempts)
            }
        },
        Metric(
            "tokenwatchd_delivery_duration_seconds",
            .histogram,
            "Duration of an attempt to deliver.",
            labels: ["channel"]
        ) { figures, metrics in
            for channel in figures.channels { metrics.sample(of: [channel.name], channel.duration) }
        },
        Metric(
            "tokenwatchd_deliveries_waiting",
            .gauge,
            "Pending deliveries of the channel.",
            labels: ["channel"]
        ) { figures, metrics in
            for channel in figures.channels {
                metrics.sample(of: [channel.name], figures.pending(at: channel)?.waiting ?? 0)
            }
        },
        Metric(
            "tokenwatchd_deliveries_oldest_waiting_timestamp_seconds",
            .gauge,
            "Creation time of the oldest pending delivery; absent if none is pending.",
            labels: ["channel"]
        ) { figures, metrics in
            for channel in figures.channels {
                guard let oldest = figures.pending(at: channel)?.oldestWaiting else { continue }
                // Deliveries that wait for the end of quiet hours are not stuck.
                if channel.isQuiet, channel.oldestWaiting == nil { continue }
                metrics.sample(of: [channel.name], max(oldest, channel.quietEndedAt ?? oldest))
            }
        },
    ]

    private func pending(at channel: ChannelReport) -> DeliveryCount? {
        deliveries.first { $0.channel == channel.name }
    }

    private static let ofStore: [Metric<DaemonFigures>] = [
        Metric(
            "tokenwatchd_store_commits_total",
            .counter,
            "Transactions of the state, by result: ok or failed.",
            labels: ["result"]
        ) { figures, metrics in
            metrics.sample(of: ["ok"], figures.store.commits)
            metrics.sample(of: ["failed"], figures.store.failures)
        },
        Metric(
            "tokenwatchd_store_commit_duration_seconds",
            .histogram,
            "Duration of a transaction of the state, until it was on the disk or failed."
        ) { $1.sample($0.store.duration) },
        Metric(
            "tokenwatchd_store_size_bytes",
            .gauge,
            "Size of the database with its log."
        ) { $1.sample($0.store.size) },
    ]

    private static let ofRequests: [Metric<DaemonFigures>] = [
        Metric(
            "tokenwatchd_http_requests_total",
            .counter,
            "Requests to the status sockets, by status of the answer.",
            labels: ["code"]
        ) { figures, metrics in
            for (status, count) in figures.http.answers.sorted(by: { $0.key < $1.key }) {
                metrics.sample(of: [String(status)], count)
            }
        },
        Metric(
            "tokenwatchd_http_request_duration_seconds",
            .histogram,
            "Time from a complete request to the start of its answer."
        ) { $1.sample($0.http.duration) },
        Metric(
            "tokenwatchd_http_connections",
            .gauge,
            "Open connections to the status sockets."
        ) { $1.sample($0.http.connections) },
    ]

    private static let ofProcess: [Metric<DaemonFigures>] = [
        Metric(
            "tokenwatchd_config_last_reload_successful",
            .gauge,
            "1 if the last attempt to load the configuration succeeded, else 0."
        ) { $1.sample($0.overview.configurationError == nil ? 1 : 0) },
        Metric(
            "tokenwatchd_config_last_reload_success_timestamp_seconds",
            .gauge,
            "Time when the configuration in use was loaded."
        ) { $1.sample($0.overview.configurationLoadedAt) },
        Metric(
            "process_cpu_seconds_total",
            .counter,
            "Processor time of the process, in user and system mode."
        ) { $1.sample($0.process.cpuTime) },
        Metric(
            "process_resident_memory_bytes",
            .gauge,
            "Resident memory of the process."
        ) { $1.sample($0.process.residentBytes) },
        Metric("process_open_fds", .gauge, "Open file descriptors.") {
            $1.sample($0.process.openDescriptors)
        },
        Metric(
            "process_start_time_seconds",
            .gauge,
            "Start time of the daemon."
        ) { $1.sample($0.startedAt) },
    ]
}
