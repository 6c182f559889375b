import Glibc

/// The `Date` line of answers, updated when the second changes.
struct HTTPDate {
    private var second: time_t = -1
    private var bytes: [UInt8] = []

    /// Returns the line for an instant in seconds since 1970, with its end (RFC 9110 §5.6.7).
    ///
    /// `Date: Sun, 06 Nov 1994 08:49:37 GMT`
    mutating func line(at now: time_t) -> [UInt8] {
        if now != second {
            second = now
            bytes = Self.line(of: now)
        }
        return bytes
    }

    private static func line(of now: time_t) -> [UInt8] {
        var now = now
        var time = tm()
        gmtime_r(&now, &time)
        // The names are those of the locale C: this program sets no other.
        var text = [CChar](repeating: 0, count: 64)
        let form = "Date: %a, %d %b %Y %H:%M:%S GMT\r\n"
        let count = strftime(&text, text.count, form, &time)
        return text[..<count].map(UInt8.init(bitPattern:))
    }
}
