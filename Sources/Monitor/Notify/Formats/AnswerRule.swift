import Alerting
import Formats

/// The rule for a receiver's answers: their meaning, and the pause that they request.
struct AnswerRule: Hashable, Sendable {
    /// An HTTP status, or a range of 100 statuses.
    enum Status: Hashable, Sendable {
        case one(Int)
        /// A range such as 2 for 200 to 299.
        case hundred(Int)

        func matches(_ status: Int) -> Bool {
            switch self {
            case .one(let one): status == one
            case .hundred(let hundred): status / 100 == hundred
            }
        }
    }

    /// The place of a pause in the body, in seconds or milliseconds, whole or with a fraction.
    struct Pause: Hashable, Sendable {
        enum Unit: String, CaseIterable {
            case seconds
            case milliseconds
        }

        var pointer: JSONPointer
        var unit = Unit.seconds
    }

    enum Meaning: Hashable, Sendable {
        case delivered
        case retry
        case giveUp
    }

    var delivered: [Status] = [.hundred(2)]
    /// The conditions that the body of a delivered answer must meet.
    var deliveredIf: [Match] = []
    var retry: [Status] = [.one(408), .one(425), .one(429), .hundred(5)]
    /// Texts in the body that mean a retry, with any status.
    var retryText: [String] = []
    /// The place of the pause in the body; the header Retry-After has precedence.
    var pause: Pause?
    /// The place of the reason in the body.
    var reason: JSONPointer?

    func meaning(of status: Int, body: [UInt8]) -> Meaning {
        if retry.contains(where: { $0.matches(status) }) { return .retry }
        if !retryText.isEmpty {
            let text = String(decoding: body, as: UTF8.self)
            if retryText.contains(where: text.contains) { return .retry }
        }
        guard delivered.contains(where: { $0.matches(status) }) else { return .giveUp }
        guard !deliveredIf.isEmpty else { return .delivered }
        let json = try? JSONValue(parsing: body)
        let holds = deliveredIf.allSatisfy { match in
            json?.value(at: match.pointer).map { found in
                match.values.contains { $0.equals(found) }
            } ?? false
        }
        return holds ? .delivered : .giveUp
    }

    /// The pause that the body requests; nil if there is none.
    func pause(in body: [UInt8]) -> Duration? {
        guard let pause,
            let value = (try? JSONValue(parsing: body))?.value(at: pause.pointer),
            let number = value.double ?? value.string.flatMap(Double.init), number >= 0
        else { return nil }
        let milliseconds = (pause.unit == .seconds ? number * 1000 : number).rounded(.up)
        return .milliseconds(Int64(min(milliseconds, Double(RetryAfter.maximum.milliseconds))))
    }

    /// The receiver's own reason; nil for none.
    func reason(in body: [UInt8]) -> String? {
        guard let reason, let json = try? JSONValue(parsing: body) else { return nil }
        return json.value(at: reason)?.text
    }
}

extension JSONValue {
    /// The value at a place; nil if there is none.
    func value(at pointer: JSONPointer) -> JSONValue? {
        pointer.steps.reduce(self) { value, step in
            value?[step] ?? Int(step).flatMap { value?[$0] }
        }
    }

    /// The string, or the first string of an array.
    fileprivate var text: String? { string ?? elements?.lazy.compactMap(\.string).first }
}

extension MatchValue {
    fileprivate func equals(_ found: JSONValue) -> Bool {
        switch self {
        case .bool(let flag): found == .bool(flag)
        case .integer(let integer): found == .integer(integer)
        case .string(let string): found == .string(string)
        }
    }
}
