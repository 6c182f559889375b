/// The stored state of a channel: its address, and the alerts that it was notified of.
package struct ChannelMark: Hashable, Sendable {
    /// The progress in notifying a new or changed channel of the active alerts.
    package enum Introduction: Hashable, Sendable {
        /// Hosts, the daemon, and the tokens up to this one were notified; nil for nothing yet.
        case reached(TokenID?)
        case done
    }

    /// A keyed digest of the channel's target and format: the address itself is a secret.
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

    /// Whether the channel has yet to be notified of the alerts of hosts and the daemon.
    package var isAtStart: Bool { introduction == .reached(nil) }
}
