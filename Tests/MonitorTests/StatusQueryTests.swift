import Testing

@testable import HTTP
@testable import Monitor

/// The query of a request.
struct StatusQueryTests {
    private func request(_ target: String, _ method: String = "GET") throws -> HTTPRequest {
        try HTTPServerParserTests.request("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    private func problem(_ target: String, _ method: String = "GET") throws -> String? {
        let request = try request(target, method)
        return try #require(StatusRoute.of(request)).problem(with: request.query)?.detail
    }

    @Test func `every route refuses a parameter that it does not know, by name`() throws {
        for route in StatusRoute.all {
            let path = route.path.replacing("{id}", with: "a")
            let detail = try problem("\(path)?limt=1", route.method.rawValue)
            #expect(detail?.hasPrefix("unknown parameter \"limt\": ") == true, "\(path)")
            for name in route.parameters {
                #expect(detail?.contains(name) == true, "\(path)")
                #expect(try problem("\(path)?\(name)=1", route.method.rawValue) == nil, "\(path)")
                let twice = try problem("\(path)?\(name)=1&\(name)=1", route.method.rawValue)
                let refusal = route.repeats ? nil : "\(name) is given twice; give it once"
                #expect(twice == refusal, "\(path)")
            }
        }
        #expect(
            try problem("/v1/events?since=1&lim%1bit=2", "HEAD")
                == #"unknown parameter "lim\u{1b}it": GET /v1/events takes since, limit, token, follow"#
        )
        #expect(
            try problem("/v1/reload?force=1", "POST")?.hasSuffix("POST /v1/reload takes none")
                == true
        )
    }

    @Test(arguments: [
        ("1", 1), ("0007", 7), ("1000", 1000), ("0", nil), ("1001", nil), ("-1", nil), ("+5", nil),
        ("", nil), ("5.0", nil), ("0x5", nil), ("٥", nil), ("99999999999999999999", nil),
    ])
    func `a number is digits within its range`(text: String, number: Int?) throws {
        let encoded = text.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return "%" + (digits.count == 1 ? "0" : "") + digits
        }
        let request = try request("/v1/events?limit=\(encoded.joined())")
        guard let number else {
            let error = #expect(throws: BadRequest.self) {
                try request.number("limit", in: 1...1000)
            }
            #expect(error?.detail.hasSuffix("it must be a number, 1 to 1000") == true)
            return
        }
        #expect(try request.number("limit", in: 1...1000) == number)
    }

    @Test func `a condition that is not known is answered with those that are`() {
        func detail(_ word: String) -> String? {
            let body = Array(#"{"condition":"\#(word)","reason":"r","by":"b"}"#.utf8)
            do throws(BadRequest) {
                _ = try AcknowledgeRequest(body, by: "root", at: noon)
                return nil
            } catch { return error.detail }
        }
        #expect(detail("expiring") == nil)
        #expect(detail("expirng") == #"unknown condition; did you mean "expiring"?"#)
        #expect(detail("x")?.contains("expired, rejected") == true)
    }
}
