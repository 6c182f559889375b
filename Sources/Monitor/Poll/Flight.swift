import Alerting
package import HTTP

/// A poll in flight.
struct Flight: Sendable {
    /// Distinguishes it from an earlier poll of the same slot.
    let number: UInt64
    let startedAt: Moment
    let secret: Secret
    let digest: SecretDigest
    /// The identity of the secret's file when it was read.
    let identity: FileIdentity?
    /// The start of its last call: a list takes several.
    var callStartedAt: Moment
    /// Nil until the call has started.
    var call: HTTPCallID?
    /// The pages of a list so far; nil while a page is read, and for polls of one token.
    var reading: ListReading?
    /// What it has of an access token.
    var login = Login.none
    /// When its first page was requested, if an earlier poll did that.
    var listStartedAt: Moment?

    enum Login: Sendable {
        /// Its provider wants none.
        case none
        /// It is requested.
        case underWay
        /// One of an earlier poll.
        case kept
        case fresh
    }

    /// Its start, by the clock that counts now.
    func askedAt(_ now: Now) -> Instant { now.instant - (now.moment - startedAt) }
}

extension ProviderAccess {
    /// The call that makes a request.
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
