/// The result of a call.
package enum HTTPResult: Sendable {
    /// The server answered, with any status.
    case answer(HTTPAnswer)
    case failure(HTTPFailure)
}

/// A whole answer of a server.
///
/// Some servers repeat the secret in their answer, so only its status and size can be printed.
package struct HTTPAnswer: Sendable {
    /// The status, 200 to 999: interim answers are not reported.
    package let status: Int
    package let version: AnswerVersion
    /// The fields of the final answer's head, without trailers.
    package let headers: HTTPHeaders
    package let body: [UInt8]

    package init(status: Int, version: AnswerVersion, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.version = version
        self.headers = headers
        self.body = body
    }
}

extension HTTPAnswer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "HTTPAnswer(\(status), \(body.count) bytes)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The protocol version of an answer.
package enum AnswerVersion: Sendable {
    case http1
    case http2
}

/// The reason why there is no answer.
package struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The host's name could not be resolved.
        case dns
        /// The connection failed, or broke before an answer began.
        case connect
        case tls
        case timeout
        /// The head or the body is longer than the call allows.
        case tooLarge
        /// The connection ended inside the answer.
        case truncated
        /// The configured proxy failed, not the host.
        case proxy
        case cancelled
        /// The answer is not HTTP.
        case malformed
        /// The call itself is invalid; nothing was sent.
        case refusedInput
        /// This process has no descriptor or memory left for a call; that is not the host's fault.
        case shortage
        case other
    }

    package let kind: Kind
    /// The message, one line for an operator, without header values or a URL beyond its host.
    package let message: String

    package var description: String { message }
}
