/// The fields of the token object, in its order.
package enum TokenField: String, CaseIterable, Sendable {
    case id, inventory, lists, provider, host, state, name, account
    case accountName = "account_name"
    case company, permissions
    case createdAt = "created_at"
    case expiry
    case expiresAt = "expires_at"
    case expiresIn = "expires_in_s"
    case expiresFrom = "expires_from"
    case expiresWarning = "expires_warning_s"
    case expiresCritical = "expires_critical_s"
    case expiryRolling = "expiry_rolling"
    case expiryDifference = "expiry_difference"
    case lastUsedAt = "last_used_at"
    case lastUsedBy = "last_used_by"
    case lastUsedElsewhereAt = "last_used_elsewhere_at"
    case lastPollAt = "last_poll_at"
    case lastOkAt = "last_ok_at"
    case lastOutcome = "last_outcome"
    case lastError = "last_error"
    case nextPollAt = "next_poll_at"
    case alerts, muted, owner
    case renewURL = "renew_url"
    case note
}
