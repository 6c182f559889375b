import Alerting
import Formats
import Monitor

/// A token as the daemon reports it: the token object of the status socket.
///
/// A class, because a table of 10,000 tokens sorts and passes them on several times.
final class TokenReport: Sendable {
    let id: String
    let state: TokenHealth
    let provider: String
    /// The host where it is polled; nil if no request is sent.
    let host: String?
    let name: String?
    /// The account, with the name and company of its holder.
    let account: String?
    /// The permissions; nil if they are not reported.
    let permissions: [String]?
    let createdAt: Instant?
    /// The word for the expiry: `known`, `never`, `not_told` or `not_seen`.
    let expiry: String
    let expiresAt: Instant?
    let isExpiryConfigured: Bool
    /// The time left at which its policy begins to warn; nil if time alone never does.
    let warningSecondsLeft: Int64?
    let criticalSecondsLeft: Int64?
    /// Whether the provider keeps extending the expiry.
    let isExpiryRolling: Bool
    /// The expiry that counts, and the other one, if provider and configuration differ.
    let expiryDifference: String?
    let lastUsedAt: Instant?
    let lastUsedBy: String?
    let lastUsedElsewhereAt: Instant?
    let lastPollAt: Instant?
    let lastOutcome: String?
    let lastError: String?
    let nextPollAt: Instant?
    let alerts: [AlertReport]
    /// The token's mute: by whom, until when and why; nil if it is not muted.
    let mute: AcknowledgementReport?
    let owner: String?
    let renewURL: String?
    /// The number of watched tokens in its list; nil unless it is an inventory.
    let lists: Int64?
    let note: String?
    /// The time that decides its place in lists.
    private let listedExpiry: Instant
    /// The token as the daemon sent it.
    let json: JSONValue

    init(_ json: JSONValue) throws(Failure) {
        guard let id = json.text("id"), let state = json.text("state").flatMap(TokenHealth.init)
        else {
            throw Failure("the daemon's answer is no token; compare versions")
        }
        self.id = id
        self.state = state
        self.json = json
        provider = json.text("provider") ?? "?"
        host = json.text("host")
        name = json.text("name")
        account = AccountHolder.words(
            name: json.text("account_name"),
            company: json.text("company"),
            account: json.text("account")
        )
        permissions = json.texts("permissions")
        createdAt = json.instant("created_at")
        expiry = json.text("expiry") ?? "not_seen"
        expiresAt = json.instant("expires_at")
        isExpiryConfigured = json.text("expires_from") == "config"
        warningSecondsLeft = json["expires_warning_s"]?.integer
        criticalSecondsLeft = json["expires_critical_s"]?.integer
        isExpiryRolling = json["expiry_rolling"]?.bool == true
        expiryDifference = json.text("expiry_difference")
        lastUsedAt = json.instant("last_used_at")
        lastUsedBy = json.text("last_used_by")
        lastUsedElsewhereAt = json.instant("last_used_elsewhere_at")
        lastPollAt = json.instant("last_poll_at")
        lastOutcome = json.text("last_outcome")
        lastError = json.text("last_error")
        nextPollAt = json.instant("next_poll_at")
        mute = json["muted"].flatMap(AcknowledgementReport.init)
        var alerts = json["alerts"]?.elements?.compactMap(AlertReport.init) ?? []
        if mute != nil { for index in alerts.indices { alerts[index].isMuted = true } }
        self.alerts = alerts
        listedExpiry =
            alerts.contains(where: \.isOfDeadToken)
            ? Instant(seconds: 0) : expiresAt ?? .distant
        owner = json.text("owner")
        renewURL = json.text("renew_url")
        lists = json["lists"]?.integer
        note = json.text("note")
    }

    /// Sorts by urgency, then tokens that no longer work first, then by time left, then by name.
    static func isListed(_ left: TokenReport, before right: TokenReport) -> Bool {
        (left.state.rank, left.listedExpiry, NaturalOrder(left.id))
            < (right.state.rank, right.listedExpiry, NaturalOrder(right.id))
    }
}

extension AlertReport {
    fileprivate var isOfDeadToken: Bool {
        ["expired", "rejected", "no_secret"].contains(condition)
    }
}

/// An active alert of a token, a host or the daemon.
struct AlertReport {
    let condition: String
    let severity: Severity
    let since: Instant?
    let stage: String?
    /// Its acknowledgement: by whom, until when and why; nil if there is none.
    let acknowledgement: AcknowledgementReport?
    let nextReminderAt: Instant?
    /// Whether it is confirmed, if it needs a second poll.
    let isConfirmed: Bool
    /// The alert of its host that stands for it; nil if there is none.
    let coveredBy: String?
    /// Whether its token is muted.
    var isMuted = false
    let summary: String

    init?(_ json: JSONValue) {
        guard let condition = json.text("condition"),
            let severity = json.text("severity").flatMap(Severity.init)
        else { return nil }
        self.condition = condition
        self.severity = severity
        since = json.instant("since")
        stage = json.text("stage")
        acknowledgement = json["acknowledged"].flatMap(AcknowledgementReport.init)
        nextReminderAt = json.instant("next_reminder_at")
        isConfirmed = json["confirmed"]?.bool != false
        coveredBy = json.text("covered_by")
        summary = json.text("summary") ?? condition
    }
}

/// An acknowledgement.
struct AcknowledgementReport {
    let by: String
    let reason: String
    let until: Instant
    /// The acknowledgement as the daemon sent it.
    let json: JSONValue

    init?(_ json: JSONValue) {
        guard let by = json.text("by"), let reason = json.text("reason"),
            let until = json.instant("until")
        else { return nil }
        self.by = by
        self.reason = reason
        self.until = until
        self.json = json
    }
}

/// One event of the record.
struct EventReport {
    let id: String
    let at: Instant
    let type: String
    let phase: String
    let severity: Severity
    let summary: String

    init(_ json: JSONValue) throws(Failure) {
        guard let id = json.text("id"), let at = json.instant("at"),
            let type = json.text("type"), let phase = json.text("phase"),
            let severity = json.text("severity").flatMap(Severity.init)
        else {
            throw Failure("the daemon's answer is not an event; compare versions")
        }
        self.id = id
        self.at = at
        self.type = type
        self.phase = phase
        self.severity = severity
        summary = json.text("summary") ?? ""
    }

    /// Creates the report of a configuration change that no daemon knows of.
    init(_ event: Event) {
        id = event.id.description
        at = event.at
        type = event.kind.name
        phase = event.phase.rawValue
        severity = event.severity
        summary = event.summary.escapedForTerminal
    }
}

/// A time during which every poll of a token gave the same result.
struct SpanReport {
    let from: Instant
    /// The end; nil while it lasts.
    let until: Instant?
    let outcome: String?
    let error: String?
    /// The permissions; nil if they are not reported.
    let permissions: [String]?
    let expiry: String
    let expiresAt: Instant?

    init?(_ json: JSONValue) {
        guard let from = json.instant("from") else { return nil }
        self.from = from
        until = json.instant("until")
        outcome = json.text("outcome")
        error = json.text("error")
        permissions = json.texts("permissions")
        expiry = json.text("expiry") ?? "not_seen"
        expiresAt = json.instant("expires_at")
    }
}

extension TokenHealth {
    /// The rank; 0 is the most urgent.
    var rank: Int {
        switch self {
        case .critical: 0
        case .warning: 1
        case .unknown: 2
        case .ok: 3
        }
    }

    /// Returns the most urgent of some states; nil for none.
    static func worst(_ states: some Sequence<TokenHealth>) -> TokenHealth? {
        states.min { $0.rank < $1.rank }
    }

    var exitStatus: Int32 {
        switch self {
        case .ok: ExitStatus.ok
        case .warning: ExitStatus.warning
        case .critical: ExitStatus.critical
        case .unknown: ExitStatus.unknown
        }
    }
}

extension Severity {
    var health: TokenHealth {
        switch self {
        case .info: .ok
        case .warning: .warning
        case .critical: .critical
        }
    }
}

extension Instant {
    /// An instant later than every expiry.
    static let distant = Instant(milliseconds: .max)
}

extension JSONValue {
    /// Returns a text member, escaped for a terminal: some texts come from providers.
    func text(_ key: String) -> String? { self[key]?.string?.escapedForTerminal }

    /// Returns the escaped texts of a member that is an array; nil if it is none.
    func texts(_ key: String) -> [String]? {
        self[key]?.elements?.compactMap { $0.string?.escapedForTerminal }
    }

    func instant(_ key: String) -> Instant? {
        self[key]?.string.flatMap { Instant(text: $0) }
    }

    /// Returns the bytes of an array of values.
    static func bytes(of values: [JSONValue]) -> [UInt8] {
        JSONWriter.bytes { JSONValue.array(values).write(into: &$0) }
    }
}
