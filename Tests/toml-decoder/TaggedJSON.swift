import Formats

/// A value as `{"type": …, "value": …}`, arrays and tables of such as JSON's own.
func taggedJSON(_ value: TOMLValue) -> String {
    switch value {
    case .string(let text): tagged("string", text)
    case .integer(let number): tagged("integer", String(number))
    case .float(let number): tagged("float", number.description)
    case .boolean(let truth): tagged("bool", String(truth))
    case .offsetDateTime(let moment):
        tagged(
            "datetime",
            "\(written(moment.date))T\(written(moment.time))\(writtenOffset(moment.offsetMinutes))"
        )
    case .localDateTime(let moment):
        tagged("datetime-local", "\(written(moment.date))T\(written(moment.time))")
    case .localDate(let date): tagged("date-local", written(date))
    case .localTime(let time): tagged("time-local", written(time))
    case .array(let nodes):
        "[" + nodes.map { node in taggedJSON(node.value) }.joined(separator: ",") + "]"
    case .table(let table):
        "{"
            + table.entries.map { entry in
                quoted(entry.key) + ":" + taggedJSON(entry.node.value)
            }.joined(separator: ",") + "}"
    }
}

private func tagged(_ type: String, _ value: String) -> String {
    "{\"type\":\"\(type)\",\"value\":\(quoted(value))}"
}

private func quoted(_ text: String) -> String {
    var json = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": json += "\\\(scalar)"
        case "\u{0}"..<" ": json += "\\u" + padded(Int(scalar.value), to: 4, radix: 16)
        default: json.unicodeScalars.append(scalar)
        }
    }
    return json + "\""
}

private func written(_ date: TOMLDate) -> String {
    "\(padded(date.year, to: 4))-\(padded(date.month, to: 2))-\(padded(date.day, to: 2))"
}

private func written(_ time: TOMLTime) -> String {
    let clock = [time.hour, time.minute, time.second].map { padded($0, to: 2) }
    let fraction = time.nanosecond == 0 ? "" : ".\(padded(time.nanosecond, to: 9))"
    return clock.joined(separator: ":") + fraction
}

private func writtenOffset(_ minutes: Int16) -> String {
    guard minutes != 0 else { return "Z" }
    let (hour, minute) = abs(minutes).quotientAndRemainder(dividingBy: 60)
    return "\(minutes < 0 ? "-" : "+")\(padded(hour, to: 2)):\(padded(minute, to: 2))"
}

private func padded(_ number: some BinaryInteger, to width: Int, radix: Int = 10) -> String {
    let digits = String(number, radix: radix)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
