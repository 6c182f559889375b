/// What webhooks need of an HTTP client.
///
/// It connects within 10 s, follows no redirects, reads at most 64 KiB of the answer's body and drops
/// it, and stops when its task is cancelled.
package protocol HTTPTransport: Sendable {
    /// Posts a body; everything is over within `timeout`.
    func post(
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8],
        timeout: Duration
    ) async -> HTTPPostResult
}

package enum HTTPPostResult: Hashable, Sendable {
    /// The status, and the `Retry-After` header as it was sent.
    case answer(status: Int, retryAfter: String?)
    /// There was no answer, and why.
    case failure(message: String)
}
