import Testing

@testable import HTTP
@testable import Monitor
@testable import Store

/// The parser alone, over bytes.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerParserTests {
    static let peer = HTTPPeer.tcp(address: "127.0.0.1", port: 1)

    /// What a parser makes of bytes that come in pieces of one size.
    static func outcome(
        _ bytes: [UInt8],
        piece: Int = .max,
        limits: HTTPLimits = HTTPLimits()
    ) -> (requests: [HTTPRequest], refusal: HTTPRefusal?) {
        var parser = HTTPRequestParser(limits: limits, peer: peer)
        var requests: [HTTPRequest] = []
        var rest = bytes[...]
        while true {
            switch parser.next() {
            case .request(let request): requests.append(request)
            case .refused(let refusal): return (requests, refusal)
            case .needsMore:
                guard !rest.isEmpty else { return (requests, nil) }
                parser.append(rest.prefix(piece))
                rest = rest.dropFirst(piece)
            }
        }
    }

    static func request(_ text: String, limits: HTTPLimits = HTTPLimits()) throws -> HTTPRequest {
        let (requests, refusal) = outcome(Array(text.utf8), limits: limits)
        #expect(refusal == nil)
        #expect(requests.count == 1)
        return try #require(requests.first)
    }

    /// Raw bytes, and the status they are refused with.
    static let refused: [(String, Int)] = [
        // request line
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\r\n\r\n", 400),
        ("GET\r\n\r\n", 400),
        ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/11\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501),
        (String(repeating: "M", count: 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}", 400),
        // target
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /ä HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%4g HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%0a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        // lines and characters
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1b}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX(: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX Y: x\r\n\r\n", 400),
        // host
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a,b@c\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", 400),
        ("GET http://b/ HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400),
        // framing and smuggling
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
        (head("Content-Length: 5\r\nTransfer-Encoding: chunked"), 411),
        (head("Transfer-Encoding: chunked\r\nContent-Length: 5"), 411),
        (head("Transfer-Encoding: chunked"), 411), (head("Transfer-Encoding: xchunked"), 411),
        (head("Transfer-Encoding: gzip, chunked"), 411), (head("Transfer-Encoding: identity"), 411),
        (head("Transfer-Encoding: \u{b}chunked"), 400),
        (head("Transfer-Encoding : chunked"), 400),
        (head("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"), 411),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (head("Expect: 200-ok"), 417), (head("Expect: 100-continue\r\nContent-Length: 5"), 417),
    ]

    private static func head(_ lines: String) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n"
    }

    @Test(arguments: refused)
    func `a malformed request is refused with its status, whole or byte by byte`(
        text: String,
        status: Int
    ) {
        for piece in [Int.max, 1] {
            let (requests, refusal) = Self.outcome(Array(text.utf8), piece: piece)
            #expect(requests.isEmpty)
            #expect(refusal?.status == status)
        }
    }

    @Test func `a plain request is read whole`() throws {
        let request = try Self.request(
            "\r\nGET /v1/a%2Fb/?limit=5&x=a+b%26&flag&limit=6 HTTP/1.1\r\n"
                + "Host: example.org:8080\r\nX-A:  one\t\r\nx-a:two\r\nEmpty:\r\n\r\n"
        )
        #expect(request.method == "GET")
        #expect(request.version == .http11)
        #expect(request.target == "/v1/a%2Fb/?limit=5&x=a+b%26&flag&limit=6")
        #expect(request.path == "/v1/a/b/")
        #expect(request.segments == ["v1", "a/b", ""])
        #expect(request.query.map(\.name) == ["limit", "x", "flag", "limit"])
        #expect(request.query("limit") == "5")
        #expect(request.query("x") == "a b&")
        #expect(request.query("flag") == "")
        #expect(request.query("none") == nil)
        #expect(request.host == "example.org:8080")
        #expect(request.headers["X-a"] == "one")
        #expect(request.headers.values(of: "X-A") == ["one", "two"])
        #expect(request.headers["empty"] == "")
        #expect(request.headers["x"] == nil)
        #expect(request.headers.values(of: "host") == ["example.org:8080"])
        #expect(request.body.isEmpty)
        #expect(request.peer == Self.peer)
    }

    @Test func `the root has no segments`() throws {
        #expect(try Self.request("GET / HTTP/1.0\r\n\r\n").segments == [])
        #expect(try Self.request("GET // HTTP/1.0\r\n\r\n").segments == ["", ""])
    }

    @Test func `the authority of an absolute target takes the place of Host`() throws {
        let request = try Self.request("GET HTTP://b:81?q=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(request.host == "b:81")
        #expect(request.path == "/")
        #expect(request.segments == [])
        #expect(request.query("q") == "1")
        #expect(try Self.request("GET http://b/x HTTP/1.0\r\n\r\n").host == "b")
    }

    @Test func `OPTIONS may ask about the server itself`() throws {
        #expect(try Self.request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path == "*")
    }

    @Test(arguments: ["a", "a:", "a:65535", "127.0.0.1:80", "[::1]", "[::1]:80", "a_b.c", "a%41"])
    func `a valid host is taken`(host: String) throws {
        #expect(try Self.request("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").host == host)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x , Close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
        ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false),
    ])
    func `persistence is as version and Connection say`(text: String, keepsAlive: Bool) throws {
        #expect(try Self.request(text).keepsAlive == keepsAlive)
    }

    @Test func `an HTTP/1.0 client may expect what it likes`() throws {
        let request = try Self.request(
            "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"
        )
        #expect(request.body == Array("ab".utf8))
    }

    @Test func `a body and what follows it are told apart`() {
        let text =
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
            + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
            + "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n"
        for piece in [Int.max, 1, 7] {
            let (requests, refusal) = Self.outcome(Array(text.utf8), piece: piece)
            #expect(refusal == nil)
            #expect(requests.map(\.path) == ["/1", "/2", "/3"])
            #expect(requests.map { String(decoding: $0.body, as: UTF8.self) } == ["abc", "", ""])
        }
    }

    @Test(arguments: [(-1, nil), (0, nil), (1, 431)] as [(Int, Int?)])
    func `a head is bounded to the byte`(excess: Int, status: Int?) {
        var limits = HTTPLimits()
        limits.headBytes = 200
        let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        let filler = String(repeating: "x", count: 200 + excess - start.utf8.count - 4)
        for piece in [Int.max, 1] {
            let outcome = Self.outcome(
                Array((start + filler + "\r\n\r\n").utf8),
                piece: piece,
                limits: limits
            )
            #expect(outcome.refusal?.status == status)
            #expect(outcome.requests.count == (status == nil ? 1 : 0))
        }
    }

    @Test(arguments: [(-1, nil), (0, nil), (1, 414)] as [(Int, Int?)])
    func `a target is bounded to the byte`(excess: Int, status: Int?) {
        var limits = HTTPLimits()
        limits.targetBytes = 50
        let target = "/" + String(repeating: "x", count: 49 + excess)
        let outcome = Self.outcome(
            Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
            limits: limits
        )
        #expect(outcome.refusal?.status == status)
    }

    @Test func `a request line without end is refused before it is kept`() {
        #expect(Self.outcome([UInt8](repeating: 0x41, count: 9000)).refusal?.status == 414)
    }

    @Test(arguments: [(99, nil), (100, nil), (101, 431)] as [(Int, Int?)])
    func `header lines are bounded`(count: Int, status: Int?) {
        let lines = (1..<count).map { "X-\($0): y\r\n" }.joined()
        let outcome = Self.outcome(Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8))
        #expect(outcome.refusal?.status == status)
    }

    @Test(arguments: [(9, nil), (10, nil), (11, 413)] as [(Int, Int?)])
    func `a body is bounded to the byte`(length: Int, status: Int?) {
        var limits = HTTPLimits()
        limits.bodyBytes = 10
        let body = String(repeating: "b", count: length)
        let sized = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n\(body)"
        #expect(Self.outcome(Array(sized.utf8), limits: limits).refusal?.status == status)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no bytes crash the parser, and pieces change nothing`(seed: UInt64) {
        var random = SplitMix(state: seed)
        let seeds =
            Self.refused.map { Array($0.0.utf8) } + [
                Array("GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
                Array((Self.head("Content-Length: 3") + "abc").utf8),
            ]
        for _ in 0..<3000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 0..<6, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
                }
            }
            let whole = Self.outcome(bytes)
            let pieces = Self.outcome(bytes, piece: Int.random(in: 1...9, using: &random))
            #expect(whole.refusal?.status == pieces.refusal?.status, "seed \(seed): \(bytes)")
            #expect(
                whole.requests.map(\.body) == pieces.requests.map(\.body),
                "seed \(seed): \(bytes)"
            )
        }
    }
}

/// A small seeded generator (SplitMix64).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
