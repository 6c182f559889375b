/// The result of muting or unmuting.
package enum MuteResult: Sendable {
    case done([Mute])
    /// The scope has no token, or is not muted.
    ///
    /// `other` was probably meant, or is the scope of the mute that covers the token.
    case nothing(Mute.Scope, other: Mute.Scope?)
    /// The limit of mutes is reached.
    case tooMany

    package var isDone: Bool {
        if case .done = self { true } else { false }
    }
}

/// The active mutes.
extension Engine {
    /// Takes over the mutes of the last run.
    package mutating func resume(_ stored: [Mute]) {
        for mute in stored { mutes.add(mute) }
    }

    /// Mutes scopes; a new mute replaces the earlier one of its scope.
    package mutating func mute(
        _ scopes: [Mute.Scope],
        by name: String,
        reason: String,
        for length: Duration,
        at now: Now
    ) -> MuteResult {
        let settings = roster.settings
        let scopes = scopes.map(mutes.spelled)
        if let empty = scopes.first(where: { !settings.contains(where: $0.contains) }) {
            return .nothing(empty, other: empty.nearest(among: settings.lazy.map(empty.kin)))
        }
        let new = scopes.count { mutes.mute($0) == nil }
        guard mutes.count + new <= MuteBook.most else { return .tooMany }
        let made = scopes.map { scope in
            Mute(
                scope: scope,
                by: name,
                reason: reason,
                since: now.instant,
                until: now.instant + min(length, Mute.longest)
            )
        }
        for mute in made {
            mutes.add(mute)
            pending.note(mute.scope, mute)
            let words = "is muted by \(name) until \(mute.until.forPeople): \(reason)"
            let source = source(of: mute.scope, at: now)
            record([MuteBook.event(.muted, mute, words, source, ids: &ids)])
        }
        return .done(made)
    }

    /// Ends mutes before their time, and notifies of active alerts.
    package mutating func unmute(
        _ scopes: [Mute.Scope],
        by name: String,
        at now: Now
    ) -> MuteResult {
        let scopes = scopes.map(mutes.spelled)
        if let free = scopes.first(where: { mutes.mute($0) == nil }) {
            return .nothing(free, other: covering(free))
        }
        let ended = scopes.compactMap { mutes.mute($0) }
        for mute in ended { end(mute, "is no longer muted, by \(name)", isSent: false, at: now) }
        return .done(ended)
    }

    /// The scope of the mute that covers a token; for a host, owner or provider, the nearest one.
    private func covering(_ scope: Mute.Scope) -> Mute.Scope? {
        guard case .token(let id) = scope else {
            let others = mutes.mutes.map(\.scope).filter { $0.kind == scope.kind }
            return scope.nearest(among: others)
        }
        return roster.slot(of: id).flatMap { mutes.mute(of: roster.settings[$0])?.scope }
    }

    /// Ends the mutes whose time has passed.
    mutating func endMutes(at now: Now) {
        guard !mutes.isEmpty, clock.doubt == nil else { return }
        for mute in mutes.ended(at: now.instant) {
            let words = "is no longer muted; it was muted by \(mute.by) until now: \(mute.reason)"
            end(mute, words, isSent: true, at: now)
        }
    }

    /// Whether the alerts of a host are muted; alerts of the daemon never are.
    func muteStanding(of subject: AlertSubject) -> MuteStanding {
        guard case .host(let host) = subject, isMuted(host, by: mutes) else { return .none }
        return .muted
    }

    /// Writes the end and its notifications in one commit, so that a crash repeats both.
    private mutating func end(_ mute: Mute, _ words: String, isSent: Bool, at now: Now) {
        let before = mutes
        mutes.remove(mute.scope)
        pending.note(mute.scope, nil)
        let source = source(of: mute.scope, at: now)
        record([MuteBook.event(.unmuted, mute, words, source, isSent: isSent, ids: &ids)])
        for slot in states.indices where !states[slot].alerts.isEmpty {
            let settings = roster.settings[slot]
            guard mute.scope.contains(settings), mutes.mute(of: settings) == nil else { continue }
            apply(slot, .timePassed, at: now, mute: .ended(mute))
        }
        for case .host(let host) in Array(subjects.alerts.keys)
        where isMuted(host, by: before) && !isMuted(host, by: mutes) {
            remind(.host(host), mute: .ended(mute), at: now)
        }
    }

    func isMuted(_ host: String, by book: MuteBook) -> Bool {
        let polled = roster.settings[..<roster.polled]
        return book.mutes(host: host, tokens: polled.lazy.filter { $0.host == host })
    }

    private func source(of scope: Mute.Scope, at now: Now) -> EventSource {
        switch scope {
        case .token(let id):
            guard let slot = roster.slot(of: id) else { break }
            return EventSource(roster.settings[slot], known: states[slot].known, now: now.instant)
        case .host(let host):
            return AlertSubject.host(host).eventSource(policy: subjects.policy, now: now.instant)
        case .owner, .provider: break
        }
        return AlertSubject.daemon.eventSource(policy: subjects.policy, now: now.instant)
    }
}
