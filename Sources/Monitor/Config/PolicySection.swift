import Alerting
import Formats

/// The policy keys that `[policy]` or a token sets.
struct PolicyKeys: Equatable {
    var warnBefore: [Stage]?
    var criticalBefore: Stage?
    var remind = Reminders()
    var unreachableAfter: Duration?
    var unreachableCriticalAfter: Duration?
    var confirmAfter: Duration?
    var mustExpire: Bool?
    var require: [String]?
    var allow: [String]?
    var channels: [String]?

    struct Reminders: Equatable {
        var critical: Reminder?
        var warning: Reminder?
        var info: Reminder?
    }

    var isEmpty: Bool { self == PolicyKeys() }

    /// Returns a base policy with these keys applied.
    func policy(over base: Policy, routes: [ChannelRoute]) -> Policy {
        Policy(
            warnBefore: warnBefore ?? base.warnBefore,
            criticalBefore: criticalBefore ?? base.criticalBefore,
            remindCritical: remind.critical ?? base.remindCritical,
            remindWarning: remind.warning ?? base.remindWarning,
            remindInfo: remind.info ?? base.remindInfo,
            unreachableAfter: unreachableAfter ?? base.unreachableAfter,
            unreachableCriticalAfter: unreachableCriticalAfter ?? base.unreachableCriticalAfter,
            confirmAfter: confirmAfter ?? base.confirmAfter,
            mustExpire: mustExpire ?? base.mustExpire,
            require: require.map { PermissionSet($0) } ?? base.require,
            allow: allow.map { PermissionSet($0) } ?? base.allow,
            channels: channels.map { names in routes.filter { names.contains($0.name) } }
                ?? base.channels
        )
    }
}

extension ConfigurationDecoder {
    /// Reads the policy keys of a table; the caller calls `finish` on the reader.
    func policyKeys(_ reader: inout TableReader, channels: [String]) -> PolicyKeys {
        var keys = PolicyKeys()
        keys.warnBefore = stages(&reader)
        let hint = DurationText.hint(reader.find("critical_before")?.value)
        keys.criticalBefore =
            reader.parsed(
                "critical_before",
                allowed: "a duration such as \"3d\", 0s to 3650d, or a percentage of the lifetime "
                    + "such as \"10%\"\(hint)",
                pattern: Stage.pattern,
                Stage.init(configured:)
            )?.value
        keys.remind = reminders(&reader)
        let silence: ClosedRange<Duration> = .seconds(1)...(.days(365))
        keys.unreachableAfter =
            reader.duration("unreachable_after", like: "2h", in: silence)?.value
        keys.unreachableCriticalAfter =
            reader.duration("unreachable_critical_after", like: "24h", in: silence)?.value
        keys.confirmAfter =
            reader.duration("confirm_after", like: "30s", in: .zero...(.hours(1)))?.value
        keys.mustExpire = reader.boolean("must_expire")?.value
        keys.require = permissions("require", &reader)
        keys.allow = permissions("allow", &reader)
        keys.channels = channelNames(&reader, channels)
        return keys
    }

    private func stages(_ reader: inout TableReader) -> [Stage]? {
        let allowed =
            "an array of durations such as \"30d\", 0s to 3650d, or of percentages of the lifetime such as "
            + "\"25%\", 0.1% to 99.9%"
        let stages = reader.strings(
            "warn_before",
            allowed: allowed,
            pattern: Stage.pattern,
            hint: DurationText.hint
        )
        guard let list = stages else { return nil }
        // More stages than this are a mistake.
        guard list.value.count <= 32 else {
            report.error(
                list.place,
                "\(reader.name(of: "warn_before")) has \(list.value.count) stages; at most 32"
            )
            return nil
        }
        return list.value.compactMap { item in
            if let stage = Stage(configured: item.value) { return stage }
            report.error(
                item.place,
                "\(reader.name(of: "warn_before")) has \(TOMLValue.string(item.value).shown); "
                    + "it must be \(allowed)\(DurationText.hint(item.value))"
            )
            return nil
        }
    }

    private func reminders(_ reader: inout TableReader) -> PolicyKeys.Reminders {
        let allowed =
            "\"never\", \"daily\", \"diminishing\" or a duration such as \"7d\", 1s to 365d"
        let path = reader.name(of: "remind")
        func bySeverity(_ table: ConfigurationTable?) -> PolicyKeys.Reminders {
            var inner = TableReader(table, path: path, report: report)
            func reminder(_ key: String) -> Reminder? {
                let hint = DurationText.hint(inner.find(key)?.value)
                return inner.parsed(
                    key,
                    allowed: allowed + hint,
                    pattern: Reminder.pattern,
                    Reminder.init(configured:)
                )?.value
            }
            defer { inner.finish() }
            return PolicyKeys.Reminders(
                critical: reminder("critical"),
                warning: reminder("warning"),
                info: reminder("info")
            )
        }
        guard let entry = reader.any("remind", allowed: allowed) else {
            // The collecting reader has no table here, but the schema needs these keys.
            return report.keys == nil ? PolicyKeys.Reminders() : bySeverity(nil)
        }
        switch entry.value {
        case .leaf(.string(let text), _):
            guard let reminder = Reminder(configured: text) else { break }
            return PolicyKeys.Reminders(critical: reminder, warning: reminder, info: reminder)
        case .table(let table): return bySeverity(table)
        case .leaf: break
        }
        let hint = DurationText.hint(entry.value)
        reader.wrong("remind", entry, allowed: "\(allowed); or a table of them by severity\(hint)")
        return PolicyKeys.Reminders()
    }

    private func permissions(_ key: String, _ reader: inout TableReader) -> [String]? {
        let allowed = "an array of permissions such as [\"servers:list\", \"dns:*\"]"
        guard let list = reader.strings(key, allowed: allowed) else { return nil }
        for item in list.value
        where item.value.isEmpty || item.value != item.value.escapedForTerminal {
            report.error(
                item.place,
                "\(reader.name(of: key)) has \(TOMLValue.string(item.value).shown); a permission "
                    + "must not be empty or have control characters"
            )
        }
        return list.value.map(\.value)
    }

    private func channelNames(
        _ reader: inout TableReader,
        _ names: [String]
    ) -> [String]? {
        guard reader.has("channels") || report.keys != nil else { return nil }
        let known = names.map { "\"\($0)\"" }.joined(separator: ", ")
        let allowed = "an array of channels" + (names.isEmpty ? "" : ": \(known)")
        guard let list = reader.strings("channels", allowed: allowed) else { return nil }
        for item in list.value where !names.contains(item.value) {
            report.missing(
                item.place,
                "\(reader.name(of: "channels")) has the unknown channel "
                    + "\(TOMLValue.string(item.value).shown); "
                    + slipHint(item.value, among: names) + "known here: \(known)"
            )
        }
        return list.value.map(\.value)
    }
}

extension Stage {
    static let pattern = "^(\(DurationText.pattern)|[0-9]{1,2}([.][0-9])?%)$"

    /// Parses `30d` or `25%`; nil for anything else.
    init?(configured text: String) {
        if text.hasSuffix("%") {
            let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
            // The text has digits only: the initializer would accept a sign.
            guard (1...2).contains(parts.count), (1...2).contains(parts[0].utf8.count),
                parts.count == 1 || parts[1].utf8.count == 1,
                parts.joined().utf8.allSatisfy(\.isDigit),
                let thousandths = Int64(parts[0] + (parts.count == 2 ? parts[1] : "0")),
                thousandths > 0
            else { return nil }
            self.init(.partOfLife(thousandths: thousandths), text: text)
            return
        }
        guard let duration = DurationText.parse(text), duration <= .days(3650) else { return nil }
        self.init(.before(duration), text: text)
    }
}

extension Reminder {
    static let pattern = "^(never|daily|diminishing|\(DurationText.pattern))$"

    /// Parses `never`, `daily`, `diminishing` or a duration; nil for anything else.
    init?(configured text: String) {
        switch text {
        case "never": self = .never
        case "daily": self = .every(.days(1))
        case "diminishing": self = .diminishing
        default:
            guard let duration = DurationText.parse(text), duration >= .seconds(1),
                duration <= .days(365)
            else { return nil }
            self = .every(duration)
        }
    }
}
