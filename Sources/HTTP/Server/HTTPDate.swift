import Glibc

/// The `Date` line of answers, updated when the second changes.
struct HTTPDate {
    private var second: time_t = -1
    private var bytes: [UInt8] = []

    /// The line for an instant in seconds since 1970, with its line end (RFC 9110 §5.6.7).
    ///
    /// `Date: Sun, 06 Nov 1994 08:49:37 GMT`
    mutating func line(at now: time_t) -> [UInt8] {
        if now != second {
            second = now
            bytes = Self.line(of: now)
        }
        return bytes
    }

    private static let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func line(of now: time_t) -> [UInt8] {
        var now = now
        var time = tm()
        gmtime_r(&now, &time)
        var line: [UInt8] = []
        line.append("Date: ")
        line.append(days[Int(time.tm_wday)])
        line.append(", ")
        line.append(twoDigits: time.tm_mday)
        line.append(.space)
        line.append(months[Int(time.tm_mon)])
        line.append(.space)
        line.append(decimal: Int(time.tm_year) + 1900)
        line.append(.space)
        line.append(twoDigits: time.tm_hour)
        line.append(.colon)
        line.append(twoDigits: time.tm_min)
        line.append(.colon)
        line.append(twoDigits: time.tm_sec)
        line.append(" GMT\r\n")
        return line
    }
}

extension [UInt8] {
    fileprivate mutating func append(twoDigits number: Int32) {
        append(UInt8(ascii: "0") + UInt8(number / 10))
        append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
