import Alerting

/// The answer to `GET /metrics`, page by page: the metrics of the daemon, then of tokens.
///
/// The format requires all samples of a metric together, so each metric is a pass over the tokens.
actor MetricsPages {
    private let tokens: @Sendable (_ after: TokenID?, _ limit: Int) async -> [TokenSnapshot]
    private let pageSize: Int
    /// The text that is already written, until it is returned.
    private var opening: [UInt8]?
    private var metrics: ArraySlice<Metric<TokenSnapshot>>
    private var last: TokenID?

    /// - Parameters:
    ///   - opening: the metrics of the daemon.
    ///   - pageSize: the number of tokens that are written at once.
    ///   - oldNames: whether to repeat the metrics under their names of version 0.1.
    ///   - tokens: the tokens, in the order of their ids.
    init(
        opening: [UInt8],
        pageSize: Int,
        oldNames: Bool = false,
        tokens: @escaping @Sendable (TokenID?, Int) async -> [TokenSnapshot]
    ) {
        self.opening = opening
        self.pageSize = pageSize
        self.tokens = tokens
        metrics = (Self.metrics + (oldNames ? Self.metrics.map(\.withOldName) : []))[...]
    }

    /// Returns the next piece of text, which may be empty; nil after the end.
    func next() async -> [UInt8]? {
        if let opening = opening.take() { return opening }
        guard let metric = metrics.first else { return nil }
        let page = await tokens(last, pageSize)
        var writer = MetricsWriter(reserving: 100 * page.count + 512)
        writer.begin(metric.family, isContinued: last != nil)
        for token in page { metric.write(token, &writer) }
        last = page.last?.settings.id
        if page.count < pageSize {
            metrics.removeFirst()
            last = nil
        }
        return writer.bytes
    }
}

/// The metrics of each token.
extension MetricsPages {
    static let metrics: [Metric<TokenSnapshot>] = [
        Metric(
            "tokenwatchd_token_info",
            .gauge,
            "A watched token, as configured; always 1.",
            labels: ["token", "provider", "host", "owner"]
        ) { token, metrics in
            let settings = token.settings
            let labels = [settings.id.text, settings.provider, settings.host, settings.owner ?? ""]
            metrics.sample(of: labels, 1)
        },
        Metric(
            "tokenwatchd_token_expiry_timestamp_seconds",
            .gauge,
            "Expiry of the token; absent without an expiry, or if it is unknown.",
            labels: ["token"]
        ) { token, metrics in
            guard let expiry = token.effectiveExpiry.instant else { return }
            metrics.sample(of: [token.settings.id.text], expiry)
        },
        Metric(
            "tokenwatchd_token_last_success_timestamp_seconds",
            .gauge,
            "Time of the provider's last good answer; absent before the first.",
            labels: ["token"]
        ) { token, metrics in
            guard let lastOkAt = token.state.lastOkAt else { return }
            metrics.sample(of: [token.settings.id.text], lastOkAt)
        },
        Metric(
            "tokenwatchd_token_poll_interval_seconds",
            .gauge,
            "Configured time between two polls; absent for a token of an inventory.",
            labels: ["token"]
        ) { token, metrics in
            // A listed token is polled with its inventory, and the interval is the inventory's.
            guard token.settings.id.inventory == nil else { return }
            metrics.sample(of: [token.settings.id.text], token.settings.interval)
        },
        Metric(
            "tokenwatchd_token_alert",
            .gauge,
            "1 for an active alert of the token.",
            labels: ["token", "condition", "severity"]
        ) { token, metrics in
            let id = token.settings.id.text
            for alert in token.state.shownAlerts {
                metrics.sample(of: [id, alert.condition.rawValue, alert.severity.rawValue], 1)
            }
        },
        Metric(
            "tokenwatchd_token_permissions",
            .gauge,
            "Number of the token's permissions, as spelled; absent if not reported.",
            labels: ["token"]
        ) { token, metrics in
            guard let held = token.state.known?.permissions else { return }
            metrics.sample(of: [token.settings.id.text], held.words.count)
        },
    ]
}
