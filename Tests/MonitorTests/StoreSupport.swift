import Alerting
import CSQLite
import Foundation
import Testing

@testable import Monitor
@testable import Store

let noon = Instant(seconds: 1_795_262_400)

/// A state directory of one test, removed with it.
final class TemporaryState {
    let path: String

    // In memory where many are made: a real disk would be waited for.
    init(isInMemory: Bool = false) throws {
        let folder = isInMemory ? "/dev/shm/" : NSTemporaryDirectory()
        path = folder + "tokenwatchd-\(UUID().uuidString)"
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var database: String { path + "/state.db" }

    func open(at now: Instant = noon) throws -> Store {
        try Store(directory: StateDirectory(path: path), instance: "vps-1", now: now)
    }

    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
    }

    func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return try #require((attributes[.posixPermissions] as? NSNumber)?.intValue)
    }

    /// Runs SQL over a connection of its own, as an operator's shell does.
    func sqlite(_ sql: String) throws {
        let connection = try Connection(path: database, mode: .readWrite)
        try connection.execute(sql, for: "testing")
    }

    func integer(_ sql: String) throws -> Int64? {
        let connection = try Connection(path: database, mode: .readWrite)
        return try connection.integer(sql, for: "testing")
    }
}

extension TemporaryState {
    func text(_ sql: String) throws -> String? {
        let connection = try Connection(path: database, mode: .readWrite)
        return try connection.text(sql, for: "testing")
    }
}

extension Store {
    /// Runs SQL on the store's own connection.
    func execute(_ sql: String) throws {
        try connection.execute(sql, for: "testing")
    }
}

func token(_ text: String) throws -> TokenID {
    try #require(TokenID(text))
}

func eventID(_ number: Int) -> EventID {
    EventID(high: 0x0193_0000_0000_0000, low: UInt64(number))
}

func event(
    _ number: Int,
    token text: String = "deploy",
    at: Instant = noon,
    phase: Event.Phase = .raised,
    severity: Severity = .warning,
    alert: Int? = nil,
    channels: [String] = ["mail"]
) throws -> Event {
    let card = TokenCard(
        id: try token(text),
        name: nil,
        provider: "vps.org",
        account: nil,
        owner: nil,
        renewURL: nil,
        note: nil
    )
    return Event(
        id: eventID(number),
        at: at,
        subject: .token(card),
        kind: phase == .changed ? .change(.renamed) : .condition(.expiring),
        phase: phase,
        severity: severity,
        summary: "event \(number)",
        alertID: alert.map(eventID),
        channels: channels
    )
}

/// A state like that of a token that is polled every hour and never changes.
func steadyState(polls: Int = 1) -> TokenState {
    var state = TokenState()
    let now = noon + .hours(Int64(polls))
    state.known = Facts(
        name: "Production Deploy Key",
        account: "john@example.com",
        holder: AccountHolder(name: "John Doe", company: "Acme Inc."),
        permissions: PermissionSet(["dns:*", "servers:list", "servers:read", "volumes:list"]),
        createdAt: noon - .days(100),
        expiry: .at(noon + .days(400)),
        lastUsedAt: now
    )
    state.expirySeenAt = noon
    state.secret = SecretDigest(high: 1, low: 2)
    state.askedWith = 3
    state.lastPollAt = now
    state.lastOkAt = now
    state.lastOutcome = .ok
    state.verdictAt = now
    return state
}

extension SplitMix64 {
    mutating func maybe<Value>(_ make: (inout SplitMix64) -> Value) -> Value? {
        Bool.random(using: &self) ? make(&self) : nil
    }

    mutating func text() -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "Z", "0", " ", "\"", "\\", "'", "\n", "\r", "\t", "\u{0}", "\u{1}", "\u{7f}", "/",
            "é", "\u{301}", "漢", "😀", "\u{2028}", "\u{ffff}", "]", ",", "[", "{",
        ]
        let count = Int.random(in: 0...20, using: &self)
        var text = ""
        for _ in 0..<count {
            text.unicodeScalars.append(scalars.randomElement(using: &self) ?? "?")
        }
        return text
    }

    mutating func texts() -> [String] {
        (0..<Int.random(in: 0...5, using: &self)).map { _ in text() }
    }

    mutating func instant() -> Instant {
        Instant(milliseconds: Int64.random(in: -1_000_000...4_000_000_000_000, using: &self))
    }

    mutating func expiry() -> Expiry {
        switch Int.random(in: 0...2, using: &self) {
        case 0: .never
        case 1: .notTold
        default: .at(instant())
        }
    }

    mutating func facts() -> Facts {
        Facts(
            name: maybe { $0.text() },
            account: maybe { $0.text() },
            holder: AccountHolder(name: maybe { $0.text() }, company: maybe { $0.text() }),
            permissions: maybe { PermissionSet($0.texts()) },
            createdAt: maybe { $0.instant() },
            expiry: expiry(),
            lastUsedAt: maybe { $0.instant() },
            saysExpired: Bool.random(using: &self)
        )
    }

    mutating func alert(_ condition: Condition) -> Alert {
        Alert(
            condition: condition,
            id: EventID(high: next(), low: next()),
            severity: Severity.allCases.randomElement(using: &self) ?? .info,
            since: instant(),
            stage: maybe { $0.text() },
            stageBefore: maybe { .milliseconds(Int64.random(in: 0...1_000_000_000, using: &$0)) },
            reminders: Int.random(in: 0...1000, using: &self),
            nextReminderAt: maybe { $0.instant() },
            acknowledgement: maybe {
                Acknowledgement(by: $0.text(), reason: $0.text(), until: $0.instant())
            },
            told: texts()
        )
    }

    mutating func lastUse() -> LastUse {
        var use = LastUse()
        use.by = maybe { LastUse.By.allCases.randomElement(using: &$0) ?? .unknown }
        use.elsewhereAt = maybe { $0.instant() }
        use.watchedSince = maybe { $0.instant() }
        use.hiddenAnswers = Int.random(in: 0...3, using: &self)
        use.lastAnswered = maybe { PollWindow(from: $0.instant(), to: $0.instant()) }
        for _ in 0..<Int.random(in: 0...8, using: &self) {
            use.unanswered.append(PollWindow(from: instant(), to: instant()))
        }
        use.uncertainUntil = maybe { $0.instant() }
        return use
    }

    /// A state of any shape; its alerts are in the order of their names.
    mutating func tokenState() -> TokenState {
        var state = TokenState()
        state.known = maybe { $0.facts() }
        state.expirySeenAt = maybe { $0.instant() }
        state.secret = maybe { SecretDigest(high: $0.next(), low: $0.next()) }
        state.askedWith = maybe { $0.next() }
        state.lastPollAt = maybe { $0.instant() }
        state.lastOkAt = maybe { $0.instant() }
        state.lastOutcome = Outcome.allCases.randomElement(using: &self)
        state.lastError = maybe { $0.text() }
        state.verdictAt = maybe { $0.instant() }
        state.pollsWithoutVerdict = Int.random(in: 0...(1 << 53), using: &self)
        state.failures = Int.random(in: 0...1000, using: &self)
        state.malformed = maybe { $0.text() }
        state.rejectedSince = maybe { $0.instant() }
        state.rejection = maybe { $0.text() }
        state.secretProblem = maybe { $0.text() }
        state.duplicateOf = maybe { TokenID("t\(Int.random(in: 0..<60, using: &$0))") } ?? nil
        state.use = lastUse()
        state.unconfirmed = Unconfirmed(rawValue: UInt8.random(in: 0...3, using: &self))
        state.expiryMoves = Int.random(in: 0...movesOfRolling, using: &self)
        state.swings = (0..<Int.random(in: 0...5, using: &self)).map { _ in
            Swing(
                Bool.random(using: &self)
                    ? .condition(Condition.allCases.randomElement(using: &self) ?? .expired)
                    : .change(Change.allCases.randomElement(using: &self) ?? .renamed),
                at: instant()
            )
        }
        state.restingAcknowledgements = (0..<Int.random(in: 0...2, using: &self)).map { _ in
            RestingAcknowledgement(
                condition: Condition.allCases.randomElement(using: &self) ?? .expired,
                severity: Severity.allCases.randomElement(using: &self) ?? .info,
                endedAt: instant(),
                acknowledgement: Acknowledgement(by: text(), reason: text(), until: instant())
            )
        }
        if Bool.random(using: &self) {
            state.listMark = ListMark(
                readAt: instant(),
                scope: UInt64.random(in: 0...(.max), using: &self)
            )
        }
        let conditions = Condition.allCases.sorted { $0.rawValue < $1.rawValue }
        for condition in conditions where Int.random(in: 0...5, using: &self) == 0 {
            var alert = alert(condition)
            alert.isUnconfirmed = state.unconfirmed.contains(condition)
            alert.clearSince = maybe { $0.instant() }
            state.alerts.append(alert)
        }
        return state
    }
}

extension StoredState {
    /// The states with their alerts in the order of their names.
    var sortedTokens: [TokenID: TokenState] {
        tokens.mapValues { state in
            var state = state
            state.alerts.sort { $0.condition.rawValue < $1.condition.rawValue }
            return state
        }
    }
}
