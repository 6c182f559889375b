import Alerting

/// The answer to `GET /metrics`, a page at a time: the metrics of the daemon, then those of tokens.
///
/// The format wants all samples of a metric together, so each metric is a pass over the tokens.
actor MetricsPages {
    private let tokens: @Sendable (_ after: TokenID?, _ limit: Int) async -> [TokenSnapshot]
    private let pageSize: Int
    /// Text that is written already, until it is handed out.
    private var opening: [UInt8]?
    private var metrics: ArraySlice<TokenMetric>
    private var last: TokenID?

    /// - Parameters:
    ///   - opening: the metrics of the daemon.
    ///   - pageSize: tokens written at once.
    ///   - oldNames: whether to repeat the metrics under their names of version 0.1.
    ///   - tokens: in order of their ids.
    init(
        opening: [UInt8],
        pageSize: Int,
        oldNames: Bool = false,
        tokens: @escaping @Sendable (TokenID?, Int) async -> [TokenSnapshot]
    ) {
        self.opening = opening
        self.pageSize = pageSize
        self.tokens = tokens
        metrics = (TokenMetric.all + (oldNames ? TokenMetric.all.map(\.withOldName) : []))[...]
    }

    /// The next piece of text, which may be empty; nil after its end.
    func next() async -> [UInt8]? {
        if let opening = opening.take() { return opening }
        guard let metric = metrics.first else { return nil }
        let page = await tokens(last, pageSize)
        var writer = MetricsWriter(reserving: 100 * page.count + 512)
        if last == nil { writer.begin(metric.family) }
        for token in page { metric.write(token, metric.family, &writer) }
        last = page.last?.settings.id
        if page.count < pageSize {
            metrics.removeFirst()
            last = nil
        }
        return writer.bytes
    }
}

/// A metric of tokens, and its samples of one of them.
private struct TokenMetric: Sendable {
    var family: MetricFamily
    let write: @Sendable (TokenSnapshot, MetricFamily, inout MetricsWriter) -> Void

    /// The same under its name of version 0.1: `tokenwatch_token_…`.
    var withOldName: TokenMetric {
        var metric = self
        metric.family = family.withOldName
        return metric
    }

    /// In the order of `MetricFamily.ofTokens`.
    static let all = [
        TokenMetric(family: .tokenInfo) { token, family, metrics in
            let settings = token.settings
            let labels = [
                settings.id.text, settings.provider, settings.host, settings.owner ?? "",
            ]
            metrics.sample(family, of: labels, 1)
        },
        TokenMetric(family: .tokenExpiry) { token, family, metrics in
            let stated = token.settings.statedExpiry
            guard let expiry = EffectiveExpiry(of: token.state, statedExpiry: stated).instant
            else { return }
            metrics.sample(family, of: [token.settings.id.text], expiry)
        },
        TokenMetric(family: .tokenSuccess) { token, family, metrics in
            guard let lastOkAt = token.state.lastOkAt else { return }
            metrics.sample(family, of: [token.settings.id.text], lastOkAt)
        },
        TokenMetric(family: .tokenInterval) { token, family, metrics in
            // A listed token is polled with its inventory, which has the interval.
            guard token.settings.id.inventory == nil else { return }
            metrics.sample(family, of: [token.settings.id.text], token.settings.interval)
        },
        TokenMetric(family: .tokenAlert) { token, family, metrics in
            for alert in token.state.shownAlerts {
                let labels = [
                    token.settings.id.text, alert.condition.rawValue, alert.severity.rawValue,
                ]
                metrics.sample(family, of: labels, 1)
            }
        },
        TokenMetric(family: .tokenPermissions) { token, family, metrics in
            guard let held = token.state.known?.permissions else { return }
            metrics.sample(family, of: [token.settings.id.text], held.words.count)
        },
    ]
}
