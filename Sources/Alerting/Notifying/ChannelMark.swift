/// The stored state of a channel: its address, and what it was notified of.
package struct ChannelMark: Hashable, Sendable {
    /// How far a new or changed channel has been notified of the alerts that hold.
    package enum Introduction: Hashable, Sendable {
        /// Of hosts, the daemon, and the tokens up to this one; nil for nothing yet.
        case reached(TokenID?)
        case done
    }

    /// A keyed digest of where the channel leads and in which format: the address itself is a secret.
    package var address: SecretDigest
    package var introduction: Introduction

    package init(address: SecretDigest, introduction: Introduction) {
        self.address = address
        self.introduction = introduction
    }

    /// Whether the channel has yet to be notified of a token's alerts.
    package func isAhead(of id: TokenID) -> Bool {
        switch introduction {
        case .reached(let last): last.map { $0 < id } ?? true
        case .done: false
        }
    }

    /// Whether it has yet to be notified of those of hosts and the daemon.
    package var isAtStart: Bool { introduction == .reached(nil) }
}
