extension HostTrouble {
    /// Ids in an event's details: more help nobody, and an event has a size.
    package static let mostTokensNamed = 1000

    /// What is said of a host in this trouble.
    ///
    /// - Parameters:
    ///   - host: its name.
    ///   - tally: how its tokens are.
    ///   - tokens: those in trouble, `mostTokensNamed` of them at most.
    ///   - error: what the last poll of one of them met.
    /// - Returns: the condition of the host, as severe as the worst of its tokens.
    package func finding(
        host: String,
        tally: HostTally,
        tokens: [TokenID],
        error: String?
    ) -> Finding {
        let count = tally.count(of: self)
        let names = tokens.map(\.text)
        let told = names.prefix(3).joined(separator: ", ")
        let rest = count > 3 ? " and \(count - 3) more" : ""
        var summary =
            switch self {
            case .unreachable: "\(host) gives no verdict for \(count) of \(tally.tokens) tokens"
            case .rejecting: "\(host) rejects \(count) of \(tally.tokens) tokens"
            }
        summary += " (\(told)\(rest))"
        if let error { summary += ": \(error)" }
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

    /// Why an alert of a host ends though some of its tokens are in trouble still: too few are.
    package func ending(left count: Int, of tokens: Int) -> String {
        guard count == tokens else { return "it holds for \(count) of \(tokens) tokens only" }
        let all = tokens == 1 ? "the one token" : "all \(tokens) tokens"
        return "it holds for \(all) asked there: too few to speak of the host"
    }
}
