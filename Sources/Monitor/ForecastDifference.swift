package import Alerting
import Store

extension Forecast {
    /// A notification of two forecasts, with the forecasts that contain it.
    package struct Difference: Hashable, Sendable {
        package enum Side: String, Sendable {
            case both
            /// The new forecast lacks it.
            case onlyOld = "removed"
            /// Only the new forecast has it.
            case onlyNew = "added"
        }

        package let notice: Notice
        package let side: Side
    }

    /// Returns the notifications that differ in another forecast, in the order of time.
    package func differences(to new: Forecast) -> [Difference] {
        var counts: [Notice.Identity: Int] = [:]
        for notice in notices { counts[notice.identity, default: 0] += 1 }
        var differences: [Difference] = []
        for notice in new.notices {
            let isOld = counts[notice.identity, default: 0] > 0
            if isOld { counts[notice.identity, default: 0] -= 1 }
            differences.append(Difference(notice: notice, side: isOld ? .both : .onlyNew))
        }
        for notice in notices where counts[notice.identity, default: 0] > 0 {
            counts[notice.identity, default: 0] -= 1
            differences.append(Difference(notice: notice, side: .onlyOld))
        }
        // Each list is sorted; at the same instant, removed notifications come first.
        func order(_ difference: Difference) -> (Instant, Int) {
            (difference.notice.event.at, difference.side == .onlyOld ? 0 : 1)
        }
        // The standard library's sort is stable.
        return differences.sorted { order($0) < order($1) }
    }

    /// The channels of both forecasts, the channels of this one first.
    package func allChannels(with new: Forecast?) -> [String] {
        channels + (new?.channels ?? []).filter { !channels.contains($0) }
    }

    /// Writes notifications by channel, or their differences from another forecast.
    package func write(into json: inout JSONWriter, comparedTo new: Forecast?) {
        let list = differences(to: new ?? self)
        json.object { json in
            json.field("from", from)
            json.field("until", min(until, new?.until ?? until))
            json.field("complete", !isCutOff && new?.isCutOff != true)
            json.field("not_seen", (new ?? self).notSeen.map(\.text))
            json.array("channels") { json in
                for channel in allChannels(with: new) {
                    json.object { json in
                        json.field("name", channel)
                        json.array("notifications") { json in
                            for difference in list where difference.notice.channel == channel {
                                difference.write(into: &json, isCompared: new != nil)
                            }
                        }
                    }
                }
            }
        }
    }
}

extension Forecast.Notice {
    /// The parts that identify a notification in both forecasts; event ids differ.
    fileprivate struct Identity: Hashable {
        let channel: String
        let at: Instant
        /// The id alone: with a new owner or note, the notification stays the same.
        let subject: String
        let kind: Event.Kind
        let phase: Event.Phase
        let severity: Severity
        let summary: String
        /// The time of sending, if quiet hours delay the notification.
        let sentLateAt: Instant?
    }

    fileprivate var identity: Identity {
        Identity(
            channel: channel,
            at: event.at,
            subject: SubjectKey.of(event.subject),
            kind: event.kind,
            phase: event.phase,
            severity: event.severity,
            summary: event.summary,
            sentLateAt: isLate ? fate.sentAt ?? Instant(milliseconds: .max) : nil
        )
    }
}

extension Forecast.Difference {
    fileprivate func write(into json: inout JSONWriter, isCompared: Bool) {
        let event = notice.event
        json.object { json in
            if isCompared {
                json.field("change", side == .both ? nil : side.rawValue)
            }
            json.field("at", event.at)
            json.field("subject", event.subject.kind)
            json.field("token", event.subject.token?.id.text)
            json.field("host", event.subject.host)
            json.field("type", event.kind.name)
            json.field("phase", event.phase.rawValue)
            json.field("severity", event.severity.rawValue)
            json.field("summary", event.summary)
            json.field("sent_at", notice.fate.sentAt)
        }
    }
}
