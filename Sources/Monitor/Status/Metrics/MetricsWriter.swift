import Alerting

/// Writes metrics in Prometheus' text format, version 0.0.4.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
struct MetricsWriter {
    private(set) var bytes: [UInt8] = []

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Longer than any name of a host (RFC 1035 §2.3.4) or token; what an operator wrote may be.
    static let maximumLabelBytes = 256

    init(reserving count: Int = 16 * 1024) {
        bytes.reserveCapacity(count)
    }

    /// Begins a metric: all of its samples follow at once.
    mutating func begin(_ family: MetricFamily) {
        bytes.append("# HELP \(family.name) \(family.help)\n# TYPE \(family.name) ")
        bytes.append("\(family.kind.rawValue)\n")
    }

    /// One sample; `labels` are the values of the family's labels.
    mutating func sample(_ family: MetricFamily, of labels: [String] = [], _ value: Int) {
        line(family, labels, decimal: Int64(value))
    }

    /// A time in seconds since 1970.
    mutating func sample(_ family: MetricFamily, of labels: [String] = [], _ instant: Instant) {
        line(family, labels, seconds: .milliseconds(instant.milliseconds))
    }

    /// A time that has passed, in seconds.
    mutating func sample(_ family: MetricFamily, of labels: [String] = [], _ duration: Duration) {
        line(family, labels, seconds: duration)
    }

    /// The buckets of a histogram, its sum and its count.
    mutating func sample(_ family: MetricFamily, of labels: [String] = [], _ histogram: Histogram) {
        var count = 0
        let bounds = Histogram.bounds.map(\.text) + ["+Inf"]
        for (bound, more) in zip(bounds, histogram.counts) {
            count += more
            name(family, labels, suffix: "_bucket", bound: bound)
            end(decimal: Int64(count))
        }
        name(family, labels, suffix: "_sum")
        end(seconds: histogram.sum)
        name(family, labels, suffix: "_count")
        end(decimal: Int64(count))
    }

    private mutating func line(_ family: MetricFamily, _ labels: [String], decimal value: Int64) {
        name(family, labels)
        end(decimal: value)
    }

    private mutating func line(_ family: MetricFamily, _ labels: [String], seconds: Duration) {
        name(family, labels)
        end(seconds: seconds)
    }

    private mutating func name(
        _ family: MetricFamily,
        _ values: [String],
        suffix: String = "",
        bound: String? = nil
    ) {
        bytes.append(family.name)
        bytes.append(suffix)
        var separator = "{"
        for (label, value) in zip(family.labels, values) {
            bytes.append("\(separator)\(label)=\"")
            append(escaped: value)
            bytes.append("\"")
            separator = ","
        }
        if let bound {
            bytes.append("\(separator)le=\"\(bound)\"")
            separator = ","
        }
        bytes.append(separator == "{" ? " " : "} ")
    }

    private mutating func end(decimal value: Int64) {
        bytes.append("\(value)\n")
    }

    /// Seconds with as many digits as the microseconds need.
    private mutating func end(seconds: Duration) {
        let (whole, attoseconds) = seconds.components
        var fraction = abs(attoseconds / 1_000_000_000_000)
        var text = whole == 0 && attoseconds < 0 ? "-0" : "\(whole)"
        if fraction > 0 {
            var digits = 6
            while fraction % 10 == 0 {
                fraction /= 10
                digits -= 1
            }
            text += "."
            text.append(padded: Int(fraction), to: digits)
        }
        bytes.append("\(text)\n")
    }

    /// A label's value: backslash, quote and line feed are escaped, what is not seen is written out,
    /// and it is cut to its bound.
    private mutating func append(escaped value: String) {
        var room = Self.maximumLabelBytes
        for character in value.unicodeScalars {
            room -= UTF8.width(character)
            guard room >= 0 else { return }
            switch character {
            case "\\": bytes.append("\\\\")
            case "\"": bytes.append("\\\"")
            case "\n": bytes.append("\\n")
            case _ where character.isUnsafeToShow:
                bytes.append("\\\(character.escapedForTerminal)")
            default: UTF8.encode(character)?.forEach { bytes.append($0) }
            }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: String) {
        append(contentsOf: text.utf8)
    }
}
