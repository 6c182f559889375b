import Alerting
import Formats

/// The keys that all types of channels share.
struct CommonChannelKeys {
    var severity: Severity?
    var giveUpAfter: Duration?
    var filter = EventFilter.all
    var groupWait: Located<Duration>?
    var quiet: QuietHours?
}

extension ConfigurationDecoder {
    func commonKeys(_ reader: inout TableReader) -> CommonChannelKeys {
        var keys = CommonChannelKeys()
        keys.severity = reader.word("min_severity", as: Severity.self)?.value
        keys.giveUpAfter =
            reader.duration("give_up_after", like: "3d", in: .seconds(1)...(.days(365)))?.value
        keys.filter = filter(&reader)
        keys.groupWait = reader.duration("group_wait", like: "10s", in: .zero...(.hours(1)))
        keys.quiet = quietHours(&reader)
        return keys
    }

    /// The time that notifications wait for others; nil sends a message for each.
    func groupWait(_ keys: CommonChannelKeys, _ kind: ChannelSettings.Kind, _ path: String)
        -> Duration?
    {
        guard let wait = keys.groupWait else { return kind.takesDigests ? .seconds(10) : nil }
        guard wait.value > .zero else { return nil }
        if !kind.takesDigests {
            report.error(
                wait.place,
                "\(path).group_wait is for channels that people read; this one gets events one by one"
            )
        }
        return wait.value
    }

    private func filter(_ reader: inout TableReader) -> EventFilter {
        let only = eventNames("only", &reader)
        let except = eventNames("except", &reader)
        let owners = globs("owner", allowed: "an array of owners such as [\"platform*\"]", &reader)
        for item in owners ?? [] where item.value.isEmpty {
            report.error(item.place, "\(reader.name(of: "owner")) has an empty name; remove it")
        }
        return EventFilter(
            only: only,
            except: except ?? [],
            owners: owners?.map { Glob($0.value) },
            sendsResolved: reader.boolean("send_resolved")?.value ?? true
        )
    }

    /// The patterns for event names; each must match some condition or change.
    private func eventNames(_ key: String, _ reader: inout TableReader) -> [Glob]? {
        let allowed = "an array of conditions and changes such as [\"expiring\", \"permissions_*\"]"
        return globs(key, allowed: allowed, &reader)?.map { item in
            let glob = Glob(item.value)
            if !EventFilter.names.contains(where: glob.matches) {
                report.error(
                    item.place,
                    "\(reader.name(of: key)) has \(TOMLValue.string(item.value).shown), an unknown "
                        + "condition or change; " + slipHint(item.value, among: EventFilter.names)
                        + "known here: \(EventFilter.names.joined(separator: ", "))"
                )
            }
            return glob
        }
    }

    private func globs(
        _ key: String,
        allowed: String,
        _ reader: inout TableReader
    ) -> [Located<String>]? {
        guard let list = reader.strings(key, allowed: allowed) else { return nil }
        if list.value.isEmpty {
            report.error(list.place, "\(reader.name(of: key)) is empty; it must be \(allowed)")
        }
        return list.value
    }
}
