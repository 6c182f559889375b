import Alerting

/// Reads `Retry-After` (RFC 9110 §10.2.3).
enum RetryAfter {
    /// How long to wait from `now`, never negative.
    ///
    /// Nil where the text cannot be read.
    static func duration(_ text: String, at now: Instant) -> Duration? {
        let trimmed = text.trimming { $0 == " " || $0 == "\t" }
        guard !trimmed.isEmpty, trimmed.utf8.count <= 64 else { return nil }
        if trimmed.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // Beyond nine digits, some 30 years, the number does not matter.
            return .seconds(trimmed.utf8.count > 9 ? 999_999_999 : Int64(trimmed) ?? 0)
        }
        return date(trimmed, at: now).map { max($0 - now, .zero) }
    }

    /// Any of the three forms of an HTTP date (RFC 9110 §5.6.7).
    private static func date(_ text: Substring, at now: Instant) -> Instant? {
        let words = text.split { " ,-:".contains($0) }
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        // "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"
        // and "Sun Nov  6 08:49:37 1994".
        let order: (day: Int, month: Int, year: Int, time: Int)
        if words.count == 8, words[7] == "GMT" {
            order = (1, 2, 3, 4)
        } else if words.count == 7 {
            order = (2, 1, 6, 3)
        } else {
            return nil
        }
        guard let month = months.firstIndex(where: { $0 == words[order.month] }),
            let day = number(words[order.day]), var year = number(words[order.year]),
            let hour = number(words[order.time]), let minute = number(words[order.time + 1]),
            let second = number(words[order.time + 2])
        else { return nil }
        if words[order.year].utf8.count == 2 {
            // A year that seems more than 50 years ahead is one of the past.
            let present = Int(CivilTime(now).year)
            year += present / 100 * 100
            if year > present + 50 { year -= 100 }
        }
        var civil = CivilTime(now)
        civil.year = Int64(year)
        civil.month = month + 1
        civil.day = day
        civil.hour = hour
        civil.minute = minute
        civil.second = second
        return civil.instant
    }

    private static func number(_ digits: Substring) -> Int? {
        guard (1...4).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(digits)
    }
}

extension String {
    fileprivate func trimming(_ isBlank: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let first = rest.first, isBlank(first) { rest.removeFirst() }
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
