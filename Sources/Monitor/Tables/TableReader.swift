import Alerting
import Formats

/// The reader of one table's keys, with their types and ranges; other keys are unknown.
///
/// A reader without a table reads every key as absent, to collect the known keys. It words the
/// allowed values only for errors: there is a reader for each of 100,000 tokens.
struct TableReader {
    let table: ConfigurationTable?
    /// The dotted name of the table, for messages.
    let path: String
    let report: Report
    /// The keys that were read, in order, with repetitions.
    private var known: [String] = []
    /// The keys that were rejected with a reason of their own.
    private var refused: [String] = []
    /// Whether other keys are allowed.
    private var hasOtherKeys = false
    /// The lengths of the table's keys, a bit each: most absent keys have another length.
    private let lengths: UInt64
    /// Whether the report collects the keys.
    private let isCollecting: Bool

    init(_ table: ConfigurationTable?, path: String, report: Report) {
        self.table = table
        self.path = path
        self.report = report
        lengths = table?.keys.reduce(0) { $0 | Self.length(of: $1) } ?? 0
        isCollecting = report.keys != nil
        // A token has some thirty keys.
        known.reserveCapacity(32)
    }

    func name(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Whether a key is set; this marks it as known.
    mutating func has(_ key: String) -> Bool { entry(key) != nil }

    /// Returns the place of a key, or of the table if it is absent.
    func place(of key: String) -> FilePlace? { find(key)?.keyPlace ?? table?.place }

    mutating func string(
        _ key: String,
        allowed: @autoclosure () -> String,
        isSecret: Bool = false
    ) -> Located<String>? {
        parsed(key, allowed: allowed(), isSecret: isSecret) { $0 }
    }

    mutating func boolean(_ key: String) -> Located<Bool>? {
        note(key, .boolean)
        return leaf(key, allowed: "true or false") {
            if case .boolean(let flag) = $0 { flag } else { nil }
        }
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int64>) -> Located<Int64>? {
        note(key, .integer(range))
        return leaf(key, allowed: "a whole number, \(range.lowerBound) to \(range.upperBound)") {
            guard case .integer(let number) = $0, range.contains(number) else { return nil }
            return number
        }
    }

    mutating func duration(
        _ key: String,
        like example: String,
        in range: ClosedRange<Duration>
    ) -> Located<Duration>? {
        func allowed() -> String {
            "a duration such as \"\(example)\", \(DurationText.text(range.lowerBound)) to "
                + DurationText.text(range.upperBound)
        }
        note(key, .duration(allowed()))
        let table = table
        return leaf(key, allowed: allowed() + DurationText.hint(table?[key]?.value)) {
            guard case .string(let text) = $0, let duration = DurationText.parse(text),
                range.contains(duration)
            else { return nil }
            return duration
        }
    }

    /// Reads a string that `parse` turns into a value; nil is an error.
    ///
    /// The schema contains the pattern, which may accept more.
    mutating func parsed<Value>(
        _ key: String,
        allowed: @autoclosure () -> String,
        pattern: String? = nil,
        isSecret: Bool = false,
        _ parse: (String) -> Value?
    ) -> Located<Value>? {
        note(key, .text(allowed(), pattern))
        return leaf(key, allowed: allowed(), isSecret: isSecret) {
            if case .string(let text) = $0 { parse(text) } else { nil }
        }
    }

    mutating func word<Value: RawRepresentable & CaseIterable>(
        _ key: String,
        as type: Value.Type,
        hint: (ConfigurationTable.Value?) -> String? = Value.nearest(to:)
    ) -> Located<Value>? where Value.RawValue == String {
        func words() -> String {
            Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        }
        let value = find(key)?.value
        note(key, .word(Value.allCases.map(\.rawValue)))
        return leaf(key, allowed: "one of \(words())" + (hint(value) ?? "")) {
            if case .string(let text) = $0 { Value(rawValue: text) } else { nil }
        }
    }

    /// Reads an array of strings, each with the pattern in the schema.
    mutating func strings(
        _ key: String,
        allowed: @autoclosure () -> String,
        pattern: String? = nil,
        hint: (TOMLValue) -> String = { _ in "" }
    ) -> Located<[Located<String>]>? {
        note(key, .texts(allowed(), pattern))
        guard let entry = entry(key) else { return nil }
        guard case .leaf(.array(let nodes), let place) = entry.value else {
            wrong(key, entry, allowed: allowed())
            return nil
        }
        var texts: [Located<String>] = []
        for node in nodes {
            let nodePlace = FilePlace(file: Int(place.file), node.position)
            guard case .string(let text) = node.value else {
                report.error(
                    nodePlace,
                    "\(name(of: key)) has \(node.value.shown); it must be \(allowed())"
                        + hint(node.value)
                )
                continue
            }
            texts.append(Located(value: text, place: nodePlace))
        }
        return Located(value: texts, place: place)
    }

    /// Reads a value of any type, for keys that accept several.
    mutating func any(
        _ key: String,
        allowed: @autoclosure () -> String? = nil
    ) -> ConfigurationTable.Entry? {
        note(key, .any(allowed()))
        return entry(key)
    }

    /// Reports a required key that is not set; `remedy` is advice on setting it.
    mutating func require(_ key: String, _ remedy: @autoclosure () -> String) {
        guard !has(key), let place = table?.place else { return }
        report.missing(place, "\(path) has no \(key); \(remedy())")
    }

    /// Rejects a key, if it is set, with a reason of its own.
    mutating func refuse(_ key: String, _ message: String) {
        refused.append(key)
        if let place = find(key)?.keyPlace { report.error(place, message) }
    }

    /// Allows other keys, unless they look like a typo.
    mutating func allowOtherKeys() { hasOtherKeys = true }

    /// Reads a table under this one.
    ///
    /// - Parameters:
    ///   - key: the key of the table.
    ///   - member: the continuation of its header, if its keys are names: `.NAME`.
    /// - Returns: nil if it is absent, or not a table.
    mutating func table(_ key: String, member: String = "") -> ConfigurationTable? {
        note(key, .table)
        guard let entry = entry(key) else { return nil }
        guard case .table(let table) = entry.value else {
            // A value instead of a table may be a secret, as in headers, so it is not shown.
            wrong(key, entry, allowed: "a table, [\(name(of: key) + member)]", isSecret: true)
            return nil
        }
        return table
    }

    /// Reports an invalid value.
    func wrong(
        _ key: String,
        _ entry: ConfigurationTable.Entry,
        allowed: String,
        isSecret: Bool = false
    ) {
        let place: FilePlace
        let found: String
        switch entry.value {
        case .table:
            place = entry.keyPlace
            found = "a table"
        case .leaf(let value, let valuePlace):
            place = valuePlace
            found =
                isSecret && !value.isCollection
                ? "\(value.typeName), not shown here" : value.shown
        }
        report.error(place, "\(name(of: key)) is \(found); it must be \(allowed)")
    }

    /// Reports every key of the table that was not read.
    ///
    /// If not every key could be read, it reports only keys that look like a typo.
    func finish(onlySlips: Bool = false) {
        report.keys?.append(contentsOf: eachKnownOnce.map { name(of: $0) })
        guard let table else { return }
        for key in table.keys where !known.contains(key) && !refused.contains(key) {
            let isNear = NearestName.of(key, among: known) != nil
            if onlySlips || hasOtherKeys, !isNear { continue }
            if let entry = find(key) { report.error(entry.keyPlace, unknown(entry)) }
        }
    }

    /// Returns the message for a key that does not exist here.
    private func unknown(_ entry: ConfigurationTable.Entry) -> String {
        let nearest = NearestName.of(entry.key, among: known)
        let advice =
            report.advice(entry, path, nearest)
            ?? slipHint(entry.key, among: known)
            + "known here: \(eachKnownOnce.joined(separator: ", "))"
        return "there is no key \(name(of: TOMLValue.shortened(entry.key))); \(advice)"
    }

    private var eachKnownOnce: [String] {
        var seen: Set<String> = []
        return known.filter { seen.insert($0).inserted }
    }

    /// Notes the allowed values of a key, if they are collected.
    private func note(_ key: String, _ kind: @autoclosure () -> KeyKind) {
        guard isCollecting else { return }
        let (name, kind) = (name(of: key), kind())
        report.kinds[name] = report.kinds[name]?.merged(with: kind) ?? kind
    }

    private mutating func entry(_ key: String) -> ConfigurationTable.Entry? {
        known.append(key)
        return find(key)
    }

    /// Returns a key's entry, and does not mark the key as known.
    func find(_ key: String) -> ConfigurationTable.Entry? {
        lengths & Self.length(of: key) == 0 ? nil : table?[key]
    }

    private static func length(of key: String) -> UInt64 { 1 << UInt64(key.utf8.count & 63) }

    private mutating func leaf<Value>(
        _ key: String,
        allowed: @autoclosure () -> String,
        isSecret: Bool = false,
        _ read: (TOMLValue) -> Value?
    ) -> Located<Value>? {
        guard let entry = entry(key) else { return nil }
        if case .leaf(let value, let place) = entry.value, let result = read(value) {
            return Located(value: result, place: place)
        }
        wrong(key, entry, allowed: allowed(), isSecret: isSecret)
        return nil
    }
}
