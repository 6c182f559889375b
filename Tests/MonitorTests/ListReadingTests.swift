import Alerting
import Testing

@testable import HTTP
@testable import Monitor

@Suite struct ListReadingTests {
    private typealias Paper = ListOnPaper

    private static let usual =
        #"rows = "", id = "/id", fields = { name = "/name", expires = { from = "/end", absent = "never" } }"#

    @Test func `an answer without a next page is the whole list`() throws {
        var list = try Paper(Self.usual)
        try list.answer(
            #"""
            [{"id":1,"name":"ci","end":"2027-01-31"},{"id":"b","name":"x","end":null}]
            """#
        )
        let end = try #require(list.end)
        #expect(end.answer == .ok(Facts()))
        let listing = try #require(end.listing)
        #expect(listing.isWhole)
        #expect(listing.reason == nil)
        let january = try #require(Instant(text: "2027-01-31"))
        #expect(
            listing.tokens == [
                ListedToken(id: "1", facts: Facts(name: "ci", expiry: .at(january))),
                ListedToken(id: "b", facts: Facts(name: "x", expiry: .never)),
            ]
        )
    }

    @Test func `an empty list is whole`() throws {
        for next in ["", #", next = "link""#, #", next = { page = "p" }"#, #", next = "/n""#] {
            var list = try Paper(#"rows = "/t", id = "/id""# + next)
            try list.answer(#"{"t":[]}"#)
            #expect(list.end?.listing?.isWhole == true, "\(next)")
            #expect(list.requested.count == 1)
        }
    }

    @Test func `the header Link leads to the next page`() throws {
        var list = try Paper(Self.usual + #", next = "link""#)
        try list.answer(
            Paper.rows(1...2),
            headers: [
                #"Link: <https://api.example/tokens?page=1>; rel="first""#,
                #"Link: <https://api.example/tokens?page=2&x=a,b>; title="a, b"; rel="prev next""#,
            ]
        )
        try list.answer(Paper.rows(3...3), headers: [#"Link: </tokens?page=1>; rel="first""#])
        #expect(
            list.requested == [
                "https://api.example/tokens", "https://api.example/tokens?page=2&x=a,b",
            ]
        )
        #expect(list.ids == ["1", "2", "3"])
        #expect(list.end?.listing?.isWhole == true)
    }

    @Test(arguments: [
        ("https://API.example:443/t?after=7", "https://api.example/t?after=7"),
        ("/t?after=7#x", "https://api.example/t?after=7"),
        ("?after=7", "https://api.example/tokens?after=7"),
    ]) func `a URL in the answer leads to the next page`(next: String, url: String) throws {
        var list = try Paper(
            #"rows = "/d", id = "/id", next = "/links/next""#,
            url: "{base}/tokens?n=2"
        )
        try list.answer(#"{"d":\#(Paper.rows(1...2)),"links":{"next":"\#(next)"}}"#)
        try list.answer(#"{"d":\#(Paper.rows(3...3)),"links":{"next":null}}"#)
        #expect(list.requested == ["https://api.example/tokens?n=2", url])
        #expect(list.ids == ["1", "2", "3"])
    }

    @Test(arguments: [
        "https://api.example.evil/t", "https://evil@api.example/t", "https://api.example:8443/t",
        "http://api.example/t", "//evil.example/t", "https:evil.example", "t?page=2",
        "https://evil.example\\\\@api.example/", "javascript:x", "/a b",
    ]) func `no answer leads to another host`(next: String) throws {
        var list = try Paper(#"rows = "/d", id = "/id", next = "/next""#)
        try list.answer(#"{"d":\#(Paper.rows(1...2)),"next":"\#(next)"}"#)
        #expect(list.requested.count == 1)
        let listing = try #require(list.end?.listing)
        #expect(list.end?.answer.error?.contains("next page") == true)
        #expect(!listing.isWhole)
        #expect(listing.reason == list.end?.answer.error)
        #expect(list.ids == ["1", "2"])
    }

    @Test func `a next page without TLS is named`() throws {
        var list = try Paper(#"rows = "/d", id = "/id", next = "/next""#)
        try list.answer(#"{"d":\#(Paper.rows(1...2)),"next":"http://other.example/t?a=b"}"#)
        #expect(
            list.end?.answer.error?.contains(
                "the next page is at http://other.example, not at https://api.example"
            ) == true
        )
    }

    @Test func `ids are compared by their bytes`() throws {
        var list = try Paper(#"rows = "", id = "/id""#)
        try list.answer(#"[{"id":"caf\u00e9"},{"id":"cafe\u0301"},{"id":"caf\u00e9"}]"#)
        #expect(list.ids.count == 2)
        #expect(Set(list.ids.map { Array($0.utf8) }).count == 2)
    }

    @Test func `of two rows with one id the sooner expiry counts`() throws {
        var list = try Paper(
            #"rows = "", id = "/id", fields = { expires = { from = "/end", absent = "never" } }"#
        )
        try list.answer(
            #"[{"id":1,"end":"2027-03-01"},{"id":1,"end":"2027-01-31"},{"id":1},{"id":1,"end":"2027-02-01"}]"#
        )
        let tokens = try #require(list.end?.listing?.tokens)
        let january = try #require(Instant(text: "2027-01-31"))
        #expect(tokens.map(\.facts.expiry) == [.at(january)])
    }

    @Test func `a cursor is sent as a query parameter`() throws {
        var list = try Paper(
            #"rows = "/d", id = "/id", next = { cursor = "/next", parameter = "after[id]" }"#
        )
        try list.answer(#"{"d":\#(Paper.rows(1...1)),"next":"a&b=/ü"}"#)
        try list.answer(#"{"d":\#(Paper.rows(2...2)),"next":3}"#)
        try list.answer(#"{"d":\#(Paper.rows(3...3)),"next":""}"#)
        #expect(
            list.requested == [
                "https://api.example/tokens",
                "https://api.example/tokens?after%5Bid%5D=a%26b%3D%2F%C3%BC",
                "https://api.example/tokens?after%5Bid%5D=3",
            ]
        )
        #expect(list.ids == ["1", "2", "3"])
    }

    @Test func `a cursor may stand in a header`() throws {
        var list = try Paper(
            Self.usual + #", next = { cursor = "header:x-next-page", parameter = "page" }"#,
            url: "{base}/tokens?per_page=1"
        )
        try list.answer(Paper.rows(1...1), headers: ["X-Next-Page: 2"])
        try list.answer(Paper.rows(2...2), headers: ["X-Next-Page: "])
        #expect(list.requested.last == "https://api.example/tokens?per_page=1&page=2")
        #expect(list.ids == ["1", "2"])
    }

    @Test(arguments: [0, 1])
    func `pages are counted until one has no rows`(first: Int) throws {
        var list = try Paper(Self.usual + ", next = { page = \"p\", first = \(first) }")
        try list.answer(Paper.rows(1...2))
        try list.answer(Paper.rows(3...3))
        try list.answer("[]")
        #expect(
            list.requested == [
                "https://api.example/tokens", "https://api.example/tokens?p=\(first + 1)",
                "https://api.example/tokens?p=\(first + 2)",
            ]
        )
        #expect(list.ids == ["1", "2", "3"])
        #expect(list.end?.listing?.isWhole == true)
    }

    @Test func `rows that move to the following page count once`() throws {
        var list = try Paper(Self.usual + #", next = { page = "p" }"#)
        try list.answer(Paper.rows(1...3))
        try list.answer(Paper.rows(3...5))
        try list.answer("[]")
        #expect(list.ids == ["1", "2", "3", "4", "5"])
        #expect(list.end?.listing?.isWhole == true)
    }

    @Test func `a provider that repeats a page is not read forever`() throws {
        var list = try Paper(Self.usual + #", next = { page = "p" }"#)
        try list.answer(Paper.rows(1...2))
        try list.answer(Paper.rows(1...2))
        let problem = "page 2 of the list: it repeats the rows of earlier pages"
        #expect(list.end?.answer == .malformed(problem))
        #expect(list.end?.listing?.reason == problem)

        var same = try Paper(#"rows = "/d", id = "/id", next = "/next""#)
        try same.answer(#"{"d":[],"next":"/tokens"}"#)
        #expect(same.end?.answer == .malformed("the next page is the same page"))
    }

    @Test(arguments: [
        (503, "503 Service Unavailable"), (429, "429 Too Many Requests"), (401, "401 Unauthorized"),
    ]) func `a page that fails leaves a part of the list`(status: Int, words: String) throws {
        var list = try Paper(Self.usual + #", next = { page = "p" }"#)
        try list.answer(Paper.rows(1...2))
        try list.answer(status, "{}")
        let end = try #require(list.end)
        #expect(end.answer.error?.hasPrefix("page 2 of the list: \(words)") == true)
        #expect((status == 401) == (end.answer.error == "page 2 of the list: 401 Unauthorized"))
        #expect(list.ids == ["1", "2"])
        #expect(end.listing?.isWhole == false)
        #expect(end.listing?.reason == end.answer.error)
    }

    @Test func `a connection that breaks leaves a part of the list`() throws {
        var list = try Paper(Self.usual + #", next = { page = "p" }"#)
        try list.answer(Paper.rows(1...2))
        list.take(.failure(HTTPFailure(kind: .timeout, message: "no answer for 15 s")))
        #expect(list.end?.answer == .unreachable("page 2 of the list: no answer for 15 s"))
        #expect(list.end?.listing?.isWhole == false)
        #expect(list.ids == ["1", "2"])
    }

    @Test func `a first page that fails is no list`() throws {
        var list = try Paper(Self.usual)
        try list.answer(401, "{}")
        #expect(list.end?.answer == .rejected("401 Unauthorized"))
        #expect(list.end?.listing == nil)
    }

    @Test func `an expired token that lists is no list`() throws {
        var list = try Paper(Self.usual, more: #"expired_text = ["token has ended"]"#)
        try list.answer(401, #"{"error":"token has ended"}"#)
        #expect(list.end?.answer == .ok(Facts(saysExpired: true)))
        #expect(list.end?.listing == nil)
    }

    @Test func `a token that lives and may not list is reported`() throws {
        var list = try Paper(Self.usual, more: #"live_text = ["insufficient_scope"]"#)
        try list.answer(403, #"{"error":"insufficient_scope"}"#)
        #expect(
            list.end?.answer
                == .malformed("403 Forbidden: the token is live but may not list tokens")
        )
        #expect(list.end?.listing == nil)
    }

    @Test(arguments: [
        (#"{"message":"hello"}"#, "the body is not an array"),
        (#"["a","b"]"#, "the body: expected an array of objects, found other elements"),
        (#"[{"id":1},null]"#, "the body: expected an array of objects, found other elements"),
    ]) func `what is not a list is not an empty list`(body: String, problem: String) throws {
        var list = try Paper(Self.usual)
        try list.answer(body)
        #expect(list.end?.answer == .malformed(problem))
        #expect(list.end?.listing?.isWhole == false)
    }

    @Test func `HTML in place of a list is malformed`() throws {
        var list = try Paper(Self.usual)
        try list.answer("<html>maintenance</html>", headers: ["Content-Type: text/html"])
        guard case .malformed = list.end?.answer else {
            Issue.record("\(String(describing: list.end?.answer))")
            return
        }
        #expect(list.end?.listing == nil)
    }

    @Test(arguments: [
        (#"{"id":3,"name":"x","end":"soon"}"#, "row 2: 3: /end: expected a date"),
        (#"{"id":3}"#, "row 2: 3: /name is missing"),
        (#"{"name":"x"}"#, "row 2: /id is missing"),
        (#"{"id":true,"name":"x"}"#, "row 2: /id: expected a string or an integer"),
        (#"{"id":"","name":"x"}"#, "row 2: /id: expected 1 to 200 bytes"),
        (#"{"id":"a\u0007","name":"x"}"#, "row 2: /id: expected 1 to 200 bytes"),
        (#"{"id":"admin-0123456789abcdef","name":"x"}"#, "row 2: /id contains the secret itself"),
        (
            #"{"id":3,"name":"of admin-0123456789abcdef"}"#,
            "row 2: 3: /name contains the secret itself"
        ),
        (#"{"id":3,"id":4,"name":"x"}"#, "row 2: "),
    ]) func `a row that cannot be read fails the poll, and the others count`(
        row: String,
        problem: String
    ) throws {
        var list = try Paper(Self.usual)
        try list.answer(#"[{"id":1,"name":"a"},\#(row),{"id":9,"name":"b"}]"#)
        #expect(list.ids == ["1", "9"])
        let error = try #require(list.end?.answer.error)
        #expect(error.hasPrefix(problem), "\(error)")
        let listing = try #require(list.end?.listing)
        // One without an id may be any token.
        #expect(listing.isWhole == problem.hasPrefix("row 2: 3: "))
        #expect(listing.unreadable == (listing.isWhole ? ["3"] : []))
        #expect(!error.contains(Paper.secret))
    }

    @Test func `the first row that cannot be read is named, and the others are counted`() throws {
        var list = try Paper(Self.usual)
        try list.answer(#"[{"id":1},{"id":2},{"id":3}]"#)
        #expect(list.end?.answer == .malformed("row 1: 1: /name is missing, and 2 more rows"))
        #expect(list.end?.listing?.unreadable == ["1", "2", "3"])
    }

    @Test func `a page that failed can be read again`() throws {
        var list = try Paper(Self.usual + #", next = "link""#)
        let next = #"Link: <https://api.example/tokens?page=2>; rel="next""#
        try list.answer(Paper.rows(1...2), headers: [next])
        try list.answer(429, "slow down")
        #expect(list.end?.listing?.isWhole == false && list.ids == ["1", "2"])
        try list.answerAgain(Paper.rows(3...3))
        #expect(list.ids == ["1", "2", "3"] && list.end?.listing?.isWhole == true)
        #expect(list.requested.count == 2)
    }

    @Test func `an id has at most 200 bytes`() throws {
        var list = try Paper(#"rows = "", id = "/id""#)
        let longest = String(repeating: "a", count: 200)
        try list.answer(#"[{"id":"\#(longest)"},{"id":"\#(longest)a"}]"#)
        #expect(list.ids == [longest])
        #expect(list.end?.listing?.isWhole == false)
    }

    @Test func `rows are skipped or expired by what they hold`() throws {
        var list = try Paper(
            Self.usual
                + #", skip_if = { "/revoked" = [true] }, expired_if = { "/state" = ["expired"] }"#
        )
        try list.answer(
            #"""
            [{"id":1,"name":"a","revoked":false,"state":"active"},
             {"id":2,"revoked":true},
             {"id":3,"name":"c","state":"expired"}]
            """#
        )
        #expect(list.ids == ["1", "3"])
        #expect(list.end?.listing?.tokens.map(\.facts.saysExpired) == [false, true])
        #expect(list.end?.listing?.isWhole == true)
    }

    @Test func `a page of skipped rows does not end the list`() throws {
        var list = try Paper(
            Self.usual + #", skip_if = { "/revoked" = [true] }, next = { page = "p" }"#
        )
        try list.answer(#"[{"id":1,"revoked":true}]"#)
        try list.answer(Paper.rows(2...2))
        try list.answer("[]")
        #expect(list.ids == ["2"])
        #expect(list.end?.listing?.isWhole == true)
    }

    @Test(arguments: [2, 3, 4])
    func `a list with more rows than its limit is cut`(count: Int) throws {
        var list = try Paper(Self.usual + ", limits = { rows = 3 }")
        try list.answer(Paper.rows(1...count))
        #expect(list.ids.count == min(count, 3))
        #expect(list.end?.listing?.isWhole == (count <= 3))
        #expect(
            list.end?.answer.error
                == (count <= 3
                    ? nil
                    : "the list has more than 3 rows; raise list.limits.rows, or list fewer tokens")
        )
    }

    @Test(arguments: [2, 3])
    func `a list with more pages than its limit is cut`(pages: Int) throws {
        var list = try Paper(
            #"rows = "/d", id = "/id", next = "/next", limits = { pages = 2 }"#
        )
        for page in 1...pages where list.end == nil {
            let next = page < pages ? #""/tokens?p=\#(page)""# : "null"
            try list.answer(#"{"d":\#(Paper.rows(page...page)),"next":\#(next)}"#)
        }
        #expect(list.ids == ["1", "2"])
        #expect(list.end?.listing?.isWhole == (pages == 2))
        #expect(list.requested.count == 2)
    }

    @Test func `what a header reports about the token that lists is its own`() throws {
        var list = try Paper(
            Self.usual,
            more: #"expires = { from = "header:token-ends", absent = "never" }"#
        )
        try list.answer(Paper.rows(1...1), headers: ["Token-Ends: 2027-01-31"])
        let january = try #require(Instant(text: "2027-01-31"))
        #expect(list.end?.answer == .ok(Facts(expiry: .at(january))))
    }

    @Test(arguments: [
        ("/t?p=2", "https://api.example/root/t?p=2"),
        ("/root/t?p=2", "https://api.example/root/t?p=2"),
        ("/rooted", "https://api.example/root/rooted"),
        ("https://api.example/other/t", "https://api.example/other/t"),
    ]) func `a path is below the provider's base, whether or not it has its path`(
        reference: String,
        url: String
    ) throws {
        let address = try #require(
            PageAddress(of: "https://api.example/root/t?n=1", below: "/root")
        )
        #expect(try address.resolve(reference, from: "https://api.example/root/t") == url)
    }
}
