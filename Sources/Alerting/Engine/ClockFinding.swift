/// The report about clocks that differ.
extension ClockWatch {
    /// The finding about a wrong clock; nil if none is known, or while the daemon finds out.
    package var finding: Finding? {
        if stepEndsAt != nil { return nil }
        let wrong = differing
        if let doubt { return finding(doubt, wrong) }
        guard let (host, ahead) = wrong.first else { return nil }
        let names = wrong.count > 1 ? "\(host) and \(wrong.count - 1) more" : host
        let text: String
        switch belief {
        case .local:
            text =
                "the clock of \(names) is \(ahead.size.forPeople) "
                + "\(ahead < .zero ? "behind" : "ahead of") this machine's\(agreement(wrong.count)); "
                + "using this machine's clock"
        case .hosts:
            text = "\(localIsWrong(wrong)); using the clock of \(names)"
        case .none:
            text =
                "the clock of \(host) is \(ahead.size.forPeople) "
                + "\(ahead < .zero ? "behind" : "ahead of") this machine's, and other hosts' clocks "
                + "differ from both: warning by the earlier end, and reporting no expiry before "
                + "both clocks have passed it"
        }
        return Finding(
            .clockWrong,
            .warning,
            "tokenwatchd: \(text)",
            details: details(wrong.map(\.host), ahead, belief)
        )
    }

    /// The sentence in front of every notification and screen while the local clock is wrong.
    package var lead: String? {
        let wrong = differing
        guard belief == .hosts, doubt == nil, let host = wrong.first?.host else { return nil }
        return localIsWrong(wrong).capitalizingFirst + "; times use the clock of \(host)."
    }

    private func localIsWrong(_ wrong: [(host: String, ahead: Duration)]) -> String {
        let ahead = wrong.first?.ahead ?? .zero
        return "this machine's clock is wrong, \(ahead.size.forPeople) "
            + (ahead < .zero ? "ahead" : "behind")
    }

    private func agreement(_ wrong: Int) -> String {
        switch hostsKnown - wrong {
        case ...0: ""
        case 1: ", which agrees with that of another host"
        case let others: ", which agrees with those of \(others) other hosts"
        }
    }

    private func finding(_ doubt: Doubt, _ wrong: [(host: String, ahead: Duration)]) -> Finding {
        var text = "this machine's clock showed \(doubt.said.forPeople) at the start"
        if let stored = doubt.stored {
            text += ", but the newest entry of the record is of \(stored.forPeople)"
        } else {
            text += ", and was wrong when the daemon stopped"
        }
        text += "; the daemon judges nothing until a provider's clock decides, at most "
        text += Self.longestDoubt.forPeople
        return Finding(
            .clockWrong,
            .warning,
            "tokenwatchd: \(text)",
            details: details(wrong.map(\.host), wrong.first?.ahead, .none)
        )
    }

    private func details(_ hosts: [String], _ ahead: Duration?, _ belief: Belief) -> [Detail] {
        [
            Detail("hosts", .texts(hosts)),
            Detail("seconds_behind", ahead.map { .integer($0.wholeSeconds) } ?? .null),
            Detail("believed", belief.rawValue),
        ]
    }
}

extension String {
    fileprivate var capitalizingFirst: String { prefix(1).uppercased() + dropFirst() }
}
