import Alerting
import Monitor

/// What `simulate` shows: notifications by channel, in the order of time.
struct ForecastScreen {
    let forecast: Forecast
    /// That of another configuration, to be compared with.
    let other: Forecast?
    let now: Instant
    let width: Int?
    let hasColour: Bool

    var lines: [String] {
        let paint = Paint(isOn: hasColour)
        let list = forecast.differences(to: other ?? forecast)
        var lines: [String] = []
        for channel in forecast.allChannels(with: other) {
            let own = list.filter { $0.notice.channel == channel }
            lines += [paint.bold(title(channel, own)), ""]
            // What is as it was is not what is looked for.
            for difference in own where other == nil || difference.side != .both {
                lines += self.lines(difference)
            }
            if lines.last != "" { lines.append("") }
        }
        return lines + footer
    }

    private func title(_ channel: String, _ own: [Forecast.Difference]) -> String {
        guard other != nil else {
            return "\(channel): \(counted(own.count, "notification"))"
        }
        let added = own.count { $0.side == .onlyNew }
        let removed = own.count { $0.side == .onlyOld }
        let kept = own.count - added - removed
        return "\(channel): \(added) more, \(removed) fewer, \(kept) as before"
    }

    private func lines(_ difference: Forecast.Difference) -> [String] {
        let sign =
            switch difference.side {
            case .both: other == nil ? "" : "  "
            case .onlyOld: "- "
            case .onlyNew: "+ "
            }
        let screen = EventLines(
            now: now,
            width: width.map { $0 - sign.count },
            hasColour: hasColour
        )
        return screen.lines(EventReport(difference.notice.event)).enumerated().map {
            ($0.offset == 0 ? sign : sign.isEmpty ? "" : "  ") + $0.element
        }
    }

    private var footer: [String] {
        let until = min(forecast.until, other?.until ?? forecast.until)
        var sentences = [
            "From now to \(until.forPeople), if every poll ends as the last one did."
        ]
        if forecast.isCutOff || other?.isCutOff == true {
            sentences.append(
                "There is more: it is cut off after \(Simulation.maximumEvents) events."
            )
        }
        let notSeen = (other ?? forecast).notSeen.map(\.text)
        if !notSeen.isEmpty {
            let names = notSeen.prefix(3).joined(separator: ", ")
            let more = notSeen.count > 3 ? " and \(notSeen.count - 3) more" : ""
            sentences.append("Not seen yet, so that nothing can be said of it: \(names)\(more).")
        }
        return sentences.flatMap { TextWrap.lines($0, width: width ?? .max) }
    }
}
