package import Alerting
package import Store

/// The data and actions behind the status socket.
package struct StatusPorts: Sendable {
    /// The data of `GET /v1/status`.
    package struct Overview: Sendable {
        package var instance: String
        package var configurationPath: String
        package var configurationLoadedAt: Instant
        /// The reason why the last reload failed; nil if it did not.
        package var configurationError: String?
        package var summary: Engine.Summary
        package var deliveriesWaiting: Int
        package var deliveriesGivenUp: Int
    }

    package enum ReloadResult: Sendable {
        case changed(RosterChange, channels: ChannelChange, notes: [String])
        case refused([String])
    }

    package var clock: @Sendable () -> Instant
    package var startedAt: Instant
    package var overview: @Sendable () async -> Overview
    package var token: @Sendable (TokenID) async -> TokenSnapshot?
    /// Returns the facts that the provider of a token does not report, in sentences.
    package var cannotSee: @Sendable (TokenID) async -> [String]
    /// Returns the empty queues of the channels with quiet hours.
    package var quietQueues: @Sendable () async -> [String: ChannelQueue]
    /// Returns a page of tokens in the order of their ids, after one of them.
    package var tokens: @Sendable (_ after: TokenID?, _ limit: Int) async -> [TokenSnapshot]
    /// Returns a page of tokens at a past instant, after one of them.
    package var pastTokens:
        @Sendable (_ at: Instant, _ after: TokenID?, _ limit: Int) async throws -> [PastToken]
    /// Returns the last periods of equal poll results of a token, the newest last.
    package var spans: @Sendable (TokenID, _ limit: Int) async throws -> [StoredSpan]
    /// Returns the daemon's counters.
    package var figures: @Sendable () async -> DaemonFigures
    /// Returns a page of events: fewer than requested if they are large, and none only at the end.
    package var events: @Sendable (EventQuery) async throws -> [StoredEventLine]
    /// Returns the start of the requested number of events, up to the newest.
    package var beforeNewest: @Sendable (EventQuery) async throws -> EventsSince
    /// The signal that fires after each commit that wrote events.
    package var signal: EventSignal
    /// Polls a token; nil polls all tokens.
    package var pollNow: @Sendable (TokenID?) async -> Engine.PollRequest
    package var reload: @Sendable () async -> ReloadResult
    /// Acknowledges alerts; returns false if there is nothing to acknowledge.
    ///
    /// It returns when the change is on the disk; throws `NotWritten`.
    package var acknowledge: @Sendable (TokenID, Condition?, Acknowledgement) async throws -> Bool
    package var unacknowledge: @Sendable (TokenID, Condition?, _ by: String) async throws -> Bool
    /// Returns the active mutes, in the order of their ends.
    package var mutes: @Sendable () async -> [Mute]
    /// Adds a mute; returns when it is on the disk; throws `NotWritten`.
    package var mute:
        @Sendable ([Mute.Scope], _ by: String, _ reason: String, Duration) async throws ->
            MuteResult
    package var unmute: @Sendable ([Mute.Scope], _ by: String) async throws -> MuteResult
    /// Notes a poll by another program, with its longest duration.
    ///
    /// Returns the end of that time; nil if there is no such token.
    package var announce: @Sendable (TokenID, Duration) async throws -> Instant?
    /// Returns pending and dropped deliveries, oldest first, up to a limit for each.
    package var deliveries:
        @Sendable (Int) async throws -> (waiting: [ListedDelivery], givenUp: [ListedDelivery])
    /// Sends a test event to the named channels, or to all if no name is given.
    package var testNotify: @Sendable ([String]) async -> [ChannelTest]
    /// Returns all problems; empty if there are none.
    package var problems: @Sendable () async -> [String]
}

/// The requested events.
package struct EventQuery: Hashable, Sendable {
    package var since: EventsSince?
    package var token: TokenID?
    package var changesOnly = false
    package var limit = 100
}
