package import Alerting

/// What the status socket shows and does, without knowing who does it.
package struct StatusPorts: Sendable {
    /// `GET /v1/status`, as far as it is not known here.
    package struct Overview: Sendable {
        package var instance: String
        package var configurationPath: String
        package var configurationLoadedAt: Instant
        /// Why the last reload failed; nil where it did not.
        package var configurationError: String?
        package var summary: Watch.Summary
        package var deliveriesWaiting: Int
        package var deliveriesGivenUp: Int
    }

    package enum ReloadResult: Sendable {
        case changed(RosterChange, notes: [String])
        case refused([String])
    }

    package var clock: @Sendable () -> Instant
    package var startedAt: Instant
    package var overview: @Sendable () async -> Overview
    package var token: @Sendable (TokenID) async -> TokenSnapshot?
    /// A page of tokens in the order of their ids, from a place on.
    package var tokens: @Sendable (_ from: Int, _ limit: Int) async -> [TokenSnapshot]
    package var events: @Sendable (EventQuery) async throws -> [StoredEventLine]
    /// Nil polls all; returns how many will be polled.
    package var pollNow: @Sendable (TokenID?) async -> Int
    package var reload: @Sendable () async -> ReloadResult
    /// Everything that does not work; empty while all is well.
    package var problems: @Sendable () async -> [String]
}

/// Which events are asked for.
package struct EventQuery: Hashable, Sendable {
    package var since: EventsSince?
    package var token: TokenID?
    package var changesOnly = false
    package var limit = 100
}
