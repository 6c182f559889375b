extension Duration {
    /// The duration for people, in its two largest units, rounded down: `6 d 23 h`, `40 s`, `7 d`.
    package var forPeople: String {
        let total = max(0, wholeSeconds)
        let units: [(size: Int64, name: String)] = [
            (86400, "d"), (3600, "h"), (60, "min"), (1, "s"),
        ]
        guard let first = units.firstIndex(where: { total >= $0.size }) else { return "0 s" }
        var text = "\(total / units[first].size) \(units[first].name)"
        if first + 1 < units.count {
            let rest = total % units[first].size / units[first + 1].size
            if rest > 0 { text += " \(rest) \(units[first + 1].name)" }
        }
        return text
    }

    /// The duration for people, in its largest unit, rounded to the nearest: `3 d`, `90 d`.
    package var roundedForPeople: String {
        let total = max(0, wholeSeconds)
        // A value that would round to 24 h is 1 d, and one that would round to 60 min is 1 h.
        let (size, name): (Int64, String) =
            switch total {
            case 84_600...: (86400, "d")
            case 3570...: (3600, "h")
            case 60...: (60, "min")
            default: (1, "s")
            }
        return "\((total + size / 2) / size) \(name)"
    }
}

extension Instant {
    /// The distance from `now` for people: `in 6 d 23 h`, `2 h ago`, `now`.
    package func distance(from now: Instant) -> String {
        if self == now { return "now" }
        return self > now ? "in \((self - now).forPeople)" : "\((now - self).forPeople) ago"
    }

    /// The instant and its distance: `2026-11-28 07:00 UTC (in 6 d 23 h)`.
    package func forPeople(at now: Instant) -> String {
        "\(forPeople) (\(distance(from: now)))"
    }
}

extension [String] {
    /// At most `limit` texts in a row, each cut to 100 bytes, and the number of further ones.
    package func listed(limit: Int = 8) -> String {
        let list = prefix(limit).map { $0.cut(toBytes: 100) }.joined(separator: ", ")
        return count <= limit ? list : list + " and \(count - limit) more"
    }

    /// The first texts, as many as an event has room for: at most 200 and 8 KiB.
    var forEvent: [String] {
        var room = 8 << 10
        return Array(
            prefix(200).prefix { word in
                room -= word.utf8.count
                return room >= 0
            }
        )
    }
}

/// A count with its noun: `1 token`, `2,000 tokens`.
package func counted(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// A number with commas between its thousands.
package func grouped(_ number: Int) -> String {
    guard !(-999...999).contains(number) else { return String(number) }
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
        text.append(digit)
    }
    return text
}
