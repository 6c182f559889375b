import Alerting
import Formats
import HTTP
import Monitor

/// The answer to a request, and the fault that it has.
struct SandboxAnswer: Sendable {
    var status: Int
    var body: [UInt8]
    var fault: Fault?
    /// How long it is held back, in real time.
    var latency: Duration = .zero
    /// The sandbox's clock.
    var date = ""
    /// More of them than every answer has.
    var headers: [(String, String)] = []

    init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    static func error(_ status: Int) -> SandboxAnswer {
        SandboxAnswer(status: status, body: VPSOrgPlay.error(status))
    }

    /// The status that is answered; nil when the connection is cut before.
    var sentStatus: Int? {
        guard let fault else { return status }
        return fault.cut == nil ? fault.status ?? status : nil
    }

    /// The answer as it is sent, gone wrong where it shall.
    func response() -> HTTPResponse {
        var headers = [("Date", date), ("Content-Type", "application/json")] + headers
        var status = status
        var body = body
        if let fault {
            if let forced = fault.status {
                status = forced
                if forced >= 300 { body = VPSOrgPlay.error(forced) }
            }
            if let kind = fault.body { body = kind.damaged(body) }
            if fault.body == .html { headers[1].1 = "text/html; charset=utf-8" }
            if let wait = fault.retryAfter { headers.append(("Retry-After", wait)) }
            if let location = fault.location { headers.append(("Location", location)) }
        }
        if status == 401 { headers.append(("WWW-Authenticate", "Bearer")) }
        if let cut = fault?.cut {
            let bytes = cut.bytes(status: status, headers: headers, body: body)
            return HTTPResponse(status: 200, body: .verbatim(bytes))
        }
        return HTTPResponse(status: status, headers: headers, body: .bytes(body))
    }
}

extension Fault.Cut {
    /// What of an answer is sent before the connection ends.
    func bytes(status: Int, headers: [(String, String)], body: [UInt8]) -> [UInt8] {
        let start = "HTTP/1.1 \(status) Answer\r\n"
        switch self {
        case .beforeAnswer: return []
        case .inHead: return Array((start + "Content-Ty").utf8)
        case .inBody:
            var head = start
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            head += "Content-Length: \(max(body.count, 2))\r\n\r\n"
            return Array(head.utf8) + body.prefix(body.count / 2)
        }
    }
}

extension Fault.Body {
    /// What `huge` adds: more than the mebibyte that the daemon takes.
    private static let padding = 2 * 1024 * 1024

    /// The body in the place of a sound one.
    func damaged(_ body: [UInt8]) -> [UInt8] {
        switch self {
        case .garbage: return [0x00, 0xff, 0xfe, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x7b, 0x22, 0x80]
        case .html:
            return Array("<html><head><title>Bad gateway</title></head></html>\n".utf8)
        case .truncated: return Array(body.prefix(body.count / 2))
        case .empty: return []
        case .huge:
            let padding = [UInt8](repeating: UInt8(ascii: "x"), count: Self.padding)
            return Array(#"{"padding":""#.utf8) + padding + Array(#"","#.utf8) + body.dropFirst()
        case .wrongType(let pointer):
            return edited(body, at: pointer, instead: #"{"unexpected":true}"#)
        case .missingField(let pointer): return edited(body, at: pointer, instead: nil)
        case .badDate: return edited(body, at: "/token/expires_at", instead: #""soon""#)
        }
    }

    /// The document with another value at a pointer, or without its member.
    private func edited(_ body: [UInt8], at pointer: String, instead: String?) -> [UInt8] {
        guard let document = try? JSONValue(parsing: body) else { return body }
        var writer = JSONWriter(reserving: body.count)
        writer.write(document, path: "") { path in
            guard path == pointer else { return .asItIs }
            return instead.map { .replaced($0) } ?? .leftOut
        }
        return writer.bytes
    }
}

extension JSONWriter {
    /// What becomes of a value on its way.
    fileprivate enum Fate {
        case asItIs
        case leftOut
        case replaced(String)
    }

    // Recurses at most as deep as JSON is read at all.
    fileprivate mutating func write(_ value: JSONValue, path: String, fate: (String) -> Fate) {
        if case .replaced(let json) = fate(path) {
            verbatim(json.utf8)
            return
        }
        switch value {
        case .null: null()
        case .bool(let flag): self.value(flag)
        case .integer(let number): self.value(number)
        case .number(let number): verbatim("\(number)".utf8)
        case .string(let text): self.value(text)
        case .array(let elements):
            array { writer in
                for (index, element) in elements.enumerated() {
                    writer.write(element, path: "\(path)/\(index)", fate: fate)
                }
            }
        case .object(let members):
            object { writer in
                for member in members {
                    let inner = "\(path)/\(member.key)"
                    if case .leftOut = fate(inner) { continue }
                    writer.key(member.key)
                    writer.write(member.value, path: inner, fate: fate)
                }
            }
        }
    }
}
