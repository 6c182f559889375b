extension Instant {
    /// Reads the date of an HTTP header in any of its three forms (RFC 9110 §5.6.7).
    ///
    /// `now` places the two-digit years of the second form: a year more than 50 years ahead belongs
    /// to the century before. The name of the day is not compared with the date.
    package init?(httpDate text: String, now: Instant) {
        guard text.utf8.count <= 40 else { return nil }
        if let instant = Self.usual(httpDate: text) {
            self = instant
            return
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        let fields: (day: String, month: String, year: String, time: String)
        if words.count == 6, words[5] == "GMT", words[0].hasSuffix(",") {
            // Sun, 06 Nov 1994 08:49:37 GMT
            guard words[0].utf8.count == 4, words[1].utf8.count == 2 else { return nil }
            fields = (words[1], words[2], words[3], words[4])
        } else if words.count == 4, words[3] == "GMT", words[0].hasSuffix(",") {
            // Sunday, 06-Nov-94 08:49:37 GMT
            let date = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard date.count == 3, date[0].utf8.count == 2,
                let year = Self.year(ofTwoDigits: String(date[2]), now: now)
            else { return nil }
            fields = (String(date[0]), String(date[1]), String(year), words[2])
        } else if words.count == 5, words[0].utf8.count == 3 {
            // Sun Nov  6 08:49:37 1994
            fields = (words[2], words[1], words[4], words[3])
        } else {
            return nil
        }
        guard Self.dayNames.contains(where: words[0].hasPrefix),
            let month = Self.monthNames.firstIndex(of: fields.month),
            let day = Self.number(fields.day, digits: 1...2),
            let year = Self.number(fields.year, digits: 4...4)
        else { return nil }
        let clock = fields.time.split(separator: ":", omittingEmptySubsequences: false)
            .map { Self.number(String($0), digits: 2...2) }
        guard clock.count == 3, let hour = clock[0], let minute = clock[1],
            let second = clock[2]
        else { return nil }
        var civil = CivilTime(Instant(seconds: 0))
        civil.year = Int64(year)
        civil.month = month + 1
        civil.day = day
        civil.hour = hour
        civil.minute = minute
        civil.second = second
        guard let instant = civil.instant else { return nil }
        self = instant
    }

    /// Reads the first form, which nearly all servers send with every answer; nil for any other.
    private static func usual(httpDate text: String) -> Instant? {
        var text = text
        return text.withUTF8 { bytes in
            // Sun, 06 Nov 1994 08:49:37 GMT
            guard bytes.count == 29, bytes[3] == UInt8(ascii: ","),
                bytes[19] == UInt8(ascii: ":"), bytes[22] == UInt8(ascii: ":"),
                [4, 7, 11, 16, 25].allSatisfy({ bytes[$0] == UInt8(ascii: " ") }),
                bytes[26...].elementsEqual("GMT".utf8),
                packedDayNames.contains(packed(bytes[..<3])),
                let month = packedMonthNames.firstIndex(of: packed(bytes[8..<11])),
                let day = number(bytes[5..<7]), let year = number(bytes[12..<16]),
                let hour = number(bytes[17..<19]), let minute = number(bytes[20..<22]),
                let second = number(bytes[23..<25])
            else { return nil }
            return CivilTime(
                year: Int64(year),
                month: month + 1,
                day: day,
                hour: hour,
                minute: minute,
                second: second
            ).instant
        }
    }

    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var number = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    private static let dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static let packedDayNames = dayNames.map { packed($0.utf8) }
    private static let packedMonthNames = monthNames.map { packed($0.utf8) }

    /// A name of three bytes as one number, which takes one comparison.
    private static func packed(_ name: some Sequence<UInt8>) -> UInt32 {
        name.reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func number(_ text: String, digits: ClosedRange<Int>) -> Int? {
        guard digits.contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }

    private static func year(ofTwoDigits text: String, now: Instant) -> Int64? {
        guard let digits = number(text, digits: 2...2) else { return nil }
        let thisYear = CivilTime(now).year
        let year = thisYear / 100 * 100 + Int64(digits)
        return year > thisYear + 50 ? year - 100 : year
    }
}

/// The pause that a provider requests (RFC 9110 §10.2.3).
package enum RetryAfter {
    /// The longest requested pause that is honoured: a token must not go unwatched.
    package static let maximum = Duration.seconds(86400)

    /// Reads seconds or a date; from zero to the maximum, nil for anything else.
    ///
    /// The RFC knows whole seconds only, but receivers send fractions of them too.
    package static func wait(_ text: String, now: Instant) -> Duration? {
        let text = text.trimmingSpaces
        guard !text.isEmpty else { return nil }
        if let seconds = seconds(text) { return seconds }
        guard let date = Instant(httpDate: text, now: now) else { return nil }
        return max(.zero, min(date - now, maximum))
    }

    /// Reads `7` or `0.25`, rounded up to a millisecond; nil for anything else.
    private static func seconds(_ text: String) -> Duration? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(digits.contains) }) else {
            return nil
        }
        // More digits than fit mean a long time, too.
        guard let whole = Int64(parts[0]), whole < maximum.components.seconds else {
            return maximum
        }
        guard parts.count == 2 else { return .seconds(whole) }
        let fraction = parts[1].utf8
        let thousandths = (fraction.prefix(3) + Array(repeating: digits.lowerBound, count: 3))
            .prefix(3).reduce(Int64(0)) { $0 * 10 + Int64($1 - digits.lowerBound) }
        let isMore = fraction.dropFirst(3).contains { $0 != digits.lowerBound }
        return .seconds(whole) + .milliseconds(thousandths + (isMore ? 1 : 0))
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while text.utf8.first == 0x20 || text.utf8.first == 0x09 { text.removeFirst() }
        while text.utf8.last == 0x20 || text.utf8.last == 0x09 { text.removeLast() }
        return String(text)
    }
}
