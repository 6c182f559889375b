import Alerting
import Monitor

/// The screen of `simulate`: notifications by channel, in order of time.
struct ForecastScreen {
    let forecast: Forecast
    /// The forecast of another configuration, to compare with.
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
            // A comparison shows only what differs.
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
            "From now to \(until.forPeople), if each poll repeats the last answer."
        ]
        if forecast.isCutOff || other?.isCutOff == true {
            sentences.append(
                "Cut off after \(Simulation.maximumEvents) events; there are more."
            )
        }
        let notSeen = (other ?? forecast).notSeen.map(\.text)
        if !notSeen.isEmpty {
            let names = notSeen.prefix(3).joined(separator: ", ")
            let more = notSeen.count > 3 ? " and \(notSeen.count - 3) more" : ""
            sentences.append("No data yet, so only the configured expiry counts: \(names)\(more).")
        }
        return sentences.flatMap { TextWrap.lines($0, width: width ?? .max) }
    }
}
