import Alerting
import Formats

// The decoding of text escapes, and of the meaning of answers.
extension FormatDecoder {
    func escape(_ reader: inout TableReader) -> TextEscape {
        var escape = TextEscape()
        guard let table = reader.table("escape") else { return escape }
        var inner = TableReader(table, path: reader.name(of: "escape"), report: report)
        escape.replace = replacements("replace", &inner)
        escape.linkReplace = replacements("link_replace", &inner)
        escape.backslash = scalars("backslash", &inner)
        escape.mentions = scalars("mentions", &inner)
        escape.emphasis = scalars("emphasis", &inner)
        let texts = "an array of texts such as [\"](\"]"
        let parts = inner.strings("part", allowed: texts)?.value ?? []
        for part in parts where part.value.isEmpty {
            report.error(part.place, "\(inner.name(of: "part")) has an empty text; remove it")
        }
        escape.part = parts.map(\.value).filter { !$0.isEmpty }
        let link = inner.parsed("link", allowed: "a text with {link} in it") { text in
            Template(text).variables == ["link"] ? Template(text) : nil
        }
        escape.link = link?.value ?? escape.link
        inner.finish()
        return escape
    }

    private func scalars(_ key: String, _ reader: inout TableReader) -> Set<Unicode.Scalar> {
        let text = reader.string(key, allowed: "the characters that are escaped, as one text")
        return Set(text?.value.unicodeScalars.map { $0 } ?? [])
    }

    private func replacements(
        _ key: String,
        _ reader: inout TableReader
    ) -> [Unicode.Scalar: String] {
        guard let table = reader.table(key) else { return [:] }
        var result: [Unicode.Scalar: String] = [:]
        for entry in table.entries {
            guard entry.key.unicodeScalars.count == 1, let scalar = entry.key.unicodeScalars.first,
                case .leaf(.string(let text), _) = entry.value
            else {
                report.error(
                    entry.keyPlace,
                    "\(reader.name(of: key)) must map one character to its replacement, such"
                        + " as \"&\" = \"&amp;\""
                )
                continue
            }
            result[scalar] = text
        }
        return result
    }

    func answers(_ reader: inout TableReader) -> AnswerRule {
        var rule = AnswerRule()
        if let delivered = statuses("delivered_status", &reader) { rule.delivered = delivered }
        if let retry = statuses("retry_status", &reader) { rule.retry = retry }
        rule.deliveredIf = matches("delivered_if", &reader)
        let texts = "an array of texts of at least 4 characters"
        rule.retryText = (reader.strings("retry_text", allowed: texts)?.value ?? []).map { text in
            if text.value.utf8.count < 4 {
                report.error(text.place, "\(reader.name(of: "retry_text")) must be \(texts)")
            }
            return text.value
        }
        rule.reason = reader.parsed("reason", allowed: Self.pointer, Self.pointer)?.value
        rule.pause = pause(&reader)
        return rule
    }

    private static let pointer = "a JSON pointer such as \"/error/message\""

    private static func pointer(_ text: String) -> JSONPointer? {
        text.hasPrefix("/") ? JSONPointer(text) : nil
    }

    private func pause(_ reader: inout TableReader) -> AnswerRule.Pause? {
        guard let entry = reader.any("retry_after") else { return nil }
        guard case .table(let table) = entry.value else {
            let pointer = reader.parsed("retry_after", allowed: Self.pointer, Self.pointer)
            return pointer.map { AnswerRule.Pause(pointer: $0.value) }
        }
        var inner = TableReader(table, path: reader.name(of: "retry_after"), report: report)
        let from = inner.parsed("from", allowed: Self.pointer, Self.pointer)
        let unit = inner.word("as", as: AnswerRule.Pause.Unit.self)
        inner.require("from", "it must be \(Self.pointer)")
        inner.finish()
        return from.map { AnswerRule.Pause(pointer: $0.value, unit: unit?.value ?? .seconds) }
    }

    private func statuses(_ key: String, _ reader: inout TableReader) -> [AnswerRule.Status]? {
        let allowed = "an array of statuses of HTTP such as [200, \"5xx\"]"
        guard let entry = reader.any(key) else { return nil }
        guard case .leaf(.array(let nodes), let place) = entry.value else {
            reader.wrong(key, entry, allowed: allowed)
            return nil
        }
        return nodes.compactMap { node in
            switch node.value {
            case .integer(let status) where (200...599).contains(status):
                return .one(Int(status))
            case .string(let text) where ["2xx", "3xx", "4xx", "5xx"].contains(text):
                return text.first?.wholeNumberValue.map { .hundred($0) }
            default:
                report.error(
                    self.place(node, in: place),
                    "\(reader.name(of: key)) has \(node.value.shown); it must be \(allowed)"
                )
                return nil
            }
        }
    }

    private func matches(_ key: String, _ reader: inout TableReader) -> [Match] {
        guard let table = reader.table(key) else { return [] }
        return table.entries.compactMap { entry in
            let values: [MatchValue]? =
                if case .leaf(.array(let nodes), _) = entry.value {
                    nodes.compactMap { node in
                        switch node.value {
                        case .string(let text): .string(text)
                        case .integer(let number): .integer(number)
                        case .boolean(let flag): .bool(flag)
                        default: nil
                        }
                    }
                } else { nil }
            guard let pointer = Self.pointer(entry.key), let values, !values.isEmpty else {
                report.error(
                    entry.keyPlace,
                    "\(reader.name(of: key)) must be a table such as { \"/ok\" = [true] }"
                )
                return nil
            }
            return Match(pointer: pointer, values: values)
        }
    }
}
