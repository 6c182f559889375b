import Alerting
import Monitor

/// The facts about one of two secrets.
struct RotationSide {
    var account: String?
    var name: String?
    /// The permissions; nil if they are not reported.
    var permissions: PermissionSet?
    var expires = "no data yet"
    var expiresAt: Instant?
    /// The provider's answer.
    var answer = "unreadable secret"
    /// Whether anything is known about it.
    var isKnown = false
    /// Whether it was not polled, because a poll would be a use of a canary.
    var isCanary = false
    /// The warnings that the daemon would raise, one sentence each.
    var warnings: [String] = []

    /// Creates the side of a secret that cannot be polled.
    init() {}

    init(_ result: OneTimePoll.Result, at now: Instant) {
        let state = result.state
        let known = state.known
        account = known?.account
        name = known?.name
        permissions = known?.permissions
        let expiry = EffectiveExpiry(of: state, statedExpiry: nil)
        expires = expiry.words(at: now)
        expiresAt = expiry.instant
        isKnown = known != nil
        isCanary = result.notPolled != nil
        warnings =
            known == nil
            ? []
            : state.findings(for: result.settings, at: now).map {
                "\($0.severity.rawValue): \($0.summary)".escapedForTerminal
            }
        answer =
            result.notPolled.map { _ in "not polled: a canary" }
            ?? [state.lastOutcome?.rawValue, state.lastError].compactMap(\.self)
            .joined(separator: ": ")
    }

    /// Creates a side with the daemon's data; nil if the daemon has none.
    init?(_ report: TokenReport, at now: Instant) {
        guard report.expiry != "not_seen" || report.permissions != nil else { return nil }
        account = report.account
        name = report.name
        permissions = report.permissions.map { PermissionSet($0) }
        expires = report.expiresAt?.forPeople(at: now) ?? expiryWords(report.expiry)
        expiresAt = report.expiresAt
        answer = "as last polled by the daemon"
        isKnown = true
    }
}

/// An old and a new secret side by side, and whether the new one covers the old.
struct RotationScreen {
    let old: RotationSide
    let new: RotationSide
    let syntax: PermissionSyntax

    func lines(width: Int?) -> [String] {
        let rows: [(String, (RotationSide) -> TextTable.Cell)] = [
            ("answer", { .text($0.answer.escapedForTerminal) }),
            ("account", { .text($0.account?.escapedForTerminal ?? "not reported") }),
            ("name", { .text($0.name?.escapedForTerminal ?? "not reported") }),
            (
                "permissions",
                { side in
                    guard let words = side.permissions?.words else { return .text("not reported") }
                    return words.isEmpty
                        ? .text("none") : .list(words.map(\.escapedForTerminal))
                }
            ),
            (
                "expires",
                { side in
                    side.expiresAt.map { .either(side.expires, $0.forPeople) }
                        ?? .text(side.expires)
                }
            ),
        ]
        let table = TextTable(
            [
                TextTable.Column("", 11, of: rows) { .text($0.0) },
                TextTable.Column("OLD", 20, of: rows) { $0.1(old) },
                TextTable.Column("NEW", 20, of: rows) { $0.1(new) },
            ],
            width: width
        )
        return table.lines + verdicts.flatMap { TextWrap.lines($0, width: width ?? .max) }
    }

    /// Permissions of the old secret that the new one lacks; nil if either is unknown.
    private var missing: [String]? {
        guard let old = old.permissions, let new = new.permissions else { return nil }
        return old.notCovered(by: new, syntax: syntax)
    }

    private var isOfAnotherAccount: Bool {
        guard let old = old.account, let new = new.account else { return false }
        return old != new
    }

    /// Whether the new one is known to do less than the old one, or to do it elsewhere.
    var isLess: Bool { missing?.isEmpty == false || isOfAnotherAccount }

    /// The sentences that the decision depends on.
    var verdicts: [String] {
        var sentences: [String] = []
        if let missing {
            sentences.append(
                missing.isEmpty
                    ? "The new secret covers the old one."
                    : "The new secret does NOT cover the old one; it lacks: "
                        + missing.map(\.escapedForTerminal).joined(separator: ", ")
            )
        } else if new.isKnown {
            sentences.append(
                old.isKnown
                    ? "The provider does not report whether the new secret covers the old one."
                    : "Nothing is known of the old secret, so they cannot be compared."
            )
        }
        if isOfAnotherAccount { sentences.append("The new secret belongs to ANOTHER account.") }
        if let new = new.expiresAt, let old = old.expiresAt, new < old {
            sentences.append("The new secret expires BEFORE the old one.")
        }
        return sentences + new.warnings.map { "With the new secret: \($0)" }
    }
}
