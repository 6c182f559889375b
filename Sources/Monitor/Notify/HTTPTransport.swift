/// An HTTP client for webhooks and heartbeats.
///
/// It connects within 10 s, follows no redirects, and stops when its task is cancelled.
package protocol HTTPTransport: Sendable {
    /// Makes a request, with or without a body; returns within `timeout`.
    func send(
        _ method: String,
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        timeout: Duration
    ) async -> HTTPPostResult
}

package enum HTTPPostResult: Hashable, Sendable {
    /// An answer with its status, `Retry-After` header and the beginning of its body.
    ///
    /// The header is unchanged. The body may contain secrets.
    case answer(status: Int, retryAfter: String?, body: [UInt8] = [])
    /// The reason why there was no answer.
    case failure(message: String)
}
