/// An existing day of the proleptic Gregorian calendar.
package struct TOMLDate: Hashable, Sendable {
    /// The year, 0 to 9999.
    package let year: Int16
    /// The month, 1 to 12.
    package let month: Int8
    /// The day, 1 to 31.
    package let day: Int8
}

/// A time of day.
package struct TOMLTime: Hashable, Sendable {
    /// The hour, 0 to 23.
    package let hour: Int8
    /// The minute, 0 to 59.
    package let minute: Int8
    /// The second, 0 to 60: 60 is a leap second (RFC 3339 §5.7).
    package let second: Int8
    /// The nanosecond, 0 to 999,999,999; digits of a finer fraction are cut off.
    package let nanosecond: Int32
}

/// A day and a time of day, without a time zone.
package struct TOMLLocalDateTime: Hashable, Sendable {
    package let date: TOMLDate
    package let time: TOMLTime
}

/// An instant: a day, a time of day and the offset of that clock from UTC (RFC 3339).
package struct TOMLOffsetDateTime: Hashable, Sendable {
    package let date: TOMLDate
    package let time: TOMLTime
    /// The minutes east of UTC, -1439 to 1439.
    package let offsetMinutes: Int16
}

/// Reads the dates and times of RFC 3339 as TOML restricts them.
struct TOMLDateTimeReader {
    private var rest: ArraySlice<UInt8>

    /// Reads the whole of `token`.
    static func read(_ token: ArraySlice<UInt8>) throws(TOMLFault) -> TOMLValue {
        var reader = TOMLDateTimeReader(rest: token)
        let value = try reader.readValue()
        guard reader.rest.isEmpty else {
            throw TOMLFault("unexpected text after the date and time")
        }
        return value
    }

    /// Whether the token begins as a date (`2006-`) or a time (`15:`), and as nothing else could.
    static func canRead(_ token: ArraySlice<UInt8>) -> Bool {
        let digits = token.prefix(5).prefix(while: TOMLByte.isDigit).count
        guard let next = token.dropFirst(digits).first else { return false }
        return digits == 4 && next == TOMLByte.minus || digits == 2 && next == TOMLByte.colon
    }

    private mutating func readValue() throws(TOMLFault) -> TOMLValue {
        if rest.dropFirst(2).first == TOMLByte.colon { return .localTime(try readTime()) }
        let date = try readDate()
        guard let separator = rest.first else { return .localDate(date) }
        guard [UInt8(ascii: "T"), UInt8(ascii: "t"), TOMLByte.space].contains(separator) else {
            throw TOMLFault("separate a date and its time with 'T' or one space")
        }
        rest = rest.dropFirst()
        let time = try readTime()
        guard let minutes = try readOffset() else {
            return .localDateTime(TOMLLocalDateTime(date: date, time: time))
        }
        return .offsetDateTime(
            TOMLOffsetDateTime(date: date, time: time, offsetMinutes: Int16(minutes))
        )
    }

    private mutating func readDate() throws(TOMLFault) -> TOMLDate {
        guard let year = digits(4), take(TOMLByte.minus), let month = digits(2),
            take(TOMLByte.minus), let day = digits(2)
        else {
            throw TOMLFault("a date must be written YYYY-MM-DD, such as 2026-01-31")
        }
        try check(month, in: 1...12, "month")
        try check(day, in: 1...daysInMonth(month, of: year), "day of that month")
        return TOMLDate(year: Int16(year), month: Int8(month), day: Int8(day))
    }

    private mutating func readTime() throws(TOMLFault) -> TOMLTime {
        guard let hour = digits(2), take(TOMLByte.colon), let minute = digits(2) else {
            throw TOMLFault("a time must be written HH:MM or HH:MM:SS, such as 07:30:00")
        }
        // TOML 1.1 allows omitting seconds, and then there is no fraction either.
        let hasSeconds = take(TOMLByte.colon)
        guard let second = hasSeconds ? digits(2) : 0 else {
            throw TOMLFault("two digits must follow the second ':' of a time, such as 07:30:00")
        }
        try check(hour, in: 0...23, "hour")
        try check(minute, in: 0...59, "minute")
        try check(second, in: 0...60, "second")
        return TOMLTime(
            hour: Int8(hour),
            minute: Int8(minute),
            second: Int8(second),
            nanosecond: hasSeconds ? try readFraction() : 0
        )
    }

    private mutating func readFraction() throws(TOMLFault) -> Int32 {
        guard take(TOMLByte.dot) else { return 0 }
        let fraction = rest.prefix(while: TOMLByte.isDigit)
        guard !fraction.isEmpty else { throw TOMLFault("digits must follow the '.' of a time") }
        rest = rest.dropFirst(fraction.count)
        var nanosecond: Int32 = 0
        var unit: Int32 = 100_000_000
        for digit in fraction.prefix(9) {
            nanosecond += Int32(digit - TOMLByte.zero) * unit
            unit /= 10
        }
        return nanosecond
    }

    /// Reads the minutes east of UTC; nil if there is no offset here.
    private mutating func readOffset() throws(TOMLFault) -> Int? {
        if take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z")) { return 0 }
        let isWest = rest.first == TOMLByte.minus
        guard take(TOMLByte.plus) || take(TOMLByte.minus) else { return nil }
        guard let hour = digits(2), take(TOMLByte.colon), let minute = digits(2) else {
            throw TOMLFault("an offset from UTC must be written Z, +HH:MM or -HH:MM")
        }
        try check(hour, in: 0...23, "hour of the offset")
        try check(minute, in: 0...59, "minute of the offset")
        return (isWest ? -1 : 1) * (hour * 60 + minute)
    }

    private func daysInMonth(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2:
            year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
                ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private func check(
        _ number: Int,
        in range: ClosedRange<Int>,
        _ name: String
    ) throws(TOMLFault) {
        guard !range.contains(number) else { return }
        throw TOMLFault(
            "the \(name) is \(number); it must be \(range.lowerBound) to \(range.upperBound)"
        )
    }

    private mutating func digits(_ count: Int) -> Int? {
        let digits = rest.prefix(count).prefix(while: TOMLByte.isDigit)
        guard digits.count == count else { return nil }
        rest = rest.dropFirst(count)
        return digits.reduce(0) { number, digit in number * 10 + Int(digit - TOMLByte.zero) }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }
}
