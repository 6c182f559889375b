package import Alerting

/// What is left out of notifications for a while.
extension Watch {
    /// What became of a wish to mute, or to end mutes.
    package enum MuteResult: Sendable {
        case done([Mute])
        /// No token is in it, or it is not muted.
        case nothing(Mute.Scope)
        /// There are as many mutes as there may be.
        case tooMany
    }

    /// Mutes scopes from now on, each in place of a mute that it has already.
    package func mute(
        _ scopes: [Mute.Scope],
        by name: String,
        reason: String,
        for length: Duration
    ) -> MuteResult {
        let now = ports.clock().instant
        if let empty = scopes.first(where: { !isAnythingIn($0) }) { return .nothing(empty) }
        let new = scopes.count { mutes.mute($0) == nil }
        guard mutes.count + new <= MuteBook.most else { return .tooMany }
        let made = scopes.map { scope in
            Mute(
                scope: scope,
                by: name,
                reason: reason,
                since: now,
                until: now + min(length, Mute.longest)
            )
        }
        for mute in made {
            mutes.add(mute)
            pending.note(mute.scope, mute)
            let words = "is muted by \(name) until \(mute.until.forPeople): \(reason)"
            record([MuteBook.event(.muted, mute, words, source(of: mute.scope), ids: &ids)])
        }
        wakeCommitter()
        pump()
        return .done(made)
    }

    /// Ends mutes before their time; what still holds is notified.
    package func unmute(_ scopes: [Mute.Scope], by name: String) -> MuteResult {
        if let free = scopes.first(where: { mutes.mute($0) == nil }) { return .nothing(free) }
        let now = ports.clock()
        let ended = scopes.compactMap { mutes.mute($0) }
        for mute in ended { end(mute, "is no longer muted, by \(name)", isSent: false, now) }
        pump()
        return .done(ended)
    }

    /// Ends the mutes whose time is over.
    func endMutes(_ now: Now) {
        guard !mutes.isEmpty, clock.doubt == nil else { return }
        for mute in mutes.ended(at: now.instant) {
            let words = "is no longer muted; it was by \(mute.by) until now: \(mute.reason)"
            end(mute, words, isSent: true, now)
        }
    }

    /// Whether the alerts of a host are muted; those of the daemon never are.
    func muteStanding(of subject: AlertSubject) -> MuteStanding {
        guard case .host(let host) = subject, isMuted(host, by: mutes) else { return .none }
        return .muted
    }

    /// The end is written in one commit with what is notified because of it: a crash repeats both.
    private func end(_ mute: Mute, _ words: String, isSent: Bool, _ now: Now) {
        let before = mutes
        mutes.remove(mute.scope)
        pending.note(mute.scope, nil)
        let source = source(of: mute.scope)
        record([MuteBook.event(.unmuted, mute, words, source, isSent: isSent, ids: &ids)])
        for slot in states.indices where !states[slot].alerts.isEmpty {
            let settings = roster.tokens[slot].settings
            guard mute.scope.contains(settings), mutes.mute(of: settings) == nil else { continue }
            apply(slot, .timePassed, now, mute: .ended(mute))
        }
        for case .host(let host) in Array(subjectAlerts.keys)
        where isMuted(host, by: before) && !isMuted(host, by: mutes) {
            remind(.host(host), now, mute: .ended(mute))
        }
        wakeCommitter()
    }

    private func isMuted(_ host: String, by book: MuteBook) -> Bool {
        guard !book.isEmpty else { return false }
        let tokens = roster.tokens.lazy.map(\.settings).filter { $0.host == host }
        return book.mutes(host: host, tokens: tokens)
    }

    private func isAnythingIn(_ scope: Mute.Scope) -> Bool {
        roster.tokens.contains { scope.contains($0.settings) }
    }

    private func source(of scope: Mute.Scope) -> EventSource {
        let now = ports.clock().instant
        switch scope {
        case .token(let id):
            guard let slot = roster.slot(of: id) else { break }
            return EventSource(roster.tokens[slot].settings, known: states[slot].known, now: now)
        case .host(let host):
            return AlertSubject.host(host).eventSource(policy: policy, now: now)
        case .owner, .provider: break
        }
        return AlertSubject.daemon.eventSource(policy: policy, now: now)
    }
}
