import Alerting

/// The body of an answer.
package enum HTTPBody: Sendable {
    /// The whole body.
    case bytes([UInt8])

    /// A body that is produced a piece at a time, until nil.
    ///
    /// The next piece is produced once the client has taken the one before, so a stream holds no
    /// more than one. Its task is cancelled when the client leaves, takes nothing for too long, or
    /// the server stops. A task that waits in the stream must then end.
    case stream(@Sendable () async -> [UInt8]?)

    /// Exactly these bytes instead of an answer, followed by the end of the connection.
    ///
    /// Without bytes, the connection only ends. Status and headers are ignored: this is how a
    /// sandbox plays a broken server.
    case verbatim([UInt8])
}

/// A handler's answer.
///
/// The server writes `Content-Length`, `Transfer-Encoding` and `Connection` itself. It drops them
/// from `headers`, except for `Connection: close`, which ends the connection. A `Date` among the
/// headers replaces the server's own. A status that is not 200 to 599, or a header with a control
/// character, is sent as a 500.
package struct HTTPResponse: Sendable {
    /// The status, 200 to 599.
    package var status: Int

    /// The names and values, sent in this order.
    package var headers: [(String, String)]

    /// The body, not sent for HEAD, 204 and 304; HEAD gets the length of bytes.
    package var body: HTTPBody

    package init(status: Int, headers: [(String, String)] = [], body: HTTPBody = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Returns an error as `application/problem+json` (RFC 9457).
    ///
    /// - Parameters:
    ///   - status: 400 to 599.
    ///   - detail: a sentence about what is wrong and what to do.
    ///   - headers: sent in addition to the content type.
    /// - Returns: the whole answer.
    package static func problem(
        _ status: Int,
        _ detail: String,
        headers: [(String, String)] = []
    ) -> HTTPResponse {
        let body = JSONWriter.bytes { json in
            json.object { json in
                json.field("type", "about:blank")
                json.field("title", HTTPStatus.reason(status))
                json.field("status", status)
                json.field("detail", detail)
            }
        }
        return HTTPResponse(
            status: status,
            headers: [("Content-Type", "application/problem+json")] + headers,
            body: .bytes(body + [.lineFeed])
        )
    }
}
