/// Collects the answer to one call from libcurl's pieces, within its bounds.
struct AnswerCollector {
    private enum Phase {
        case statusLine
        /// The collector is in the head of a final answer, or of an interim one (RFC 9110 §15.2).
        case fields(isInterim: Bool)
        /// The collector is after the head; later lines are trailers.
        case body
    }

    /// The reason why the rest of the answer was dropped.
    enum Stop {
        case headTooLarge
        case bodyTooLarge
        case malformed
        /// The body has a coding that is not decoded.
        case coded
    }

    /// The maximum size of heads, which have some hundred bytes; servers accept no more than this.
    static let maximumHeadBytes = 64 << 10

    private(set) var stop: Stop?
    private(set) var hasBegun = false
    private var phase = Phase.statusLine
    private var headBytes = 0
    private var status = 0
    private var version = AnswerVersion.http1
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    private let maximumBodyBytes: Int

    init(maximumBodyBytes: Int = 0) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// Whether the answer arrives over HTTP/1, on a connection of its own.
    var ownsConnection: Bool { hasBegun && version == .http1 }

    /// The answer; nil without a complete head.
    var answer: HTTPAnswer? {
        guard case .body = phase else { return nil }
        return HTTPAnswer(status: status, version: version, headers: headers, body: body)
    }

    /// Takes one line of a head or trailer, with its line end; returns false to end the call.
    mutating func take(headLine line: UnsafeRawBufferPointer) -> Bool {
        hasBegun = true
        // The bound is for all heads of the call: interim answers can come without end.
        headBytes += line.count
        guard headBytes <= Self.maximumHeadBytes else {
            stop = .headTooLarge
            return false
        }
        switch phase {
        case .statusLine:
            guard let (version, status) = Self.statusLine(line) else {
                stop = .malformed
                return false
            }
            self.version = version
            self.status = status
            phase = .fields(isInterim: (100..<200).contains(status))
        case .fields(let isInterim):
            if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
                phase = isInterim ? .statusLine : .body
                if !isInterim, !headers.isDecodable {
                    stop = .coded
                    return false
                }
            } else if !isInterim {
                headers.append(line: line)
            }
        case .body:
            break
        }
        return true
    }

    /// Takes a piece of the body; returns false to end the call.
    mutating func take(body piece: UnsafeRawBufferPointer) -> Bool {
        guard piece.count <= maximumBodyBytes - body.count else {
            stop = .bodyTooLarge
            return false
        }
        body.append(contentsOf: piece)
        return true
    }

    /// The version and status of `HTTP/1.1 200 OK` (RFC 9112 §4) and of libcurl's `HTTP/2 200`.
    private static func statusLine(_ line: UnsafeRawBufferPointer) -> (AnswerVersion, Int)? {
        guard line.starts(with: "HTTP/".utf8),
            let space = line.firstIndex(of: UInt8(ascii: " ")), line.count > space + 3
        else { return nil }
        var status = 0
        for byte in line[(space + 1)...(space + 3)] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            status = status * 10 + Int(byte - UInt8(ascii: "0"))
        }
        let isEnded = line.count == space + 4 || line[space + 4] <= 0x20
        guard isEnded, status >= 100 else { return nil }
        return (line[5] == UInt8(ascii: "2") ? .http2 : .http1, status)
    }
}

extension HTTPHeaders {
    /// Whether the body has no coding, or gzip or deflate once.
    ///
    /// libcurl decodes more codings, with windows up to 128 MiB, and any number of layers: a small
    /// answer could then cost much memory or time.
    fileprivate var isDecodable: Bool {
        let codings = words(of: "Content-Encoding").filter { $0 != "identity" }
        return codings.count <= 1
            && codings.allSatisfy { ["gzip", "x-gzip", "deflate"].contains($0) }
            && words(of: "Transfer-Encoding").allSatisfy { ["chunked", "identity"].contains($0) }
    }

    /// Returns the members of a list, in lower case (RFC 9110 §5.6.1).
    private func words(of name: String) -> [String] {
        values(of: name).flatMap { $0.split(separator: ",") }
            .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            .filter { !$0.isEmpty }
    }
}
