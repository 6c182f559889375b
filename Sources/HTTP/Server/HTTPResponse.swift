import Alerting

/// The body of an answer.
package enum HTTPBody: Sendable {
    /// All of it.
    case bytes([UInt8])

    /// A piece at a time, until nil.
    ///
    /// The next piece is produced when the client has taken the one before, so a stream holds no
    /// more than one. The task that asks is cancelled when the client goes away, when it takes
    /// nothing for too long, and when the server stops: a task that waits in it must then end.
    case stream(@Sendable () async -> [UInt8]?)

    /// Exactly these bytes instead of an answer, and then the end of the connection.
    ///
    /// None at all only ends the connection. Status and headers are ignored: this is how a
    /// sandbox plays a broken server.
    case verbatim([UInt8])
}

/// A handler's answer.
///
/// `Content-Length`, `Transfer-Encoding` and `Connection` are the server's: they are dropped from
/// `headers`, but for `Connection: close`, which ends the connection. A `Date` among the headers
/// takes the place of the server's own. A status that is not 200 to 599, or a header with a control
/// character, is sent as a 500.
package struct HTTPResponse: Sendable {
    /// 200 to 599.
    package var status: Int

    /// Names and values, sent in this order.
    package var headers: [(String, String)]

    /// Not sent for HEAD, 204 and 304; for HEAD the length of bytes is.
    package var body: HTTPBody

    package init(status: Int, headers: [(String, String)] = [], body: HTTPBody = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An error as `application/problem+json` (RFC 9457).
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
