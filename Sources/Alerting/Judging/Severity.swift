/// The severity of an alert or event.
package enum Severity: String, Hashable, Comparable, Sendable, CaseIterable {
    case info
    case warning
    case critical

    package static func < (left: Severity, right: Severity) -> Bool {
        left.rank < right.rank
    }

    /// The rank: 0 info, 1 warning, 2 critical.
    package var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}

/// A condition that can be wrong now with a token, a host or the daemon.
///
/// The order is the order in which alerts of equal severity are listed.
package enum Condition: String, Hashable, Sendable, CaseIterable {
    case expired
    case rejected
    case noSecret = "no_secret"
    case accountMismatch = "account_mismatch"
    case permissionsMissing = "permissions_missing"
    case usedElsewhere = "used_elsewhere"
    case expiring
    case permissionsExcess = "permissions_excess"
    case noExpiry = "no_expiry"
    case unreachable
    case malformed
    case unobservable
    case duplicate
    case unused
    case hostUnreachable = "host_unreachable"
    case hostRejecting = "host_rejecting"
    case clockWrong = "clock_wrong"
    case configRejected = "config_rejected"
    case channelFailing = "channel_failing"
    case heartbeatFailing = "heartbeat_failing"
    case storeFailing = "store_failing"
    case fallingBehind = "falling_behind"
    case outOfResources = "out_of_resources"
}

/// A change that happened once.
package enum Change: String, Hashable, Sendable, CaseIterable {
    case permissionsChanged = "permissions_changed"
    case expiryChanged = "expiry_changed"
    case accountChanged = "account_changed"
    case renamed
    case rotated
    case firstSeen = "first_seen"
    case forgotten
    /// A list no longer has the token before its expiry: the token was revoked or deleted.
    case leftList = "left_list"
    case muted
    case unmuted

    /// Whether channels are notified; the record always has it.
    package var isDelivered: Bool {
        switch self {
        case .firstSeen, .forgotten, .muted: false
        case .permissionsChanged, .expiryChanged, .accountChanged, .renamed, .rotated, .leftList,
            .unmuted:
            true
        }
    }
}
