package import Alerting
import Monitor

/// The texts of plays, with times relative to the moment of an answer.
package enum PlayText {
    /// Fills `{secret}` and `{FORM:+6d}`; every other brace stands for itself, as in JSON.
    ///
    /// The forms: `date` is `2026-11-27`, `time` RFC 3339, `nano` the same with nanoseconds, `clock`
    /// `2026-11-27 08:00:00`, `local` the same with a `T`, `unix` and `unix_ms` are since 1970, and
    /// `in` are the seconds from now on.
    package static func filled(_ text: String, secret: String, at now: Instant) -> String {
        var filled = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            filled += rest[..<brace]
            let inside = rest[rest.index(after: brace)...]
            if let end = inside.firstIndex(of: "}"),
                let value = value(String(inside[..<end]), secret, now)
            {
                filled += value
                rest = inside[inside.index(after: end)...]
            } else {
                filled += "{"
                rest = inside
            }
        }
        return filled + rest
    }

    private static func value(_ place: String, _ secret: String, _ now: Instant) -> String? {
        if place == "secret" { return secret }
        let parts = place.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let instant = ScenarioTime(String(parts[1]))?.resolved(at: now)
        else { return nil }
        let text = instant.rfc3339
        switch parts[0] {
        case "date": return String(text.prefix(10))
        case "time": return text
        case "nano": return text.prefix(19) + ".000000001Z"
        case "clock": return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
        case "local": return String(text.prefix(19))
        case "unix": return String(instant.seconds)
        case "unix_ms": return String(instant.milliseconds)
        case "in": return String((instant - now).wholeSeconds)
        default: return nil
        }
    }
}
