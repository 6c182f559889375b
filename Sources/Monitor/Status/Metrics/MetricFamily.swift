/// One metric, as in `GET /metrics` and the manual.
package struct MetricFamily: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    package fileprivate(set) var name: String
    package let kind: Kind
    /// The description in one sentence; without a line feed or backslash.
    package let help: String
    /// The names of its labels, in the order of their values.
    package let labels: [String]

    /// Every metric, in the order of the answer.
    package static let all = DaemonFigures.metrics.map(\.family) + ofTokens
    static let ofTokens = MetricsPages.metrics.map(\.family)
}

/// A metric, and the code that writes its samples.
struct Metric<Source>: Sendable {
    private(set) var family: MetricFamily
    let write: @Sendable (Source, inout MetricsWriter) -> Void

    init(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        labels: [String] = [],
        write: @escaping @Sendable (Source, inout MetricsWriter) -> Void
    ) {
        family = MetricFamily(name: name, kind: kind, help: help, labels: labels)
        self.write = write
    }

    /// The same metric with its name of version 0.1: `tokenwatch_…`.
    var withOldName: Metric {
        var metric = self
        metric.family.name.replace("tokenwatchd_", with: "tokenwatch_")
        return metric
    }
}
