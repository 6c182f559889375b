import Alerting

/// Writes metrics in Prometheus' text format, version 0.0.4.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
struct MetricsWriter {
    private(set) var bytes: [UInt8] = []
    /// The metric of the samples.
    private var family = MetricFamily.all[0]

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The longest label: names of hosts (RFC 1035 §2.3.4) and tokens fit, free text may not.
    static let maximumLabelBytes = 256

    init(reserving count: Int = 16 * 1024) {
        bytes.reserveCapacity(count)
    }

    /// Begins a metric: all of its samples follow, possibly in another piece.
    mutating func begin(_ family: MetricFamily, isContinued: Bool = false) {
        self.family = family
        guard !isContinued else { return }
        bytes.append("# HELP \(family.name) \(family.help)\n# TYPE \(family.name) ")
        bytes.append("\(family.kind.rawValue)\n")
    }

    /// Writes one sample; `labels` are the values of the family's labels.
    mutating func sample(of labels: [String] = [], _ value: Int) {
        name(labels)
        bytes.append("\(value)\n")
    }

    /// Writes a time in seconds since 1970.
    mutating func sample(of labels: [String] = [], _ instant: Instant) {
        sample(of: labels, .milliseconds(instant.milliseconds))
    }

    /// Writes a duration in seconds.
    mutating func sample(of labels: [String] = [], _ duration: Duration) {
        name(labels)
        end(seconds: duration)
    }

    /// Writes the buckets of a histogram, its sum and its count.
    mutating func sample(of labels: [String] = [], _ histogram: Histogram) {
        var count = 0
        let bounds = Histogram.bounds.map(\.text) + ["+Inf"]
        for (bound, more) in zip(bounds, histogram.counts) {
            count += more
            name(labels, suffix: "_bucket", bound: bound)
            bytes.append("\(count)\n")
        }
        name(labels, suffix: "_sum")
        end(seconds: histogram.sum)
        name(labels, suffix: "_count")
        bytes.append("\(count)\n")
    }

    private mutating func name(_ values: [String], suffix: String = "", bound: String? = nil) {
        bytes.append(family.name)
        bytes.append(suffix)
        var separator = "{"
        for (label, value) in zip(family.labels, values) {
            bytes.append(separator)
            bytes.append(label)
            bytes.append("=\"")
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

    /// Writes seconds with as many digits as the microseconds need.
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

    /// Writes a label's value, cut to its bound.
    ///
    /// Backslashes, quotes and line feeds are escaped; invisible characters are spelled out.
    private mutating func append(escaped value: String) {
        let isPlain = value.utf8.allSatisfy {
            (0x20..<0x7f).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain, value.utf8.count <= Self.maximumLabelBytes { return bytes.append(value) }
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
