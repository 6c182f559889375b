import Alerting
package import HTTP

/// A poll in flight.
struct Flight: Sendable {
    /// The number that distinguishes the poll from an earlier poll of the same slot.
    let number: UInt64
    let startedAt: Moment
    let secret: Secret
    let digest: SecretDigest
    /// The identity of the secret's file when it was read.
    let identity: FileIdentity?
    /// The start of the last call: a list needs several calls.
    var callStartedAt: Moment
    /// The current call; nil until it has started.
    var call: HTTPCallID?
    /// The pages of a list so far; nil while a page is read, and for polls of one token.
    var reading: ListReading?
    /// The state of the poll's login.
    var login = Login.none
    /// The time of the request for the list's first page, if an earlier poll made it.
    var listStartedAt: Moment?

    enum Login: Sendable {
        /// The provider needs no login.
        case none
        /// The login request is in flight.
        case underWay
        /// The access token comes from an earlier poll.
        case kept
        case fresh
    }

    /// Returns the start of the poll by the corrected clock.
    func askedAt(_ now: Now) -> Instant { now.instant - (now.moment - startedAt) }
}

extension ProviderAccess {
    /// Returns the call for a request.
    package func call(_ request: ProviderRequest, timeout: Duration) -> HTTPCall {
        var call = HTTPCall(
            url: request.url,
            method: request.method,
            headers: request.headers,
            body: request.body,
            connectTimeout: min(.seconds(10), timeout),
            timeout: timeout
        )
        if profile.list != nil { call.maximumBodyBytes = ProfileList.maximumPageBytes }
        return call
    }
}
