import Alerting

/// The answer to `GET /metrics`, a page at a time: what is said of the daemon, then of the tokens.
///
/// The samples of a metric have to stand together, so the tokens are gone through once for each.
actor MetricsPages {
    private let tokens: @Sendable (_ after: TokenID?, _ limit: Int) async -> [TokenSnapshot]
    private let pageSize: Int
    /// What is written already, until it is handed out.
    private var opening: [UInt8]?
    private var metrics = TokenMetric.all[...]
    private var last: TokenID?

    /// - Parameters:
    ///   - opening: the metrics of the daemon.
    ///   - pageSize: tokens written at once.
    ///   - tokens: in the order of their ids.
    init(
        opening: [UInt8],
        pageSize: Int,
        tokens: @escaping @Sendable (TokenID?, Int) async -> [TokenSnapshot]
    ) {
        self.opening = opening
        self.pageSize = pageSize
        self.tokens = tokens
    }

    /// The next piece of text, which may be empty; nil after its end.
    func next() async -> [UInt8]? {
        if let opening = opening.take() { return opening }
        guard let metric = metrics.first else { return nil }
        let page = await tokens(last, pageSize)
        var writer = MetricsWriter(reserving: 100 * page.count + 512)
        if last == nil { writer.begin(metric.family) }
        for token in page { metric.write(token, &writer) }
        last = page.last?.settings.id
        if page.count < pageSize {
            metrics.removeFirst()
            last = nil
        }
        return writer.bytes
    }
}

/// A metric of tokens, and the samples that it has of one of them.
private struct TokenMetric: Sendable {
    let family: MetricFamily
    let write: @Sendable (TokenSnapshot, inout MetricsWriter) -> Void

    /// In the order of `MetricFamily.ofTokens`.
    static let all = [
        TokenMetric(family: .tokenInfo) { token, metrics in
            let settings = token.settings
            let labels = [
                settings.id.text, settings.provider, settings.host, settings.owner ?? "",
            ]
            metrics.sample(.tokenInfo, of: labels, 1)
        },
        TokenMetric(family: .tokenExpiry) { token, metrics in
            let stated = token.settings.statedExpiry
            guard let expiry = EffectiveExpiry(of: token.state, statedExpiry: stated).instant
            else { return }
            metrics.sample(.tokenExpiry, of: [token.settings.id.text], expiry)
        },
        TokenMetric(family: .tokenSuccess) { token, metrics in
            guard let lastOkAt = token.state.lastOkAt else { return }
            metrics.sample(.tokenSuccess, of: [token.settings.id.text], lastOkAt)
        },
        TokenMetric(family: .tokenAlert) { token, metrics in
            for alert in token.state.shownAlerts {
                let labels = [
                    token.settings.id.text, alert.condition.rawValue, alert.severity.rawValue,
                ]
                metrics.sample(.tokenAlert, of: labels, 1)
            }
        },
        TokenMetric(family: .tokenPermissions) { token, metrics in
            guard let held = token.state.known?.permissions else { return }
            metrics.sample(.tokenPermissions, of: [token.settings.id.text], held.words.count)
        },
    ]
}
