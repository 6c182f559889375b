extension HostTrouble {
    /// The maximum of ids in an event's details: more help nobody, and events have a size limit.
    package static let mostTokensNamed = 1000

    /// Describes a host in this trouble.
    ///
    /// - Parameters:
    ///   - host: its name.
    ///   - tally: the counts of its tokens.
    ///   - tokens: the tokens in trouble, at most `mostTokensNamed` of them.
    ///   - error: the error of the last poll of one of them.
    ///   - isPartial: whether more tokens may be in trouble, because not all were polled.
    ///   - raises: how often it was raised within a day.
    /// - Returns: the condition of the host, as severe as the worst of its tokens.
    package func finding(
        host: String,
        tally: HostTally,
        tokens: [TokenID],
        error: String?,
        isPartial: Bool = false,
        raises: Int = 1
    ) -> Finding {
        let count = tally.count(of: self)
        let names = tokens.map(\.text)
        let shown = names.prefix(3).joined(separator: ", ")
        let rest = count > 3 ? " and \(count - 3) more" : ""
        let number = isPartial ? "at least \(count)" : "\(count)"
        var summary =
            switch self {
            case .unreachable: "\(host) gives no verdict for \(number) of \(tally.tokens) tokens"
            case .rejecting: "\(host) rejects \(number) of \(tally.tokens) tokens"
            }
        if count == 0 {
            summary = "\(host): \(recovery(left: 0, of: tally.tokens))"
        } else {
            summary += " (\(shown)\(rest))"
        }
        if let error { summary += ": \(error)" }
        if raises >= HostTroubleRecord.mostRaises {
            summary += "; unstable: raised \(raises) times within a day, so it stays open"
        }
        return Finding(
            ofHost,
            tally.severity(of: self),
            summary,
            details: [
                Detail("count", .integer(Int64(count))),
                Detail("of", .integer(Int64(tally.tokens))),
                Detail("tokens", .texts(names)),
                Detail("last_error", error),
            ]
        )
    }

    /// The reason why an alert ends whose host has too few tokens left in trouble.
    package func ending(left count: Int, of tokens: Int) -> String {
        guard count == tokens, count > 0 else { return recovery(left: count, of: tokens) }
        let all = tokens == 1 ? "the one token" : "all \(tokens) tokens"
        return "it holds for \(all) polled there, too few for an alert of the host"
    }

    /// The reason why an alert of a host ended.
    ///
    /// - Parameters:
    ///   - count: the number of tokens that are still in trouble.
    ///   - unseen: the number of tokens that were not polled since.
    ///   - tokens: the number of all tokens of the host.
    /// - Returns: a sentence without its end.
    package func recovery(left count: Int, unseen: Int = 0, of tokens: Int) -> String {
        var words = self == .unreachable ? "it answers again" : "it accepts tokens again"
        if count > 0 {
            let still = self == .unreachable ? "without a verdict" : "rejected"
            words += "; \(count) of \(tokens) tokens \(count == 1 ? "is" : "are") still \(still)"
        }
        if unseen > 0 {
            words += "; \(unseen) of \(tokens) tokens \(unseen == 1 ? "has" : "have") not been"
            words += " polled since"
        }
        return words
    }
}

extension HostBook {
    /// Describes a host in a trouble now.
    package func finding(
        _ number: Int,
        _ trouble: HostTrouble,
        _ tokens: Tokens,
        at now: Now
    ) -> Finding {
        let host = hosts[number]
        let record = host.records[trouble]
        let slots = troubled(number, trouble, tokens).prefix(HostTrouble.mostTokensNamed)
        let interval = slots.first.map { tokens.settings($0).interval } ?? .zero
        let isNew = record.map { now.moment - $0.heldSince <= interval } ?? false
        return trouble.finding(
            host: host.name,
            tally: host.tally,
            tokens: slots.map { tokens.settings($0).id },
            error: slots.first.flatMap { tokens.states[$0].lastError },
            isPartial: isNew && record?.isPartial == true,
            raises: record?.raises(at: now.moment) ?? 1
        )
    }

    /// Describes a host in a trouble now; nil for a host without tokens.
    package func finding(
        of host: String,
        _ condition: Condition,
        _ tokens: Tokens,
        at now: Now
    ) -> Finding? {
        guard let trouble = HostTrouble(ofHost: condition),
            let number = hosts.firstIndex(where: { $0.name == host })
        else { return nil }
        return finding(number, trouble, tokens, at: now)
    }
}
