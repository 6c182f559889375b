import Alerting
import Formats

// The keys of the verdict.
extension ProfileDecoder {
    mutating func decodeVerdict(_ profile: inout Profile) {
        profile.limitedIf = matches("limited_if")
        profile.deadIf = matches("dead_if")
        profile.expiredIf = matches("expired_if")
        profile.liveIf = alternatives("live_if")
        profile.limitedText = texts("limited_text")
        profile.expiredText = texts("expired_text")
        profile.liveText = texts("live_text")
        profile.deadText = texts("dead_text")
        profile.undecidedText = texts("undecided_text")
        if let entry = entry("dead_text"),
            case .array(let statuses) = table["dead_status"]?.value, statuses.isEmpty
        {
            report(entry, "has no effect: dead_status is empty")
        }
        // A server error is about a token only if its text indicates that.
        let last: Int64 = profile.deadText.isEmpty ? 499 : 599
        profile.deadStatus = statuses("dead_status", 400...last) ?? [401]
        profile.liveStatus = statuses("live_status", 200...299) ?? [200]
        if case .array(let items) = table["live_status"]?.value, items.isEmpty {
            report(table.position, "\(path).live_status is empty; it must have at least one status")
        }
    }

    private mutating func statuses(_ key: String, _ range: ClosedRange<Int64>) -> [Int]? {
        guard let entry = entry(key),
            let items = elements(entry, of: "statuses such as \(range.lowerBound + 1)")
        else { return nil }
        return items.compactMap { item in
            guard case .integer(let status) = item.node.value, range.contains(status),
                status != 429
            else {
                report(
                    item,
                    "must be a status of \(range.lowerBound) to \(range.upperBound)"
                        + (range.contains(429) ? " other than 429" : "")
                )
                return nil
            }
            return Int(status)
        }
    }

    /// Reads texts to search for in the body of an error.
    private mutating func texts(_ key: String) -> [String] {
        guard let entry = entry(key),
            let items = elements(entry, of: "texts such as \"token not found\"")
        else { return [] }
        if items.isEmpty { report(entry, "is empty; it must have at least one text") }
        // Shorter texts occur in every page.
        return strings(items, rule: "6 to 200 bytes without control characters") {
            (6...200).contains($0.utf8.count) && $0 == $0.escapedForTerminal
        }
    }

    /// Checks that the profile can recognise a rejected token, or an expiry.
    mutating func checkVerdict(_ profile: Profile) {
        guard table["url"] == nil else {
            if case .array(let statuses) = table["dead_status"]?.value, statuses.isEmpty,
                table["dead_if"] == nil, table["expired_if"] == nil,
                table["expired_text"] == nil
            {
                report(
                    table.position,
                    "\(path) cannot reach a verdict: dead_status is empty, and neither dead_if nor"
                        + " expired_if is set"
                )
            }
            return
        }
        for key in [
            "base", "method", "headers", "basic", "body", "login", "variables", "secrets",
            "live_status",
            "dead_status", "dead_text", "dead_if", "expired_text", "expired_if", "limited_text",
            "limited_if",
            "live_text", "undecided_text", "live_if", "row", "list", "foreign_prefixes",
        ] {
            guard let entry = entry(key) else { continue }
            report(entry.keyPosition, "\(entry.path) has no effect without url")
        }
        guard case .claim? = profile.facts.expires?.from else {
            return report(
                table.position,
                "\(path) cannot reach a verdict: set url, or read expires from a claim of the"
                    + " secret, such as \"claim:/exp\""
            )
        }
        for source in profile.facts.all {
            if case .claim = source { continue }
            report(table.position, "\(path) reads \(source), but has no url")
        }
    }
}
