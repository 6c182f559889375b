/// The two supported versions of HTTP.
package enum HTTPVersion: Sendable {
    /// HTTP/1.0.
    case http10
    /// HTTP/1.1, which the server also uses for clients of a later HTTP/1.x (RFC 9110 §2.5).
    case http11
}

/// The peer of a connection, as the kernel reports it.
package enum HTTPPeer: Sendable, Equatable {
    /// A process of this machine, at the time it connected (`SO_PEERCRED`, unix(7)).
    case unix(uid: UInt32, gid: UInt32, pid: Int32)
    /// An IPv4 or IPv6 literal, without brackets, and the client's port.
    case tcp(address: String, port: UInt16)
}

/// One complete, checked request: its framing is settled and its path and query are decoded.
package struct HTTPRequest: Sendable {
    /// The method as sent; methods are case-sensitive.
    package let method: String

    /// The version that decided framing and persistence.
    package let version: HTTPVersion

    /// The path, percent-decoded: valid UTF-8 without control characters; `*` for `OPTIONS *`.
    ///
    /// A decoded `%2F` looks like a slash here: route by `segments`.
    package let path: String

    /// The pairs of the query in order, decoded as a form is (`+` is a space).
    package let query: [(name: String, value: String)]

    /// The body; empty when there is none.
    package internal(set) var body: [UInt8]

    /// The sender of the request.
    package let peer: HTTPPeer

    /// Whether the connection outlives the answer, as far as the client is concerned.
    let keepsAlive: Bool

    /// The bytes from the request line to the empty line.
    let head: [UInt8]
    /// The places of the target, its path still encoded, and of the authority in the head.
    let ranges: HTTPTargetRanges
    /// The authority of the target, or else the value of `Host`.
    let hostRange: Range<Int>?
    /// The start of the first header line.
    let linesStart: Int

    /// The target as sent.
    package var target: String { text(ranges.target) }

    /// The authority that the client named, with its port: from the target, otherwise from `Host`.
    ///
    /// It is nil for HTTP/1.0 clients that name none.
    package var host: String? { hostRange.map(text) }

    /// The header lines; for an absolute-form target, `Host` means nothing (RFC 9112 §3.2.2).
    package var headers: HTTPHeaders { HTTPHeaders(lines: Array(head[linesStart...])) }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: head[range], as: UTF8.self)
    }

    /// The decoded parts of the path after its first slash.
    ///
    /// `/v1/a%2Fb/` has `v1`, `a/b` and an empty one; `/` has none.
    package var segments: [String] {
        guard ranges.path.count > 1 else { return [] }
        let encoded = head[ranges.path].dropFirst()
        return encoded.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { HTTPPercentCoding.decoded($0) ?? "" }
    }

    /// Returns the value of the first pair of the query with this name.
    package func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// Whether the answer is a head alone (RFC 9110 §9.3.2).
    var isHead: Bool { method == "HEAD" }
}
