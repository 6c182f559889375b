package import Alerting

/// What others ask the engine to decide.
extension Watch {
    package typealias MuteResult = Alerting.MuteResult

    /// Judges what is wrong with a host or the daemon, of the conditions named.
    ///
    /// What is not among the findings has ended; conditions that are not named stay as they are.
    ///
    /// - Parameters:
    ///   - subject: the host or the part of the daemon.
    ///   - conditions: those that are judged.
    ///   - findings: what holds of them.
    ///   - policy: whom it notifies; nil for the one of hosts and the daemon.
    ///   - mended: what ended a condition that holds no longer.
    /// - Returns: whether anything was raised.
    @discardableResult
    package func judge(
        _ subject: AlertSubject,
        _ conditions: Set<Condition>,
        _ findings: [Finding],
        policy: Policy? = nil,
        mended: @escaping @Sendable (Condition) -> String
    ) -> Bool {
        let isNew = engine.judge(
            subject,
            conditions,
            findings,
            policy: policy,
            at: ports.clock(),
            mended: mended
        )
        follow()
        return isNew
    }

    /// Raises or ends `heartbeat_failing`.
    func judgeHeartbeat(_ verdict: HeartbeatHealth.Verdict) {
        switch verdict {
        case .well: endHeartbeatAlert("the heartbeat arrives again")
        case .failing(let error):
            judge(.daemon, [.heartbeatFailing], [HeartbeatHealth.finding(error: error)]) { _ in "" }
        }
    }

    func endHeartbeatAlert(_ reason: String) {
        judge(.daemon, [.heartbeatFailing], []) { _ in reason }
    }

    /// An id for an event that is not recorded: a test.
    package func nextEventID() -> EventID { engine.ids.next(at: ports.clock().instant) }

    /// Polls tokens as soon as the limits allow, whatever phase and back-off say; nil means all.
    ///
    /// - Parameter ids: those that are not watched are passed over.
    /// - Returns: how many will be polled, now or when their host allows it.
    package func pollNow(_ ids: [TokenID]?) -> PollRequest {
        let now = ports.clock()
        let roster = engine.roster
        let slots =
            ids.map { ids in
                // Of listed tokens the list is read.
                Set(ids.compactMap(roster.slot(of:)).map(roster.polledSlot(for:))).sorted()
            } ?? Array(sources.indices)
        let holds = engine.pollNow(slots, at: now)
        pump()
        return PollRequest(
            tokens: slots.count,
            held: holds.count,
            heldUntil: holds.max().map(now.instant(of:))
        )
    }

    /// What came of asking for polls.
    package struct PollRequest: Hashable, Sendable {
        package let tokens: Int
        /// Of these, those whose host asked to be left alone: they are polled as soon as it may be.
        package let held: Int
        /// When the last of the held may be polled; nil where none is held.
        package let heldUntil: Instant?
    }

    /// Acknowledges a condition of a token, or all of them.
    ///
    /// - Returns: whether there was anything to acknowledge.
    package func acknowledge(
        _ id: TokenID,
        _ condition: Condition?,
        _ acknowledgement: Acknowledgement
    ) -> Bool {
        defer {
            follow()
            pump()
        }
        return engine.acknowledge(id, condition, acknowledgement, at: ports.clock())
    }

    /// Takes acknowledgements of a token back.
    ///
    /// - Returns: whether there were any.
    package func unacknowledge(_ id: TokenID, _ condition: Condition?, by name: String) -> Bool {
        defer {
            follow()
            pump()
        }
        return engine.unacknowledge(id, condition, by: name, at: ports.clock())
    }

    /// The mutes that hold.
    var mutes: MuteBook { engine.mutes }

    /// Mutes scopes from now on, each in place of a mute that it has already.
    package func mute(
        _ scopes: [Mute.Scope],
        by name: String,
        reason: String,
        for length: Duration
    ) -> MuteResult {
        defer {
            follow()
            pump()
        }
        return engine.mute(scopes, by: name, reason: reason, for: length, at: ports.clock())
    }

    /// Ends mutes before their time; what still holds is notified.
    package func unmute(_ scopes: [Mute.Scope], by name: String) -> MuteResult {
        defer {
            follow()
            pump()
        }
        return engine.unmute(scopes, by: name, at: ports.clock())
    }

    /// Takes note that another program polls a token from now on: that is no use elsewhere.
    ///
    /// - Parameters:
    ///   - id: the token.
    ///   - length: what the poll takes at most; it holds if the program dies in the middle, too.
    /// - Returns: until when; nil where the token is not watched.
    package func announce(_ id: TokenID, for length: Duration) -> Instant? {
        guard let slot = engine.roster.slot(of: id).map(engine.roster.polledSlot(for:)) else {
            return nil
        }
        let now = ports.clock()
        let until = now.instant + length
        apply(slot, .announced(until: until), now)
        return until
    }
}
