package import Alerting
import Monitor

/// The durations of scenarios.
enum ScenarioText {
    /// Reads `250ms`, or what the daemon's configuration takes: `20s`, `1d12h`.
    static func duration(_ text: String) -> Duration? {
        guard text.hasSuffix("ms") else { return DurationText.parse(text) }
        let digits = text.dropLast(2)
        guard (1...9).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let count = Int64(digits)
        else { return nil }
        return .milliseconds(count)
    }
}

/// A time of a scenario, which may hang on the moment it is applied at.
package enum ScenarioTime: Sendable, Hashable {
    case never
    case at(Instant)
    /// So long after (before, if negative) the start, or the step that says it.
    case relative(Duration)

    /// Reads `never`, `+6d`, `-250ms` or a time of RFC 3339.
    package init?(_ text: String) {
        if text == "never" {
            self = .never
        } else if text.hasPrefix("+") || text.hasPrefix("-") {
            guard let duration = ScenarioText.duration(String(text.dropFirst())) else {
                return nil
            }
            self = .relative(text.hasPrefix("-") ? .zero - duration : duration)
        } else {
            guard let instant = Instant(text: text) else { return nil }
            self = .at(instant)
        }
    }

    /// The instant that is meant; nil is never.
    package func resolved(at moment: Instant) -> Instant? {
        switch self {
        case .never: nil
        case .at(let instant): instant
        case .relative(let duration): moment + duration
        }
    }
}

extension Instant {
    /// The form of HTTP's `Date` (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    package var httpDate: String {
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let time = CivilTime(self)
        let daysSince1970 = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        // 1970-01-01 was a Thursday.
        let weekday = ((daysSince1970 + 4) % 7 + 7) % 7
        var text = "\(days[Int(weekday)]), "
        text.append(padded: time.day, to: 2)
        text += " \(months[time.month - 1]) "
        text.append(padded: Int(time.year), to: 4)
        text += " "
        text.append(padded: time.hour, to: 2)
        text += ":"
        text.append(padded: time.minute, to: 2)
        text += ":"
        text.append(padded: time.second, to: 2)
        return text + " GMT"
    }

    /// The day: `2024-06-15`.
    var day: String { String(rfc3339.prefix(10)) }
}
