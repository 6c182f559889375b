import Alerting
import Formats
import Monitor

/// A token's history, in order of time.
struct TokenLife {
    /// One event of the history.
    struct Entry: Equatable {
        enum Mark: Equatable {
            case none
            /// An alert was raised or escalated.
            case raised(Severity)
            case resolved
        }

        let at: Instant
        var mark = Mark.none
        /// The text, one sentence.
        var text: String
        /// The gained permissions, followed by the lost ones.
        var added: [String] = []
        var removed: [String] = []
        /// The order among entries of one second; the lowest is first.
        var rank = 2
        /// Further sentences, such as those about a rotation.
        var more: [String] = []
    }

    /// The entries, oldest first.
    private(set) var entries: [Entry] = []
    /// The start of its record; nil if there is none.
    private(set) var since: Instant?

    /// Reads the record.
    ///
    /// - Parameters:
    ///   - id: the token's id.
    ///   - events: the events of every phase, oldest first.
    ///   - spans: the token's last spans, oldest first.
    ///   - token: the token's current state; nil if it left the configuration.
    ///   - now: the end of an outage that has not ended.
    /// - Throws: `Failure` if an event is none of this version.
    init(
        _ id: TokenID,
        events: [JSONValue],
        spans: [SpanReport],
        token: TokenReport?,
        now: Instant
    ) throws(Failure) {
        var owner: String??
        for json in events {
            let event = try EventReport(json)
            let named = json["token"]?.text("owner")
            if let before = owner, before != named {
                entries.append(Entry(at: event.at, text: Self.owner(before, named)))
            }
            owner = .some(named)
            if let entry = Self.entry(event, json, of: id) { entries.append(entry) }
        }
        if let first = spans.first(where: { $0.outcome == "ok" }), spans.first?.outcome != "ok" {
            entries.append(Self.firstAnswer(first))
        }
        entries += Outage.all(in: spans).map { $0.entry(at: now) }
        since = entries.map(\.at).min()
        if let used = token?.lastUsedElsewhereAt {
            entries.append(Entry(at: used, text: "last known use elsewhere"))
        }
        // Within a second, the order of the record decides.
        entries = entries.enumerated().sorted {
            ($0.element.at, $0.element.rank, $0.offset)
                < ($1.element.at, $1.element.rank, $1.offset)
        }.map(\.element)
    }

    private static func owner(_ old: String?, _ new: String?) -> String {
        switch (old, new) {
        case (_, let new?): "owner: \(new)" + (old.map { " (was \($0))" } ?? "")
        case (let old, nil): "owner removed" + (old.map { " (was \($0))" } ?? "")
        }
    }

    private static func firstAnswer(_ span: SpanReport) -> Entry {
        let permissions =
            switch span.permissions {
            case nil: "permissions not reported"
            case []?: "no permissions"
            case let words?: words.listed()
            }
        let expiry =
            switch (span.expiry, span.expiresAt) {
            case (_, let instant?): "expires \(instant.forPeople)"
            case ("never", _): "no expiry"
            default: "expiry not reported"
            }
        return Entry(at: span.from, text: "first answer: \(permissions); \(expiry)", rank: 1)
    }

    /// Returns the entry of an event; nil for a reminder, which adds nothing to its alert.
    private static func entry(_ event: EventReport, _ json: JSONValue, of id: TokenID) -> Entry? {
        let details = json["details"]
        let said = event.summary.withoutSubject(id.text)
        switch event.phase {
        case "raised", "escalated":
            let now = event.phase == "raised" ? "" : "now "
            return Entry(
                at: event.at,
                mark: .raised(event.severity),
                text: "\(event.type), \(now)\(event.severity.rawValue): \(said)"
            )
        case "resolved":
            let lasted = details?["lasted_seconds"]?.integer.map {
                " after \(Duration.seconds($0).forPeople)"
            }
            let mended = details?.text("mended").map { ": \($0)" }
            return Entry(
                at: event.at,
                mark: .resolved,
                text: "\(event.type) resolved\(lasted ?? "")\(mended ?? "")"
            )
        case "reminded": return nil
        case "changed": return change(event, details, said)
        default: return Entry(at: event.at, text: said)
        }
    }

    private static func change(
        _ event: EventReport,
        _ details: JSONValue?,
        _ said: String
    ) -> Entry {
        var entry = Entry(at: event.at, text: said)
        switch event.type {
        case "permissions_changed":
            entry.text =
                switch details?.text("direction") {
                case "both"?: "permissions widened and narrowed"
                case "rewritten"?: "permissions rewritten, with the same coverage"
                case let word: "permissions \(word ?? "changed")"
                }
        case "expiry_changed":
            entry.text = expiry(details, "old", "new") ?? said
        case "rotated":
            entry.text = "rotated: a new secret"
            if details?.text("covers_old") == "no" { entry.text += ", which covers less" }
            entry.more = [expiry(details, "old_expiry", "new_expiry")].compactMap(\.self)
            for (key, word) in [("account", "account"), ("name", "name")] {
                let (old, new) = (details?.text("old_\(key)"), details?.text("new_\(key)"))
                guard let old, let new, old != new else { continue }
                entry.more.append("\(word): \(new) (was \(old))")
            }
        case "first_seen":
            entry.rank = 0
            return entry
        default: return entry
        }
        entry.added = details?.texts("added") ?? []
        entry.removed = details?.texts("removed") ?? []
        return entry
    }

    /// Returns `expiry extended by 90 d: from … to …`; nil if the expiry did not move.
    private static func expiry(_ details: JSONValue?, _ old: String, _ new: String) -> String? {
        guard let before = details?.text(old), let after = details?.text(new), before != after
        else { return nil }
        switch (Instant(text: before), Instant(text: after)) {
        case (let from?, let to?):
            let distance = (max(from, to) - min(from, to)).forPeople
            return "expiry \(to > from ? "extended" : "shortened") by \(distance):"
                + " from \(from.forPeople) to \(to.forPeople)"
        case (nil, let to?): return "expiry set: from \(before) to \(to.forPeople)"
        case (let from?, nil): return "expiry removed: from \(from.forPeople) to \(after)"
        case (nil, nil): return nil
        }
    }
}

/// A time without a verdict on a token, regardless of the number of errors.
private struct Outage {
    let from: Instant
    /// The end; nil while it lasts.
    var until: Instant?
    var error: String?

    static func all(in spans: [SpanReport]) -> [Outage] {
        var outages: [Outage] = []
        var isOpen = false
        for span in spans {
            let isSilent =
                ["unreachable", "server_error", "rate_limited"].contains(span.outcome ?? "")
            if isSilent, isOpen {
                outages[outages.count - 1].until = span.until
                outages[outages.count - 1].error = span.error
            } else if isSilent {
                outages.append(Outage(from: span.from, until: span.until, error: span.error))
            }
            isOpen = isSilent
        }
        return outages
    }

    func entry(at now: Instant) -> TokenLife.Entry {
        let lasted = ((until ?? now) - from).forPeople
        let reason = error.map { ": \($0)" } ?? ""
        let time = until == nil ? "no answer for \(lasted), to now" : "no answer for \(lasted)"
        return TokenLife.Entry(at: from, text: time + reason)
    }
}
