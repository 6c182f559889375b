@testable import Formats

/// A document in one line with its types, or its errors, to compare in tests.
func plain(_ text: String) -> String {
    let document = TOML.parse(Array(text.utf8))
    guard document.errors.isEmpty else { return "\(document.errors)" }
    return plain(.table(document.root))
}

/// The errors of a document as an operator sees them.
func errors(_ text: String) -> [String] {
    TOML.parse(Array(text.utf8)).errors.map(\.description)
}

private func plain(_ value: TOMLValue) -> String {
    switch value {
    case .string(let text): return text.debugDescription
    case .integer(let number): return String(number)
    case .float(let number): return number.description
    case .boolean(let truth): return String(truth)
    case .offsetDateTime(let moment):
        return "\(plain(moment.date)) \(plain(moment.time)) \(moment.offsetMinutes)min"
    case .localDateTime(let moment): return "\(plain(moment.date)) \(plain(moment.time))"
    case .localDate(let date): return plain(date)
    case .localTime(let time): return plain(time)
    case .array(let nodes):
        return "[" + nodes.map { node in plain(node.value) }.joined(separator: " ") + "]"
    case .table(let table):
        let entries = table.entries.map { entry in "\(entry.key)=\(plain(entry.node.value))" }
        return "{" + entries.joined(separator: " ") + "}"
    }
}

private func plain(_ date: TOMLDate) -> String { "\(date.year)/\(date.month)/\(date.day)" }

private func plain(_ time: TOMLTime) -> String {
    "\(time.hour):\(time.minute):\(time.second)+\(time.nanosecond)ns"
}
