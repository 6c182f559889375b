package import Alerting
package import Store

/// The data and actions behind the status socket.
package struct StatusPorts: Sendable {
    /// The data of `GET /v1/status`.
    package struct Overview: Sendable {
        package var instance: String
        package var configurationPath: String
        package var configurationLoadedAt: Instant
        /// Why the last reload failed; nil if it did not.
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
    /// What the provider of a token does not report, in sentences.
    package var cannotSee: @Sendable (TokenID) async -> [String]
    /// Empty queues of the channels with quiet hours.
    package var quietQueues: @Sendable () async -> [String: ChannelQueue]
    /// A page of tokens in the order of their ids, behind one of them.
    package var tokens: @Sendable (_ after: TokenID?, _ limit: Int) async -> [TokenSnapshot]
    /// A page of tokens as they were at an instant, behind one of them.
    package var pastTokens:
        @Sendable (_ at: Instant, _ after: TokenID?, _ limit: Int) async throws -> [PastToken]
    /// The last stretches of time in which every poll of a token gave the same, the newest last.
    package var spans: @Sendable (TokenID, _ limit: Int) async throws -> [StoredSpan]
    /// The daemon's counters.
    package var figures: @Sendable () async -> DaemonFigures
    /// A page of events: fewer than asked for where they are large, and none only at the end.
    package var events: @Sendable (EventQuery) async throws -> [StoredEventLine]
    /// The start of the requested number of events, up to the newest.
    package var beforeNewest: @Sendable (EventQuery) async throws -> EventsSince
    /// Fires after each commit that wrote events.
    package var signal: EventSignal
    /// Nil polls all.
    package var pollNow: @Sendable (TokenID?) async -> Engine.PollRequest
    package var reload: @Sendable () async -> ReloadResult
    /// Returns when it is on the disk, false if there is nothing to acknowledge; throws
    /// `NotWritten`.
    package var acknowledge: @Sendable (TokenID, Condition?, Acknowledgement) async throws -> Bool
    package var unacknowledge: @Sendable (TokenID, Condition?, _ by: String) async throws -> Bool
    /// The active mutes, the one that ends first at the beginning.
    package var mutes: @Sendable () async -> [Mute]
    /// Return when it is on the disk; throw `NotWritten`.
    package var mute:
        @Sendable ([Mute.Scope], _ by: String, _ reason: String, Duration) async throws ->
            MuteResult
    package var unmute: @Sendable ([Mute.Scope], _ by: String) async throws -> MuteResult
    /// Takes note of a poll by another program, of so long at most; returns until when, nil where
    /// there is no such token.
    package var announce: @Sendable (TokenID, Duration) async throws -> Instant?
    /// Pending and dropped deliveries, oldest first; at most so many of each.
    package var deliveries:
        @Sendable (Int) async throws -> (waiting: [ListedDelivery], givenUp: [ListedDelivery])
    /// Sends a test event to channels, to all of them where none is named.
    package var testNotify: @Sendable ([String]) async -> [ChannelTest]
    /// All problems; empty if there are none.
    package var problems: @Sendable () async -> [String]
}

/// The requested events.
package struct EventQuery: Hashable, Sendable {
    package var since: EventsSince?
    package var token: TokenID?
    package var changesOnly = false
    package var limit = 100
}
