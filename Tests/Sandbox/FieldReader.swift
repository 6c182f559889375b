import Alerting
import Monitor

/// Reads the keys of one table, each with its type; every other key is an error.
struct FieldReader {
    let entries: [ScenarioEntry]
    /// The table's own place.
    let place: String
    /// The dotted name of the table, for messages.
    let path: String
    let report: ScenarioReport
    private var known: [String] = []

    /// A reader of a table; anything else is reported and read as an empty one.
    init(_ node: ScenarioNode, path: String, report: ScenarioReport) {
        self.path = path
        self.report = report
        place = node.place
        guard case .table(let entries) = node.value else {
            report.error(node.place, "\(path) is \(node.shown); it must be a table")
            self.entries = []
            return
        }
        self.entries = entries
    }

    func name(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value of a key; asking makes it known.
    mutating func node(_ key: String) -> ScenarioNode? {
        known.append(key)
        return entries.first { $0.key == key }?.node
    }

    /// A value that `read` understands; nil of it is an error.
    mutating func value<Value>(
        _ key: String,
        allowed: String,
        _ read: (ScenarioNode.Value) -> Value?
    ) -> Value? {
        guard let node = node(key) else { return nil }
        if let value = read(node.value) { return value }
        report.error(node.place, "\(name(of: key)) is \(node.shown); it must be \(allowed)")
        return nil
    }

    mutating func string(_ key: String) -> String? {
        value(key, allowed: "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// A string; an empty one and null are nil inside.
    mutating func optionalString(_ key: String) -> String?? {
        value(key, allowed: "a string, empty for null") { value -> String?? in
            switch value {
            case .string(let text): .some(text.isEmpty ? nil : text)
            case .null: .some(nil)
            default: nil
            }
        }
    }

    mutating func boolean(_ key: String) -> Bool? {
        value(key, allowed: "true or false") {
            if case .boolean(let flag) = $0 { flag } else { nil }
        }
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        let allowed = "a whole number, \(range.lowerBound) to \(range.upperBound)"
        return value(key, allowed: allowed) {
            guard case .integer(let number) = $0, let number = Int(exactly: number),
                range.contains(number)
            else { return nil }
            return number
        }
    }

    mutating func duration(_ key: String) -> Duration? {
        value(key, allowed: "a duration such as \"250ms\" or \"20s\"") {
            if case .string(let text) = $0 { ScenarioText.duration(text) } else { nil }
        }
    }

    mutating func time(_ key: String) -> ScenarioTime? {
        value(key, allowed: "\"+6d\", \"-1h\", \"never\" or a time as RFC 3339 writes it") {
            switch $0 {
            case .string(let text): ScenarioTime(text)
            case .null: .never
            default: nil
            }
        }
    }

    mutating func strings(_ key: String) -> [String]? {
        value(key, allowed: "an array of strings") {
            guard case .array(let nodes) = $0 else { return nil }
            let texts = nodes.compactMap {
                if case .string(let text) = $0.value { text } else { nil }
            }
            return texts.count == nodes.count ? texts : nil
        }
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ key: String,
        as type: Word.Type
    ) -> Word? where Word.RawValue == String {
        let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return value(key, allowed: "one of \(words)") {
            if case .string(let text) = $0 { Word(rawValue: text) } else { nil }
        }
    }

    /// The tables of an array of tables.
    mutating func tables(_ key: String) -> [ScenarioNode] {
        value(key, allowed: "tables, [[\(name(of: key))]]") {
            if case .array(let nodes) = $0 { nodes } else { nil }
        } ?? []
    }

    /// The entries of a table whose keys are names.
    mutating func named(_ key: String) -> [ScenarioEntry] {
        value(key, allowed: "tables, [\(name(of: key)).NAME]") {
            if case .table(let entries) = $0 { entries } else { nil }
        } ?? []
    }

    /// Reports every key that was not asked for.
    func finish() {
        for entry in entries where !known.contains(entry.key) {
            var message = "there is no key \(name(of: entry.key.escapedForTerminal))"
            if let nearest = NearestName.of(entry.key, among: known) {
                message += "; did you mean \"\(nearest)\"?"
            } else {
                message += "; known here: \(known.joined(separator: ", "))"
            }
            report.error(entry.place, message)
        }
    }
}
