/// One metric by name, as `GET /metrics` and the manual have it.
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

    /// Every metric there is, in the order in which they are written.
    package static let all: [MetricFamily] = ofDaemon + ofTokens
}

/// What is said of the daemon.
extension MetricFamily {
    static let buildInfo = MetricFamily(
        "tokenwatchd_build_info",
        .gauge,
        "The program that runs; always 1.",
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
        "1 for an alert of a host, or without a host of the daemon itself, that holds.",
        labels: ["host", "condition", "severity"]
    )
    static let polls = MetricFamily(
        "tokenwatchd_polls_total",
        .counter,
        "Polls that ended, by their outcome.",
        labels: ["outcome"]
    )
    static let pollDuration = MetricFamily(
        "tokenwatchd_poll_duration_seconds",
        .histogram,
        "From the beginning of a poll to its answer or failure."
    )
    static let pollsInFlight = MetricFamily(
        "tokenwatchd_polls_in_flight",
        .gauge,
        "Polls under way."
    )
    static let tokensOverdue = MetricFamily(
        "tokenwatchd_tokens_overdue",
        .gauge,
        "Tokens whose poll is overdue by more than twice their interval."
    )
    static let nextPoll = MetricFamily(
        "tokenwatchd_next_poll_timestamp_seconds",
        .gauge,
        "When the next poll or look at a token is due; soon past while the daemon works."
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
        "Attempts to deliver that failed in a way that may pass; they are made again.",
        labels: ["channel"]
    )
    static let deliveryDuration = MetricFamily(
        "tokenwatchd_delivery_duration_seconds",
        .histogram,
        "How long an attempt to deliver took.",
        labels: ["channel"]
    )
    static let deliveriesWaiting = MetricFamily(
        "tokenwatchd_deliveries_waiting",
        .gauge,
        "Deliveries that wait for their channel.",
        labels: ["channel"]
    )
    static let deliveriesOldest = MetricFamily(
        "tokenwatchd_deliveries_oldest_waiting_timestamp_seconds",
        .gauge,
        "When the oldest delivery that waits was made; absent while none waits.",
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
        "How long a transaction of the state took, until it was on the disk or failed."
    )
    static let storeSize = MetricFamily(
        "tokenwatchd_store_size_bytes",
        .gauge,
        "Size of the database with its log."
    )
    static let requests = MetricFamily(
        "tokenwatchd_http_requests_total",
        .counter,
        "Requests to the status sockets, by the status of the answer.",
        labels: ["code"]
    )
    static let requestDuration = MetricFamily(
        "tokenwatchd_http_request_duration_seconds",
        .histogram,
        "From a whole request to the beginning of its answer."
    )
    static let connections = MetricFamily(
        "tokenwatchd_http_connections",
        .gauge,
        "Open connections to the status sockets."
    )
    static let reloadSuccessful = MetricFamily(
        "tokenwatchd_config_last_reload_successful",
        .gauge,
        "Whether the configuration was loaded at the last attempt: 1 or 0."
    )
    static let reloadTime = MetricFamily(
        "tokenwatchd_config_last_reload_success_timestamp_seconds",
        .gauge,
        "When the configuration in use was loaded."
    )
    static let processCPU = MetricFamily(
        "process_cpu_seconds_total",
        .counter,
        "Processor time of the process, in user and system mode."
    )
    static let processMemory = MetricFamily(
        "process_resident_memory_bytes",
        .gauge,
        "Memory of the process that is resident."
    )
    static let processDescriptors = MetricFamily(
        "process_open_fds",
        .gauge,
        "File descriptors that are open."
    )
    static let processStart = MetricFamily(
        "process_start_time_seconds",
        .gauge,
        "When the daemon was started."
    )

    static let ofDaemon = [
        buildInfo, tokens, alerts, polls, pollDuration, pollsInFlight, tokensOverdue, nextPoll,
        deliveries,
        deliveryFailures, deliveryDuration, deliveriesWaiting, deliveriesOldest, commits,
        commitDuration, storeSize, requests, requestDuration, connections, reloadSuccessful,
        reloadTime, processCPU, processMemory, processDescriptors, processStart,
    ]
}

/// What is said of each token.
extension MetricFamily {
    static let tokenInfo = MetricFamily(
        "tokenwatchd_token_info",
        .gauge,
        "A watched token as it is configured; always 1.",
        labels: ["token", "provider", "host", "owner"]
    )
    static let tokenExpiry = MetricFamily(
        "tokenwatchd_token_expiry_timestamp_seconds",
        .gauge,
        "When the token expires; absent where it never does, or it is not known.",
        labels: ["token"]
    )
    static let tokenSuccess = MetricFamily(
        "tokenwatchd_token_last_success_timestamp_seconds",
        .gauge,
        "When the provider gave its last good answer; absent before the first.",
        labels: ["token"]
    )
    static let tokenAlert = MetricFamily(
        "tokenwatchd_token_alert",
        .gauge,
        "1 for an alert of the token that holds.",
        labels: ["token", "condition", "severity"]
    )
    static let tokenPermissions = MetricFamily(
        "tokenwatchd_token_permissions",
        .gauge,
        "How many permissions the token holds, as spelled; absent where they are not told.",
        labels: ["token"]
    )

    static let ofTokens = [tokenInfo, tokenExpiry, tokenSuccess, tokenAlert, tokenPermissions]
}
