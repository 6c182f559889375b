import Alerting
import Testing

@testable import Monitor
@testable import Store

struct StoreRoundTripTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a state of any shape is read as it was written, over many batches`(
        seed: UInt64
    ) async throws {
        var random = SplitMix64(state: seed)
        let state = try TemporaryState()
        var expected: [TokenID: TokenState] = [:]
        for _ in 0..<8 {
            let store = try state.open()
            #expect(try await store.load().sortedTokens == expected)
            var batch = Batch(at: noon)
            for _ in 0..<40 {
                let id = try token("t\(Int.random(in: 0..<60, using: &random))")
                let new = random.tokenState()
                batch.states.append(
                    TokenWrite(
                        id: id,
                        from: expected[id],
                        to: new,
                        startsSpan: Bool.random(using: &random)
                    )
                )
                expected[id] = new
            }
            try await store.commit(batch)
            let gone = Array(expected.keys.sorted().prefix(3))
            try await store.commit(Batch(at: noon, forgotten: gone))
            for id in gone { expected[id] = nil }
            #expect(try await store.load().sortedTokens == expected)
            try await store.close()
        }
    }

    @Test(arguments: [4, 5] as [UInt64])
    func `a state that moved by any single field is read as it was written`(
        seed: UInt64
    ) async throws {
        var random = SplitMix64(state: seed)
        let state = try TemporaryState()
        let store = try state.open()
        let id = try token("deploy")
        var present: TokenState?
        for _ in 0..<300 {
            var new = present ?? steadyState()
            let other = random.tokenState()
            new.take(field: Int.random(in: 0..<27, using: &random), of: other)
            let write = TokenWrite(id: id, from: present, to: new, startsSpan: false)
            try await store.commit(Batch(at: noon, states: [write]))
            #expect(try await store.load().sortedTokens[id] == new)
            present = new
        }
    }

    @Test func `alerts of hosts and of the daemon are kept until they end`() async throws {
        var random = SplitMix64(state: 6)
        let state = try TemporaryState()
        let store = try state.open()
        let host = AlertSubject.host("admin.vps.org:8443")
        let first = random.alert(.hostUnreachable)
        let second = random.alert(.clockWrong)
        let changes: [SubjectAlertChange] = [.holds(host, first), .holds(.daemon, second)]
        try await store.commit(Batch(at: noon, subjectAlerts: changes))
        #expect(try await store.load().subjectAlerts == [host: [first], .daemon: [second]])
        var later = first
        later.reminders += 1
        try await store.commit(
            Batch(
                at: noon,
                subjectAlerts: [.holds(host, later), .ended(.daemon, .clockWrong)]
            )
        )
        #expect(try await store.load().subjectAlerts == [host: [later]])
    }

    @Test func `the digest key, the last event and the newest instant survive`() async throws {
        let state = try TemporaryState()
        let store = try state.open()
        let fresh = try await store.load()
        #expect(fresh.digestKey.count == 32)
        #expect(fresh.lastEventID == nil)
        #expect(fresh.newestInstant == nil)
        let write = TokenWrite(
            id: try token("deploy"),
            from: nil,
            to: steadyState(polls: 2),
            startsSpan: true
        )
        let batch = Batch(
            at: noon,
            states: [write],
            events: [try event(1, at: noon + .hours(9)), try event(2)]
        )
        try await store.commit(batch)
        try await store.close()
        let next = try await state.open().load()
        #expect(next.digestKey == fresh.digestKey)
        #expect(next.lastEventID == eventID(2))
        #expect(next.newestInstant == noon + .hours(9))
        let other = try await TemporaryState().open().load()
        #expect(other.digestKey != fresh.digestKey)
    }

    @Test func `an unchanged poll adds no row, and a span ends where the next begins`()
        async throws
    {
        let state = try TemporaryState()
        let store = try state.open()
        let id = try token("deploy")
        var last: TokenState?
        for polls in 1...5 {
            var new = steadyState(polls: polls)
            if polls >= 4 { new.lastOutcome = .unreachable }
            let write = TokenWrite(id: id, from: last, to: new, startsSpan: polls == 4)
            try await store.commit(Batch(at: noon, states: [write]))
            last = new
        }
        let spans = try await StoreReader(directory: state.path).spans(token: id, limit: 10)
        #expect(spans.map(\.from) == [noon + .hours(1), noon + .hours(4)])
        #expect(spans.map(\.until) == [noon + .hours(4), nil])
        #expect(spans.map(\.outcome) == [.ok, .unreachable])
        #expect(spans.first?.facts?.permissions == steadyState().known?.permissions)
        #expect(spans.first?.facts?.expiry == steadyState().known?.expiry)
    }

    @Test func `a poll that hides other use writes no more of the row than others`() throws {
        let id = try token("deploy")
        let old = steadyState(polls: 1)
        var new = steadyState(polls: 2)
        new.use.watchedSince = new.lastPollAt
        #expect(!TokenWrite(id: id, from: old, to: new, startsSpan: false).changesRow)
        new.askedWith = 7
        #expect(TokenWrite(id: id, from: old, to: new, startsSpan: false).changesRow)
    }

    @Test func `lists of words are read only in the form they are written`() {
        var random = SplitMix64(state: 7)
        for _ in 0..<500 {
            let texts = random.texts()
            #expect(TextArray.read(TextArray.write(texts)) == texts)
        }
        let bad = [
            "", "[", "]", "[\"a\"", "[\"a\",]", "[1]", "[\"a\"]x", "{}", "null", "[\"\\x\"]",
            "[\"\\u00\"]", "[\"\\ud83d\"]", "[\"a",
        ]
        for text in bad { #expect(TextArray.read(text) == nil, "\(text)") }
    }

    @Test func `a year of hourly polls of an unchanged token stays under 4 KiB`() async throws {
        let state = try TemporaryState()
        let store = try state.open()
        let empty = try state.integer("SELECT page_count * 4096 FROM pragma_page_count") ?? 0
        let ids = try (0..<20).map { try token("deploy-\($0)") }
        var last: TokenState?
        // The first poll is a batch of its own: a token is new once. Then a day is one transaction,
        // which grows the file as 24 do and waits for fewer disks.
        let starts = [1] + Array(stride(from: 2, through: 8760, by: 24))
        for (start, end) in zip(starts, starts.dropFirst() + [8761]) {
            var batch = Batch(at: noon)
            for polls in start..<end {
                let new = steadyState(polls: polls)
                batch.states += ids.map {
                    TokenWrite(id: $0, from: last, to: new, startsSpan: false)
                }
                last = new
            }
            try await store.commit(batch)
        }
        try await store.close()
        let full = try #require(
            try state.integer("SELECT page_count * 4096 FROM pragma_page_count")
        )
        #expect((full - empty) / 20 < 4096)
        #expect(try state.integer("SELECT count(*) FROM spans") == 20)
    }
}

extension TokenState {
    /// Takes over one field of another state, by its number, 0 to 26.
    fileprivate mutating func take(field: Int, of other: TokenState) {
        switch field {
        case 0: known = other.known
        case 1: known?.name = other.known?.name
        case 2: known?.account = other.known?.account
        case 3: known?.permissions = other.known?.permissions
        case 4: known?.createdAt = other.known?.createdAt
        case 5: known?.expiry = other.known?.expiry ?? .never
        case 6: known?.lastUsedAt = other.known?.lastUsedAt
        case 7: known?.saysExpired.toggle()
        case 8: expirySeenAt = other.expirySeenAt
        case 9: secret = other.secret
        case 10: askedWith = other.askedWith
        case 11: lastPollAt = other.lastPollAt
        case 12: lastOkAt = other.lastOkAt
        case 13: lastOutcome = other.lastOutcome
        case 14: lastError = other.lastError
        case 15: verdictAt = other.verdictAt
        case 16: pollsWithoutVerdict = other.pollsWithoutVerdict
        case 17: failures = other.failures
        case 18: malformed = other.malformed
        case 19: rejectedSince = other.rejectedSince
        case 20: rejection = other.rejection
        case 21: secretProblem = other.secretProblem
        case 22: expiryMoves = other.expiryMoves
        case 23: swings = other.swings
        case 24: restingAcknowledgements = other.restingAcknowledgements
        case 25: unconfirmed = other.unconfirmed
        case 26: listMark = other.listMark
        default: alerts = other.alerts
        }
        for index in alerts.indices {
            alerts[index].isUnconfirmed = unconfirmed.contains(alerts[index].condition)
        }
    }
}
