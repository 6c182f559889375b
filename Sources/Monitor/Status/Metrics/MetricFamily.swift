/// One metric, as in `GET /metrics` and the manual.
package struct MetricFamily: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    package let name: String
    package let kind: Kind
    /// One sentence; no line feed, no backslash.
    package let help: String
    /// The names of its labels, in the order of their values.
    package let labels: [String]

    init(_ name: String, _ kind: Kind, _ help: String, labels: [String] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }

    /// The same metric under its name of version 0.1.
    var withOldName: MetricFamily {
        MetricFamily(
            name.replacing("tokenwatchd_", with: "tokenwatch_"),
            kind,
            help,
            labels: labels
        )
    }

    /// Every metric, in the order of the answer.
    package static let all: [MetricFamily] = ofDaemon + ofTokens
}

/// Metrics of the daemon.
extension MetricFamily {
    static let buildInfo = MetricFamily(
        "tokenwatchd_build_info",
        .gauge,
        "The running program; always 1.",
        labels: ["version"]
    )
    static let tokens = MetricFamily(
        "tokenwatchd_tokens",
        .gauge,
        "Watched tokens by state.",
        labels: ["state"]
    )
    static let alerts = MetricFamily(
        "tokenwatchd_alert",
        .gauge,
        "1 for an active alert of a host, or without a host of the daemon.",
        labels: ["host", "condition", "severity"]
    )
    static let polls = MetricFamily(
        "tokenwatchd_polls_total",
        .counter,
        "Polls that ended, by outcome.",
        labels: ["outcome"]
    )
    static let pollDuration = MetricFamily(
        "tokenwatchd_poll_duration_seconds",
        .histogram,
        "Time from the start of a poll to its answer or failure."
    )
    static let pollsInFlight = MetricFamily(
        "tokenwatchd_polls_in_flight",
        .gauge,
        "Polls in flight."
    )
    static let tokensOverdue = MetricFamily(
        "tokenwatchd_tokens_overdue",
        .gauge,
        "Tokens whose poll is overdue by more than twice their interval."
    )
    static let nextPoll = MetricFamily(
        "tokenwatchd_next_poll_timestamp_seconds",
        .gauge,
        "Time of the next poll or evaluation of a token; in the past only if the daemon stalls."
    )
    static let deliveries = MetricFamily(
        "tokenwatchd_deliveries_total",
        .counter,
        "Deliveries that ended, by channel and result: delivered or given_up.",
        labels: ["channel", "result"]
    )
    static let deliveryFailures = MetricFamily(
        "tokenwatchd_delivery_failures_total",
        .counter,
        "Attempts to deliver that failed and will be retried.",
        labels: ["channel"]
    )
    static let deliveryDuration = MetricFamily(
        "tokenwatchd_delivery_duration_seconds",
        .histogram,
        "Duration of an attempt to deliver.",
        labels: ["channel"]
    )
    static let deliveriesWaiting = MetricFamily(
        "tokenwatchd_deliveries_waiting",
        .gauge,
        "Pending deliveries of the channel.",
        labels: ["channel"]
    )
    static let deliveriesOldest = MetricFamily(
        "tokenwatchd_deliveries_oldest_waiting_timestamp_seconds",
        .gauge,
        "Creation time of the oldest pending delivery; absent if none is pending.",
        labels: ["channel"]
    )
    static let commits = MetricFamily(
        "tokenwatchd_store_commits_total",
        .counter,
        "Transactions of the state, by result: ok or failed.",
        labels: ["result"]
    )
    static let commitDuration = MetricFamily(
        "tokenwatchd_store_commit_duration_seconds",
        .histogram,
        "Duration of a transaction of the state, until it was on the disk or failed."
    )
    static let storeSize = MetricFamily(
        "tokenwatchd_store_size_bytes",
        .gauge,
        "Size of the database with its log."
    )
    static let requests = MetricFamily(
        "tokenwatchd_http_requests_total",
        .counter,
        "Requests to the status sockets, by status of the answer.",
        labels: ["code"]
    )
    static let requestDuration = MetricFamily(
        "tokenwatchd_http_request_duration_seconds",
        .histogram,
        "Time from a complete request to the start of its answer."
    )
    static let connections = MetricFamily(
        "tokenwatchd_http_connections",
        .gauge,
        "Open connections to the status sockets."
    )
    static let reloadSuccessful = MetricFamily(
        "tokenwatchd_config_last_reload_successful",
        .gauge,
        "1 if the last attempt to load the configuration succeeded, else 0."
    )
    static let reloadTime = MetricFamily(
        "tokenwatchd_config_last_reload_success_timestamp_seconds",
        .gauge,
        "Time when the configuration in use was loaded."
    )
    static let processCPU = MetricFamily(
        "process_cpu_seconds_total",
        .counter,
        "Processor time of the process, in user and system mode."
    )
    static let processMemory = MetricFamily(
        "process_resident_memory_bytes",
        .gauge,
        "Resident memory of the process."
    )
    static let processDescriptors = MetricFamily(
        "process_open_fds",
        .gauge,
        "Open file descriptors."
    )
    static let processStart = MetricFamily(
        "process_start_time_seconds",
        .gauge,
        "Start time of the daemon."
    )

    static let ofDaemon = [
        buildInfo, tokens, alerts, polls, pollDuration, pollsInFlight, tokensOverdue, nextPoll,
        deliveries,
        deliveryFailures, deliveryDuration, deliveriesWaiting, deliveriesOldest, commits,
        commitDuration, storeSize, requests, requestDuration, connections, reloadSuccessful,
        reloadTime, processCPU, processMemory, processDescriptors, processStart,
    ]
}

/// Metrics of each token.
extension MetricFamily {
    static let tokenInfo = MetricFamily(
        "tokenwatchd_token_info",
        .gauge,
        "A watched token, as configured; always 1.",
        labels: ["token", "provider", "host", "owner"]
    )
    static let tokenExpiry = MetricFamily(
        "tokenwatchd_token_expiry_timestamp_seconds",
        .gauge,
        "Expiry of the token; absent without an expiry, or if it is unknown.",
        labels: ["token"]
    )
    static let tokenSuccess = MetricFamily(
        "tokenwatchd_token_last_success_timestamp_seconds",
        .gauge,
        "Time of the provider's last good answer; absent before the first.",
        labels: ["token"]
    )
    static let tokenInterval = MetricFamily(
        "tokenwatchd_token_poll_interval_seconds",
        .gauge,
        "Configured time between two polls; absent for a token of an inventory.",
        labels: ["token"]
    )
    static let tokenAlert = MetricFamily(
        "tokenwatchd_token_alert",
        .gauge,
        "1 for an active alert of the token.",
        labels: ["token", "condition", "severity"]
    )
    static let tokenPermissions = MetricFamily(
        "tokenwatchd_token_permissions",
        .gauge,
        "Number of the token's permissions, as spelled; absent if not reported.",
        labels: ["token"]
    )

    static let ofTokens = [
        tokenInfo, tokenExpiry, tokenSuccess, tokenInterval, tokenAlert, tokenPermissions,
    ]
}
