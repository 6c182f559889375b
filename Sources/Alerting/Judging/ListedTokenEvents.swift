/// The rank of an event among those of one listing: the first ones are notified one by one.
struct Share {
    let number: Int
    let of: Int

    var isNotified: Bool { number <= Inventory.mostNotified }

    /// The remark in the last notified event on the events after it; empty for all others.
    func remark(_ verb: String, _ inventory: TokenID) -> String {
        let more = of - number
        guard number == Inventory.mostNotified, more > 0 else { return "" }
        return
            "; \(more) more tokens of \(inventory) \(verb) at the same time: they are only recorded"
    }
}

/// The event of a token that an inventory lists for the first time; notified if in the share.
func firstListed(
    _ settings: TokenSettings,
    _ facts: Facts,
    in inventory: TokenID,
    _ share: Share?,
    mute: MuteStanding = .none,
    at now: Instant,
    ids: inout EventIDs
) -> Event {
    var author = EventAuthor(
        EventSource(settings, known: facts, now: now),
        isMuted: mute == .muted
    )
    let name = facts.name.map { " (\"\($0)\")" } ?? ""
    author.write(
        ChangeDraft(
            change: .firstSeen,
            severity: share == nil ? .info : .warning,
            summary: "\(settings.id) is new in the list of \(inventory)\(name)"
                + (share?.remark("are new", inventory) ?? ""),
            details: [Detail("inventory", inventory.text)],
            isDelivered: share?.isNotified ?? false
        ),
        &ids
    )
    return author.events[0]
}

/// The events of a token that left its list before its expiry: its active alerts resolve.
func leftList(
    _ state: TokenState,
    _ settings: TokenSettings,
    _ share: Share,
    staysUntil: Instant? = nil,
    mute: MuteStanding = .none,
    at now: Instant,
    ids: inout EventIDs
) -> [Event] {
    let inventory = settings.id.inventory ?? settings.id
    let expiry = state.expiry(settings).instant
    let name = state.known?.name.map { " (\"\($0)\")" } ?? ""
    let unstable =
        staysUntil.map { until in
            "; unstable: it left several times within a day; until \(until.forPeople(at: now)) it "
                + "stays watched, even if it is missing again"
        } ?? ""
    var author = EventAuthor(
        EventSource(settings, known: state.known, now: now),
        isMuted: mute == .muted
    )
    author.write(
        ChangeDraft(
            change: .leftList,
            severity: .warning,
            summary: "\(settings.id) left the list of \(inventory)\(name): revoked or deleted"
                + (expiry.map { "; it was to expire \($0.forPeople(at: now))" } ?? "")
                + share.remark("left", inventory) + unstable,
            details: [
                Detail("inventory", inventory.text), Detail("expires_at", expiry),
                Detail("unstable_until", staysUntil),
            ],
            isDelivered: share.isNotified
        ),
        &ids
    )
    for alert in state.alerts where !alert.isUnconfirmed {
        author.writeResolved(alert, mended: "it left the list of \(inventory)", &ids)
    }
    return author.events
}
