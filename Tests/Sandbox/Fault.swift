import Alerting

/// How an answer goes wrong, and for how long.
package struct Fault: Sendable, Hashable {
    /// Where a connection is cut.
    package enum Cut: String, Sendable, CaseIterable {
        case beforeAnswer = "before_answer"
        case inHead = "in_head"
        case inBody = "in_body"
    }

    /// What is sent in the place of the documented body.
    package enum Body: Sendable, Hashable {
        /// Bytes that are no JSON, nor text.
        case garbage
        /// The page of a proxy.
        case html
        /// The first half of what would have been sent.
        case truncated
        case empty
        /// Valid, but larger than the mebibyte that the daemon takes.
        case huge
        /// The value at this JSON pointer is an object that nobody expects.
        case wrongType(String)
        /// The member at this JSON pointer is not there.
        case missingField(String)
        /// `/token/expires_at` is a string, but no time.
        case badDate
    }

    /// 200 to 599 instead of the status that is due.
    package var status: Int?
    /// The `Retry-After` header's value.
    package var retryAfter: String?
    /// The `Location` header's value.
    package var location: String?
    /// How long the answer is held back.
    package var latency: Duration = .zero
    package var cut: Cut?
    package var body: Body?
    /// How many more requests it hits; nil is any number.
    package var times: Int?
    /// How long it lasts, in sandbox time; nil is without end.
    package var lasts: Duration?
    /// When it ends, once it has begun.
    private var end: Instant?

    package init() {}

    /// The fault, begun at an instant.
    func begun(at instant: Instant) -> Fault {
        var fault = self
        fault.end = lasts.map { instant + $0 }
        return fault
    }

    /// The fault of the request at hand, counting it; nil, and nothing left of it, when it is over.
    static func take(_ fault: inout Fault?, at now: Instant) -> Fault? {
        guard let current = fault else { return nil }
        if let end = current.end, end <= now {
            fault = nil
            return nil
        }
        if let times = current.times {
            guard times > 0 else {
                fault = nil
                return nil
            }
            fault?.times = times - 1
        }
        return current
    }
}

extension Fault {
    /// The longest an answer is held back; longer than any client waits.
    static let maximumLatency: Duration = .seconds(600)

    /// Reads a table, or `"none"`, which is nil inside.
    static func read(_ key: String, of fields: inout FieldReader) -> Fault?? {
        guard let node = fields.node(key) else { return nil }
        switch node.value {
        case .string("none"), .null: return .some(nil)
        case .table: break
        default:
            fields.report.error(
                node.place,
                "\(fields.name(of: key)) is \(node.shown); it must be a table such as "
                    + "{ status = 503, times = 2 }, or \"none\""
            )
            return nil
        }
        var reader = FieldReader(node, path: fields.name(of: key), report: fields.report)
        let fault = read(from: &reader)
        reader.finish()
        return .some(fault)
    }

    /// Reads the keys of a fault.
    static func read(from fields: inout FieldReader) -> Fault {
        var fault = Fault()
        fault.status = fields.integer("status", in: 200...599)
        fault.retryAfter = fields.value(
            "retry_after",
            allowed: "a duration, whole seconds or the date of an HTTP header"
        ) { value in
            switch value {
            case .integer(let seconds): String(seconds)
            case .string(let text):
                ScenarioText.duration(text).map { String($0.wholeSeconds) } ?? text
            default: nil
            }
        }
        fault.location = fields.string("location")
        if let latency = latency(of: &fields) { fault.latency = latency }
        fault.cut =
            fields.value(
                "cut",
                allowed: "true, \"before_answer\", \"in_head\" or \"in_body\""
            ) { value -> Cut?? in
                switch value {
                case .boolean(let flag): .some(flag ? .beforeAnswer : nil)
                case .string(let word): Cut(rawValue: word).map { .some($0) }
                default: nil
                }
            } ?? nil
        fault.body = fields.value(
            "body",
            allowed: "\"garbage\", \"html\", \"truncated\", \"empty\", \"huge\", \"bad_date\", "
                + "\"wrong_type:/POINTER\" or \"missing_field:/POINTER\""
        ) { if case .string(let text) = $0 { Body(text) } else { nil } }
        fault.times = fields.integer("times", in: 0...1_000_000_000)
        fault.lasts = fields.duration("for")
        return fault
    }

    /// Reads `latency`, or `latency_ms`.
    static func latency(of fields: inout FieldReader) -> Duration? {
        let text = fields.duration("latency")
        let number = fields.integer("latency_ms", in: 0...600_000)
        return (text ?? number.map { .milliseconds($0) }).map { min($0, maximumLatency) }
    }
}

extension Fault.Body {
    /// Reads the word of a scenario.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let pointer = parts.count == 2 ? parts[1] : nil
        switch (parts.first, pointer) {
        case ("garbage", nil): self = .garbage
        case ("html", nil): self = .html
        case ("truncated", nil): self = .truncated
        case ("empty", nil): self = .empty
        case ("huge", nil): self = .huge
        case ("bad_date", nil): self = .badDate
        case ("wrong_type", nil): self = .wrongType("/token/permissions")
        case ("wrong_type", .some(let pointer)) where pointer.hasPrefix("/"):
            self = .wrongType(pointer)
        case ("missing_field", .some(let pointer)) where pointer.hasPrefix("/"):
            self = .missingField(pointer)
        default: return nil
        }
    }
}
