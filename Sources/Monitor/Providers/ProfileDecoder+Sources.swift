import Formats
import HTTP

// The sources of facts: SOURCE, and the tables TIME, SET and text that contain one.
extension ProfileDecoder {
    mutating func source(_ entry: Entry) -> Source? {
        let allowed = "a JSON pointer such as \"/token/name\", \"header:NAME\" or \"claim:/NAME\""
        return parsed(entry, allowed: allowed) { text in
            if text.hasPrefix("header:") {
                let name = String(text.dropFirst("header:".count))
                return Self.isHeaderName(name) ? .header(name) : nil
            }
            if text.hasPrefix("claim:/") {
                return JSONPointer(String(text.dropFirst("claim:".count))).map { .claim($0) }
            }
            return text.hasPrefix("/") ? JSONPointer(text).map { .body($0) } : nil
        }
    }

    /// Reads one source, or an array of sources.
    mutating func sources(_ entry: Entry) -> [Source] {
        guard case .array = entry.node.value else { return source(entry).map { [$0] } ?? [] }
        let items = elements(entry, of: "sources") ?? []
        if !(1...4).contains(items.count) { report(entry, "must have one to four sources") }
        return items.compactMap { source($0) }
    }

    /// Reads a string, or the `from` of a table; returns the source and the table's other keys.
    private mutating func sourceAndRest(
        _ entry: Entry,
        keys: [String]
    ) -> (source: Source?, rest: [String: Entry])? {
        switch entry.node.value {
        case .string:
            return source(entry).map { ($0, [:]) }
        case .table(let table):
            refuseUnknownKeys(in: table, of: ["from"] + keys, path: entry.path)
            let entries = entries(table, of: entry)
            guard let from = entries["from"] else {
                report(entry, "has no from: where the value is in the answer")
                return (nil, entries)
            }
            return (source(from), entries)
        case .integer, .float, .boolean, .offsetDateTime, .localDateTime, .localDate, .localTime,
            .array:
            report(
                entry,
                "is \(entry.node.value.typeName); it must be a source such as \"/token/name\","
                    + " or a table with from"
            )
            return nil
        }
    }

    /// Reads one time, or an array of times.
    mutating func times(_ entry: Entry) -> [TimeSource] {
        guard case .array = entry.node.value else { return time(entry).map { [$0] } ?? [] }
        let items = elements(entry, of: "times") ?? []
        if !(1...4).contains(items.count) { report(entry, "must have one to four times") }
        return items.compactMap { time($0) }
    }

    mutating func time(_ entry: Entry) -> TimeSource? {
        guard
            let (source, rest) = sourceAndRest(
                entry,
                keys: ["each", "as", "never", "never_after", "absent", "null"]
            )
        else { return nil }
        // Only a row can be skipped.
        let mayMiss = { [isOfRow] (missing: TimeSource.Missing) in isOfRow || missing != .skip }
        let each = rest["each"].flatMap { pointer($0, like: "/Name") }
        if each != nil, let source, !source.isBody {
            report(entry, "has each; from must be a place in the body")
        }
        let form = rest["as"].flatMap { word($0, as: TimeSource.Form.self) }
        let absent = rest["absent"].flatMap {
            word($0, as: TimeSource.Missing.self, isAllowed: mayMiss)
        }
        let null = rest["null"].flatMap {
            word($0, as: TimeSource.Missing.self, isAllowed: mayMiss)
        }
        let never = rest["never"].flatMap { elements($0, of: "values") } ?? []
        let values = never.compactMap { matchValue($0) }
        let neverAfter = rest["never_after"].flatMap { duration($0) }
        guard let source else { return nil }
        return TimeSource(
            from: source,
            each: each,
            form: form ?? .text,
            never: values,
            neverAfter: neverAfter,
            absent: absent,
            null: null ?? .never
        )
    }

    private mutating func duration(_ entry: Entry) -> Duration? {
        parsed(entry, allowed: "a duration such as \"36500d\"") { text in
            DurationText.parse(text).flatMap { $0 > .zero ? $0 : nil }
        }
    }

    mutating func set(_ entry: Entry) -> SetSource? {
        guard case .array = entry.node.value else {
            return part(entry).map { SetSource(parts: [$0]) }
        }
        let parts = (elements(entry, of: "sources") ?? []).map { part($0) }
        if parts.isEmpty { report(entry, "is empty; it must have at least one source") }
        return SetSource(parts: parts.compactMap { $0 })
    }

    private mutating func part(_ entry: Entry) -> SetSource.Part? {
        guard
            let (source, rest) = sourceAndRest(entry, keys: ["split", "each", "absent", "null"])
        else { return nil }
        let absent = rest["absent"].flatMap { word($0, as: SetSource.Missing.self) }
        let null = rest["null"].flatMap { word($0, as: SetSource.Missing.self) }
        let shape = shape(entry, split: rest["split"], each: rest["each"])
        guard let source, let shape else { return nil }
        if case .header = source, case .split = shape {
        } else if case .header = source {
            report(entry, "reads a header, which is one text: set split, such as split = \", \"")
        }
        return SetSource.Part(from: source, shape: shape, absent: absent, null: null)
    }

    private mutating func shape(_ entry: Entry, split: Entry?, each: Entry?) -> SetSource.Shape? {
        if let split {
            if each != nil { report(entry, "has both split and each; it may have one of them") }
            guard let separators = string(split) else { return nil }
            if separators.isEmpty {
                report(split, "is empty; it must be the characters that separate the permissions")
            }
            return .split(separators)
        }
        guard let each else { return .list }
        return pointer(each, like: "/Name").map { .each($0) }
    }

    mutating func text(_ entry: Entry) -> TextSource? {
        guard let (source, rest) = sourceAndRest(entry, keys: ["absent"]) else { return nil }
        let absent = rest["absent"].flatMap { choice($0, of: ["not_told"]) }
        return source.map { TextSource(from: $0, isOptional: absent != nil) }
    }

    /// Whether a header's name is a token (RFC 9110 §5.6.2).
    static func isHeaderName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy(\.isTokenCharacter)
    }
}
