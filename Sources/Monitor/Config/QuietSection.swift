import Alerting
import Formats

extension ConfigurationDecoder {
    /// Reads `quiet = "22:00-07:00"`, the days on which it begins, and whether critical waits too.
    func quietHours(_ reader: inout TableReader) -> QuietHours? {
        let hours = reader.parsed(
            "quiet",
            allowed: "two different times of a day such as \"22:00-07:00\", at most \"24:00\"",
            pattern: "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$",
            Self.minutes
        )
        let days = quietDays(&reader)
        let critical = reader.boolean("quiet_critical")
        guard let hours else {
            for key in ["quiet_days", "quiet_critical"]
            where reader.has(key) && !reader.has("quiet") {
                guard let place = reader.place(of: key) else { continue }
                report.missing(
                    place,
                    "\(reader.name(of: key)) needs quiet, such as quiet = \"22:00-07:00\""
                )
            }
            return nil
        }
        let quiet = QuietHours(
            begin: hours.value.begin,
            end: hours.value.end,
            days: days ?? Set(QuietHours.Day.allCases),
            holdsCritical: critical?.value ?? false
        )
        if quiet == nil, days?.isEmpty != true {
            report.error(
                hours.place,
                "\(reader.name(of: "quiet")) never ends; set other times, or fewer quiet_days"
            )
        }
        return quiet
    }

    private func quietDays(_ reader: inout TableReader) -> Set<QuietHours.Day>? {
        let words = QuietHours.Day.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        let allowed = "an array of \(words)"
        let pattern = "^(\(QuietHours.Day.allCases.map(\.rawValue).joined(separator: "|")))$"
        guard let list = reader.strings("quiet_days", allowed: allowed, pattern: pattern) else {
            return nil
        }
        if list.value.isEmpty {
            report.error(
                list.place,
                "\(reader.name(of: "quiet_days")) is empty; it must be \(allowed)"
            )
        }
        var days: Set<QuietHours.Day> = []
        for item in list.value {
            guard let day = QuietHours.Day(rawValue: item.value) else {
                report.error(
                    item.place,
                    "\(reader.name(of: "quiet_days")) has \(TOMLValue.string(item.value).shown); "
                        + "it must be \(allowed)"
                )
                continue
            }
            days.insert(day)
        }
        return days
    }

    /// The minutes of `22:00-07:00`; nil for another form, or if both times are the same.
    private static func minutes(_ text: String) -> (begin: Int, end: Int)? {
        let times = text.split(separator: "-", omittingEmptySubsequences: false).map(minute)
        guard times.count == 2, let begin = times[0], let end = times[1], begin < 1440, end > 0,
            begin != end
        else {
            // A range that ends at midnight ends with the day.
            guard times.count == 2, let begin = times[0], times[1] == 0, (1...1439).contains(begin)
            else { return nil }
            return (begin, 1440)
        }
        return (begin, end)
    }

    private static func minute(_ text: Substring) -> Int? {
        let digits = Array(text.utf8)
        guard digits.count == 5, digits[2] == UInt8(ascii: ":") else { return nil }
        let numbers = [0, 1, 3, 4].map { Int(digits[$0]) - 48 }
        guard numbers.allSatisfy((0...9).contains) else { return nil }
        let (hour, minute) = (numbers[0] * 10 + numbers[1], numbers[2] * 10 + numbers[3])
        guard minute < 60, hour * 60 + minute <= 1440 else { return nil }
        return hour * 60 + minute
    }
}
