/// The two versions of HTTP spoken here.
package enum HTTPVersion: Sendable {
    /// HTTP/1.0.
    case http10
    /// HTTP/1.1, and what a client of a later HTTP/1.x is spoken to in (RFC 9110 §2.5).
    case http11
}

/// The peer of a connection, as the kernel reports it.
package enum HTTPPeer: Sendable, Equatable {
    /// A process of this machine, as it was when it connected (`SO_PEERCRED`, unix(7)).
    case unix(uid: UInt32, gid: UInt32, pid: Int32)
    /// An IPv4 or IPv6 literal, without brackets, and the client's port.
    case tcp(address: String, port: UInt16)
}

/// One complete request, checked: its framing is settled and its path and query are decoded.
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

    /// Its sender.
    package let peer: HTTPPeer

    /// Whether the connection outlives the answer, as far as the client is concerned.
    let keepsAlive: Bool

    /// From the request line to the empty line.
    let head: [UInt8]
    /// Where the target, its path still encoded, and the authority are in the head.
    let ranges: HTTPTargetRanges
    /// The authority of the target, or else the value of `Host`.
    let hostRange: Range<Int>?
    /// Where the first header line begins.
    let linesStart: Int

    /// The target as sent.
    package var target: String { text(ranges.target) }

    /// The authority the client named, with its port: of the target, or else of `Host`.
    ///
    /// Absent for HTTP/1.0 clients that name none.
    package var host: String? { hostRange.map(text) }

    /// The header lines; of an absolute-form target `Host` means nothing (RFC 9112 §3.2.2).
    package var headers: HTTPHeaders { HTTPHeaders(lines: Array(head[linesStart...])) }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: head[range], as: UTF8.self)
    }

    /// The decoded parts of the path behind its first slash: `/v1/a%2Fb/` is `v1`, `a/b` and an
    /// empty one; `/` has none.
    package var segments: [String] {
        guard ranges.path.count > 1 else { return [] }
        let encoded = head[ranges.path].dropFirst()
        return encoded.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { HTTPPercentCoding.decoded($0) ?? "" }
    }

    /// The value of the first pair of the query with this name.
    package func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    /// Whether the answer is a head alone (RFC 9110 §9.3.2).
    var isHead: Bool { method == "HEAD" }
}
