/// What webhooks and heartbeats need from an HTTP client.
///
/// It connects within 10 s, follows no redirects, and stops when its task is cancelled.
package protocol HTTPTransport: Sendable {
    /// Makes a request, with a body or without; returns within `timeout`.
    func send(
        _ method: String,
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        timeout: Duration
    ) async -> HTTPPostResult
}

package enum HTTPPostResult: Hashable, Sendable {
    /// The status, the `Retry-After` header as it was sent, and the beginning of the body, which may
    /// contain secrets.
    case answer(status: Int, retryAfter: String?, body: [UInt8] = [])
    /// The reason why there was no answer.
    case failure(message: String)
}
