import Alerting
import Monitor

/// The screen of `simulate`: notifications by channel, in order of time.
struct ForecastScreen {
    let forecast: Forecast
    /// The forecast of another configuration to compare with.
    let other: Forecast?
    let canvas: Canvas

    var lines: [String] {
        let list = forecast.differences(to: other ?? forecast)
        var lines: [String] = []
        for channel in forecast.allChannels(with: other) {
            let own = list.filter { $0.notice.channel == channel }
            lines += [canvas.paint.bold(title(channel, own)), ""]
            // A comparison shows only differences.
            for difference in own where other == nil || difference.side != .both {
                lines += self.lines(difference)
            }
            if lines.last != "" { lines.append("") }
        }
        return lines + footer
    }

    private func title(_ channel: String, _ own: [Forecast.Difference]) -> String {
        guard other != nil else {
            let count = "\(channel): \(counted(own.count, "notification"))"
            // Each event of a message counts as its share of it.
            let messages = own.reduce(0.0) { $0 + $1.notice.share }.rounded()
            return Int(messages) == own.count
                ? count : "\(count) in \(counted(Int(messages), "message"))"
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
        var narrower = canvas
        narrower.width = canvas.width.map { $0 - sign.count }
        let event = EventLines(canvas: narrower).lines(EventReport(difference.notice.event))
        let sending = difference.notice.sending(at: canvas.now).map { text in
            TextWrap.lines(text, width: max(20, (canvas.width ?? .max) - 6)).map { "    " + $0 }
        }
        return (event + (sending ?? [])).enumerated().map {
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
        return sentences.flatMap { TextWrap.lines($0, width: canvas.width ?? .max) }
    }
}

extension Forecast.Notice {
    /// The event's share of a message with several events; zero if it is not sent.
    fileprivate var share: Double {
        if case .sent(_, let count) = fate { 1 / Double(max(1, count)) } else { 0 }
    }

    /// Returns when it is sent, and with how many others; nil if it is sent at once and alone.
    fileprivate func sending(at now: Instant) -> String? {
        let others: Int? = if case .sent(_, let count) = fate, count > 1 { count - 1 } else { nil }
        let parts = [
            isLate ? fate.words(at: now) : nil,
            others.map { "in one message with \(counted($0, "other"))" },
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
