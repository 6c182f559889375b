package import HTTP

/// An answer in a file, as `curl -i` saves it, or its body alone.
package struct SavedAnswer: Sendable {
    /// The error of a file that should contain an answer, for an operator.
    package struct Unreadable: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// The status of the last head; 200 if there is none.
    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]

    /// Reads an answer; ignores earlier heads of proxies, redirects or interim answers.
    package init(_ bytes: [UInt8]) throws(Unreadable) {
        var status = 200
        var headers = HTTPHeaders()
        var rest = bytes[...]
        while rest.starts(with: Self.start) {
            (status, headers) = try Self.head(&rest)
        }
        self.status = status
        self.headers = headers
        body = Array(rest)
    }

    /// The answer as the result of a call.
    package var result: HTTPResult {
        .answer(HTTPAnswer(status: status, version: .http1, headers: headers, body: body))
    }

    private static let start = Array("HTTP/".utf8)

    /// Takes a head with the empty line after it (RFC 9112 §2.1); lines may end with LF alone.
    private static func head(
        _ rest: inout ArraySlice<UInt8>
    ) throws(Unreadable) -> (Int, HTTPHeaders) {
        let first = line(&rest).split(separator: UInt8(ascii: " "))
        guard first.count >= 2, let status = Int(String(decoding: first[1], as: UTF8.self)),
            (100...999).contains(status)
        else {
            throw Unreadable(description: "begins like HTTP, but its first line has no status")
        }
        var headers = HTTPHeaders()
        while !rest.isEmpty {
            let field = line(&rest)
            if field.isEmpty { return (status, headers) }
            guard field.contains(UInt8(ascii: ":")) else {
                throw Unreadable(
                    description: "has a header without a colon; an empty line ends the headers"
                )
            }
            (field + [UInt8(ascii: "\n")]).withUnsafeBytes { headers.append(line: $0) }
        }
        return (status, headers)
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        var line = rest[..<end]
        rest = rest[end...].dropFirst()
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }
}
