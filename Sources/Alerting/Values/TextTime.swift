extension Instant {
    /// Reads the one form that covers every text time of the providers.
    ///
    /// `YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]][ ](Z|UTC|GMT|±HH[:]MM)]`: no zone is UTC, no time is
    /// 00:00, and digits of a fraction after the millisecond are dropped. Returns nil for anything
    /// else, and for an instant that its offset moves out of the years 0000 to 9999.
    package init?(text: some StringProtocol) {
        // Nearly every text is contiguous, and is read in place.
        let instant =
            text.utf8.withContiguousStorageIfAvailable { Instant(bytes: $0) }
            ?? Array(text.utf8).withUnsafeBufferPointer { Instant(bytes: $0) }
        guard let instant else { return nil }
        self = instant
    }

    private init?(bytes: UnsafeBufferPointer<UInt8>) {
        var scanner = TimeScanner(bytes: bytes)
        guard let year = scanner.number(digits: 4), scanner.take("-"),
            let month = scanner.number(digits: 2), scanner.take("-"),
            let day = scanner.number(digits: 2)
        else { return nil }
        var civil = CivilTime(
            year: Int64(year),
            month: month,
            day: day,
            hour: 0,
            minute: 0,
            second: 0
        )
        if scanner.isAtEnd {
            guard let instant = civil.instant else { return nil }
            self = instant
            return
        }
        guard scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.number(digits: 2), scanner.take(":"),
            let minute = scanner.number(digits: 2)
        else { return nil }
        civil.hour = hour
        civil.minute = minute
        var milliseconds: Int64 = 0
        if scanner.take(":") {
            guard let second = scanner.number(digits: 2) else { return nil }
            civil.second = second
            if scanner.take(".") || scanner.take(",") {
                guard let fraction = scanner.fraction() else { return nil }
                milliseconds = fraction
            }
        }
        guard let offset = scanner.zoneOffsetSeconds(), scanner.isAtEnd,
            let instant = civil.instant
        else { return nil }
        self.init(milliseconds: instant.milliseconds + milliseconds - Int64(offset) * 1000)
        guard Self.writable.contains(self) else { return nil }
    }
}

/// Reads the parts of a text time, byte by byte.
private struct TimeScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var index = 0

    var isAtEnd: Bool { index == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func take(word: String) -> Bool {
        guard bytes[index...].starts(with: word.utf8) else { return false }
        index += word.utf8.count
        return true
    }

    mutating func digit() -> Int? {
        guard index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index])
        else { return nil }
        defer { index += 1 }
        return Int(bytes[index] - UInt8(ascii: "0"))
    }

    mutating func number(digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The milliseconds of the digits after a point; at least one digit.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var weight: Int64 = 100
        guard let first = digit() else { return nil }
        value = Int64(first) * weight
        while let next = digit() {
            weight /= 10
            value += Int64(next) * weight
        }
        return value
    }

    /// Seconds east of UTC; 0 where no zone is written; nil if it cannot be read.
    mutating func zoneOffsetSeconds() -> Int? {
        let spaced = take(" ")
        if isAtEnd { return spaced ? nil : 0 }
        if take("Z") || take("z") || take(word: "UTC") || take(word: "GMT") { return 0 }
        let sign: Int
        if take("+") {
            sign = 1
        } else if take("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = number(digits: 2), hours <= 23 else { return nil }
        _ = take(":")
        guard let minutes = number(digits: 2), minutes <= 59 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
