/// A change before it has an id.
struct ChangeDraft {
    let change: Change
    let severity: Severity
    let summary: String
    let details: [Detail]
    /// Whether channels get it; nil for the usual rule.
    var isDelivered: Bool?

    func adding(_ remark: String) -> ChangeDraft {
        ChangeDraft(
            change: change,
            severity: severity,
            summary: "\(summary); \(remark)",
            details: details
        )
    }
}

private let rollingRemark =
    "extended \(movesOfRolling) times in a row: the expiry is rolling, and further extensions are "
    + "not sent"

extension Expiry {
    fileprivate var detail: Detail.Value {
        switch self {
        case .at(let instant): .instant(instant)
        case .never: .text("never")
        case .notTold: .null
        }
    }

    fileprivate func wording(at now: Instant) -> String {
        switch self {
        case .at(let instant): instant.forPeople(at: now)
        case .never: "never"
        case .notTold: "not reported"
        }
    }
}

/// Everything that differs between two good answers for one token.
///
/// With another secret, all of it is one change, `rotated`.
func changes(
    from old: TokenState,
    to new: TokenState,
    _ settings: TokenSettings,
    at now: Instant
) -> [ChangeDraft] {
    guard let before = old.known, let after = new.known else { return [] }
    var drafts: [ChangeDraft] = []
    if let draft = accountChange(before, after, settings) { drafts.append(draft) }
    if let draft = nameChange(before, after, settings) { drafts.append(draft) }
    if let draft = permissionsChange(before, after, settings) { drafts.append(draft) }
    if let draft = expiryChange(before, after, settings, now) {
        // The move that makes the expiry rolling is the last one that is notified.
        if !(old.isRolling && new.isRolling) {
            drafts.append(new.isRolling ? draft.adding(rollingRemark) : draft)
        }
    }
    guard old.secret != nil, old.secret != new.secret else { return drafts }
    return [rotation(of: drafts, before, after, settings)]
}

private func accountChange(
    _ old: Facts,
    _ new: Facts,
    _ settings: TokenSettings
) -> ChangeDraft? {
    guard let before = old.account, let after = new.account, before != after else { return nil }
    return ChangeDraft(
        change: .accountChanged,
        severity: .critical,
        summary: "\(settings.id) now belongs to \(after) (was \(before))",
        details: [Detail("old", before), Detail("new", after)]
    )
}

private func nameChange(
    _ old: Facts,
    _ new: Facts,
    _ settings: TokenSettings
) -> ChangeDraft? {
    guard let before = old.name, let after = new.name, before != after else { return nil }
    return ChangeDraft(
        change: .renamed,
        severity: .info,
        summary: "\(settings.id) was renamed from \"\(before)\" to \"\(after)\"",
        details: [Detail("old", before), Detail("new", after)]
    )
}

private func permissionsChange(
    _ old: Facts,
    _ new: Facts,
    _ settings: TokenSettings
) -> ChangeDraft? {
    guard let before = old.permissions, let after = new.permissions,
        let change = PermissionChange(
            from: before,
            to: after,
            syntax: settings.permissionSyntax
        )
    else { return nil }
    return ChangeDraft(
        change: .permissionsChanged,
        severity: change.direction == .rewritten ? .info : .warning,
        summary: "\(settings.id) \(change.wording)",
        details: [Detail("direction", change.direction.rawValue)]
            + Detail.permissions("added", change.added)
            + Detail.permissions("removed", change.removed)
            + Detail.permissions("gained", change.gained)
            + Detail.permissions("lost", change.lost)
            + Detail.permissions("permissions", after.words)
    )
}

extension PermissionChange {
    /// The change of its power, by coverage, followed by words that only changed in spelling.
    fileprivate var wording: String {
        let verb =
            switch direction {
            case .widened: "can do more now"
            case .narrowed: "can do less now"
            case .both: "has other permissions now"
            case .rewritten: "has the same coverage, spelled differently"
            }
        let (gains, losses) = (Set(gained), Set(lost))
        let parts: [(label: String, words: [String])] = [
            ("gained", gained), ("lost", lost),
            ("newly listed, but covered before", added.filter { !gains.contains($0) }),
            ("no longer listed, but still covered", removed.filter { !losses.contains($0) }),
        ]
        let text = parts.filter { !$0.words.isEmpty }.map { "\($0.label) \($0.words.listed())" }
        return "\(verb): \(text.joined(separator: "; "))"
    }
}

private func expiryChange(
    _ old: Facts,
    _ new: Facts,
    _ settings: TokenSettings,
    _ now: Instant
) -> ChangeDraft? {
    let direction: String
    switch (old.expiry, new.expiry) {
    case (.at(let before), .at(let after)):
        guard !old.expiry.isSame(as: new.expiry) else { return nil }
        direction = after > before ? "extended" : "shortened"
    case (.never, .at): direction = "set"
    case (.at, .never): direction = "removed"
    case (.never, .never), (.notTold, _), (_, .notTold): return nil
    }
    let (past, present) = (old.expiry.wording(at: now), new.expiry.wording(at: now))
    return ChangeDraft(
        change: .expiryChanged,
        severity: direction == "extended" ? .info : .warning,
        summary: "\(settings.id): expiry \(direction), was \(past), now \(present)",
        details: [
            Detail("direction", direction), Detail("old", old.expiry.detail),
            Detail("new", new.expiry.detail),
        ]
    )
}

private func rotation(
    of drafts: [ChangeDraft],
    _ old: Facts,
    _ new: Facts,
    _ settings: TokenSettings
) -> ChangeDraft {
    let coversOld =
        if let before = old.permissions, let after = new.permissions {
            Optional(after.covers(before, syntax: settings.permissionSyntax))
        } else {
            Bool?.none
        }
    let coversLess = coversOld == false
    let change = drafts.first { $0.change == .permissionsChanged }
    func details(_ key: String) -> [Detail] {
        let told = change?.details.filter { $0.key == key || $0.key == key + "_count" }
        return told ?? Detail.permissions(key, [])
    }
    var summary = "\(settings.id) was rotated: a new secret"
    summary += coversLess ? ", which covers less than the old one" : ""
    let differences = drafts.map {
        $0.summary.hasPrefix("\(settings.id): ")
            ? String($0.summary.dropFirst(settings.id.text.count + 2))
            : String($0.summary.dropFirst(settings.id.text.count + 1))
    }
    if !differences.isEmpty { summary += "; " + differences.joined(separator: "; ") }
    return ChangeDraft(
        change: .rotated,
        severity: coversLess ? .warning : .info,
        summary: summary,
        details: [
            Detail("covers_old", coversOld.map { $0 ? "yes" : "no" })
        ] + details("added") + details("removed") + [
            Detail("old_expiry", old.expiry.detail), Detail("new_expiry", new.expiry.detail),
            Detail("old_account", old.account), Detail("new_account", new.account),
            Detail("old_name", old.name), Detail("new_name", new.name),
        ]
    )
}
