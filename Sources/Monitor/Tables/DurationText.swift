import Formats

/// Durations in the form of the configuration and the commands: `90s`, `15m`, `6h`, `1d12h`.
package enum DurationText {
    /// The longest duration: a hundred years of 365 days.
    package static let longest: Duration = .seconds(36_500 * 86_400)

    private static let units: [(letter: UInt8, seconds: Int64)] = [
        (UInt8(ascii: "w"), 604_800), (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3600),
        (UInt8(ascii: "m"), 60), (UInt8(ascii: "s"), 1),
    ]

    /// Parses numbers with units, the larger unit first and each once; nil for anything else.
    package static func parse(_ text: String) -> Duration? {
        var total: Int64 = 0
        var number: Int64?
        var nextUnit = 0
        for byte in text.utf8 {
            if byte.isDigit {
                let digit = Int64(byte - UInt8(ascii: "0"))
                // Ten digits exceed every bound; more could overflow.
                guard (number ?? 0) < 1_000_000_000 else { return nil }
                number = (number ?? 0) * 10 + digit
                continue
            }
            guard let count = number,
                let unit = units[nextUnit...].firstIndex(where: { $0.letter == byte })
            else { return nil }
            total += count * units[unit].seconds
            number = nil
            nextUnit = unit + 1
        }
        guard number == nil, nextUnit > 0, total <= longest.components.seconds else { return nil }
        return .seconds(total)
    }

    /// The regular expression of the values of `parse` and of the empty text.
    static let pattern = "([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?"

    /// Returns a hint for a value that is not a duration, with a semicolon in front, or nothing.
    static func hint(_ value: ConfigurationTable.Value?) -> String {
        guard case .leaf(let value, _) = value else { return "" }
        return hint(value)
    }

    static func hint(_ value: TOMLValue) -> String {
        switch value {
        case .integer: needsUnit
        case .string(let text): hint(text)
        default: ""
        }
    }

    private static let needsUnit = "; a number needs a unit: s, m, h, d or w"

    /// Returns a hint for a text such as `60`, `5min`, `0.5h`, `PT1H` or `1y`.
    package static func hint(_ text: String) -> String {
        guard text.utf8.count < 32, parse(text) == nil else { return "" }
        var rest = text.lowercased().filter { $0 != " " }[...]
        if let word = ["hourly": "1h", "daily": "1d", "weekly": "7d"][rest] {
            return "; write \"\(word)\""
        }
        // In ISO 8601 an M before the T means months.
        if rest.hasPrefix("pt") { rest = rest.dropFirst(2) }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard let number = Double(digits), number < 1e9 else { return "" }
            rest = rest.dropFirst(digits.count)
            let word = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(word.count)
            switch word {
            case "" where rest.isEmpty: return needsUnit
            case "s", "sec", "secs", "second", "seconds": total += number
            case "m", "min", "mins", "minute", "minutes": total += number * 60
            case "h", "hr", "hrs", "hour", "hours": total += number * 3600
            case "d", "day", "days": total += number * 86_400
            case "w", "week", "weeks": total += number * 604_800
            case "y", "yr", "year", "years", "mo", "month", "months":
                return "; the units are s, m, h, d and w: a year is \"365d\""
            default: return ""
            }
        }
        let seconds = Duration.seconds(Int64(total))
        return total >= 1 && seconds <= longest ? "; write \"\(Self.text(seconds))\"" : ""
    }

    /// Returns the shortest text for whole seconds: `1d12h`.
    package static func text(_ duration: Duration) -> String {
        var rest = duration.components.seconds
        var text = ""
        // Weeks are written as days: "14d" is the usual form.
        for (letter, size) in units.dropFirst() where rest >= size {
            text += "\(rest / size)\(Character(Unicode.Scalar(letter)))"
            rest %= size
        }
        return text.isEmpty ? "0s" : text
    }
}
