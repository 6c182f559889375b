/// Durations as the configuration and the commands write them: `90s`, `15m`, `6h`, `1d12h`.
package enum DurationText {
    /// The longest that can be written: a hundred years of 365 days.
    package static let longest: Duration = .seconds(36_500 * 86_400)

    private static let units: [(letter: UInt8, seconds: Int64)] = [
        (UInt8(ascii: "w"), 604_800), (UInt8(ascii: "d"), 86_400), (UInt8(ascii: "h"), 3600),
        (UInt8(ascii: "m"), 60), (UInt8(ascii: "s"), 1),
    ]

    /// Numbers with units, the larger unit first and each once; nil for anything else.
    package static func parse(_ text: String) -> Duration? {
        var total: Int64 = 0
        var number: Int64?
        var nextUnit = 0
        for byte in text.utf8 {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                let digit = Int64(byte - UInt8(ascii: "0"))
                // Ten digits are beyond every bound; more could overflow.
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

    /// The shortest way to write whole seconds: `1d12h`.
    package static func text(_ duration: Duration) -> String {
        var rest = duration.components.seconds
        var text = ""
        // Weeks are written as days: "14d" is what people say.
        for (letter, size) in units.dropFirst() where rest >= size {
            text += "\(rest / size)\(Character(Unicode.Scalar(letter)))"
            rest %= size
        }
        return text.isEmpty ? "0s" : text
    }
}
