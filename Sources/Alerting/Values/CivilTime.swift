/// A date and time of the proleptic Gregorian calendar, in UTC.
package struct CivilTime: Hashable, Sendable {
    package var year: Int64
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int

    package init(year: Int64, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }
}

extension CivilTime {
    package init(_ instant: Instant) {
        let seconds = instant.seconds
        let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let rest = Int(seconds - days * 86400)
        // Days to a date in 400-year eras that begin on 1 March:
        // https://howardhinnant.github.io/date_algorithms.html#civil_from_days
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
    }

    /// The instant, or nil if no such date or time exists.
    ///
    /// A second of 60, a leap second, is the first instant of the next minute.
    package var instant: Instant? {
        guard (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year),
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second),
            (0...9999).contains(year)
        else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return Instant(seconds: days * 86400 + Int64(hour * 3600 + minute * 60 + second))
    }

    /// Days of a month, 28 to 31.
    package static func days(inMonth month: Int, of year: Int64) -> Int {
        switch month {
        case 2:
            year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Instant {
    /// The time in RFC 3339, in UTC to the second: `2026-11-21T08:00:00Z`.
    ///
    /// An instant outside the years 0000 to 9999 is written as the nearest one within.
    package var rfc3339: String { withRFC3339 { String(decoding: $0, as: UTF8.self) } }

    /// Passes the 20 bytes of `rfc3339` to a function: a list has several for each token.
    func withRFC3339<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let time = CivilTime(
            min(max(self, Self.writable.lowerBound), Self.writable.upperBound)
        )
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            var index = 0
            func put(_ number: Int, _ width: Int, _ mark: Unicode.Scalar) {
                var rest = number
                for place in stride(from: index + width - 1, through: index, by: -1) {
                    buffer.initializeElement(at: place, to: UInt8(ascii: "0") + UInt8(rest % 10))
                    rest /= 10
                }
                buffer.initializeElement(at: index + width, to: UInt8(ascii: mark))
                index += width + 1
            }
            put(Int(time.year), 4, "-")
            put(time.month, 2, "-")
            put(time.day, 2, "T")
            put(time.hour, 2, ":")
            put(time.minute, 2, ":")
            put(time.second, 2, "Z")
            return body(UnsafeBufferPointer(buffer))
        }
    }

    /// The time for people: `2026-11-21 08:00 UTC`.
    package var forPeople: String {
        withRFC3339 { bytes in
            let (day, time) = (bytes[..<10], bytes[11..<16])
            return String(decoding: day, as: UTF8.self) + " "
                + String(decoding: time, as: UTF8.self)
                + " UTC"
        }
    }
}

extension String {
    /// Appends a decimal number with leading zeros up to a width.
    package mutating func append(padded number: Int, to width: Int) {
        let digits = String(number)
        for _ in 0..<max(0, width - digits.utf8.count) { append("0") }
        append(digits)
    }
}
