import Alerting

/// The keys that channels of every type have.
struct CommonChannelKeys {
    var severity: Severity?
    var giveUpAfter: Duration?
    var filter = EventFilter.all
}

extension ConfigurationDecoder {
    func commonKeys(_ reader: inout TableReader) -> CommonChannelKeys {
        var keys = CommonChannelKeys()
        keys.severity = reader.word("min_severity", as: Severity.self)?.value
        keys.giveUpAfter =
            reader.duration("give_up_after", like: "3d", in: .seconds(1)...(.days(365)))?.value
        keys.filter = filter(&reader)
        return keys
    }

    private func filter(_ reader: inout TableReader) -> EventFilter {
        let only = eventNames("only", &reader)
        let except = eventNames("except", &reader)
        let owners = globs("owner", allowed: "an array of owners such as [\"platform*\"]", &reader)
        for item in owners ?? [] where item.value.isEmpty {
            report.error(item.place, "\(reader.name(of: "owner")) holds \"\"; an owner has a name")
        }
        return EventFilter(
            only: only,
            except: except ?? [],
            owners: owners?.map { Glob($0.value) },
            sendsResolved: reader.boolean("send_resolved")?.value ?? true
        )
    }

    /// Patterns, each of which some condition or change fits.
    private func eventNames(_ key: String, _ reader: inout TableReader) -> [Glob]? {
        let allowed = "an array of conditions and changes such as [\"expiring\", \"permissions_*\"]"
        return globs(key, allowed: allowed, &reader)?.map { item in
            let glob = Glob(item.value)
            if !EventFilter.names.contains(where: glob.matches) {
                let nearest = NearestName.of(item.value, among: EventFilter.names)
                report.error(
                    item.place,
                    "\(reader.name(of: key)) holds \(TOMLValue.string(item.value).shown), which is no "
                        + "condition or change; "
                        + (nearest.map { "did you mean \"\($0)\"? " } ?? "")
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
