import Alerting
import Testing

@testable import Monitor

/// Answers of VPS.org as documented, with single places changed.
private enum VPSOrgAnswer {
    static let good = """
        {
        "account": {
        "email": "john@example.com",
        "first_name": "John",
        "last_name": "Doe",
        "company_name": "Acme Inc.",
        "created_at": "2024-06-15"
        },
        "token": {
        "name": "Production Deploy Key",
        "permissions": ["servers:list", "servers:create", "servers:power", "dns:*"],
        "created_at": "2025-01-10T14:30:00Z",
        "last_used_at": "2025-02-11T08:45:12Z",
        "expires_at": null,
        "is_expired": false
        }
        }
        """

    static func replacing(_ old: String, _ new: String) -> String {
        precondition(good.contains(old))
        return good.replacing(old, with: new)
    }
}

@Suite struct ProfileAnswerTests {
    private let reader: AnswerReader
    private let now = Instant(seconds: 1_800_000_000)
    private let secret = "vps_0123456789abcdef"

    init() throws {
        reader = AnswerReader(try #require(BuiltinProviders.named("vps.org")).profile)
    }

    private func read(
        _ status: Int,
        _ body: String,
        headers: [String: String] = [:]
    ) -> Observation.Answer {
        reader.read(
            status: status,
            headers: { name in headers[name] },
            body: Array(body.utf8),
            secret: secret,
            at: now
        )
    }

    private func facts(_ body: String) throws -> Facts {
        guard case .ok(let facts) = read(200, body) else {
            Issue.record("not a good answer: \(read(200, body))")
            throw CancellationError()
        }
        return facts
    }

    @Test func `the documented answer is read whole`() throws {
        let expected = Facts(
            name: "Production Deploy Key",
            account: "john@example.com",
            holder: AccountHolder(name: "John Doe", company: "Acme Inc."),
            permissions: PermissionSet(["dns:*", "servers:create", "servers:list", "servers:power"]
            ),
            createdAt: Instant(text: "2025-01-10T14:30:00Z"),
            expiry: .never,
            lastUsedAt: Instant(text: "2025-02-11T08:45:12Z")
        )
        #expect(try facts(VPSOrgAnswer.good) == expected)
    }

    @Test(arguments: [
        ("2026-11-21T08:00:00Z", 1_795_248_000_000),
        ("2026-11-21T10:00:00+02:00", 1_795_248_000_000),
        ("2026-11-21T03:30:00.250-0430", 1_795_248_000_250),
        ("2026-11-21 08:00:00 UTC", 1_795_248_000_000),
        ("2026-11-21T08:00:00", 1_795_248_000_000),
        ("2026-11-21", 1_795_219_200_000),
    ]) func `an expiry is read in every documented form`(text: String, milliseconds: Int64) throws {
        let body = VPSOrgAnswer.replacing(#""expires_at": null"#, "\"expires_at\": \"\(text)\"")
        #expect(try facts(body).expiry == .at(Instant(milliseconds: milliseconds)))
    }

    @Test func `the empty time of Go is none`() throws {
        func expiry(_ value: String) throws -> Expiry {
            let body = VPSOrgAnswer.replacing(
                #""expires_at": null"#,
                "\"expires_at\": \(value)"
            )
            return try facts(body).expiry
        }
        #expect(try expiry("\"0001-01-01T00:00:00Z\"") == expiry("null"))
    }

    @Test func `null is never used, and no name beyond those that are read is needed`() throws {
        let body = VPSOrgAnswer.replacing(#""2025-02-11T08:45:12Z""#, "null")
            .replacing(#""first_name": "John","#, with: "")
            .replacing(#""company_name": "Acme Inc.","#, with: #""company_name": [{}],"#)
        #expect(try facts(body).lastUsedAt == nil)
        #expect(try facts(body).holder == AccountHolder(name: "Doe", company: nil))
    }

    @Test(arguments: [
        ("null", "null", "null", String?.none), ("\"\"", "\" \"", "null", nil),
        ("\"John\"", "null", "null", "John <john@example.com>"),
        ("\"John\"", "\" Doe\"", "\"Acme Inc.\"", "Acme Inc. (John Doe) <john@example.com>"),
        ("1", "null", "\"Acme Inc.\"", "Acme Inc. <john@example.com>"),
        ("{}", "\"vps_0123456789abcdef\"", "[]", nil),
    ]) func `whose the account is is told in one line, and decides nothing`(
        first: String,
        last: String,
        company: String,
        words: String?
    ) throws {
        let body = VPSOrgAnswer.replacing("\"John\"", first).replacing("\"Doe\"", with: last)
            .replacing("\"Acme Inc.\"", with: company)
        let said = try facts(body)
        #expect(said.accountWords == words ?? "john@example.com")
        #expect((said.holder == nil) == (words == nil))
        #expect(said.account == "john@example.com")
    }

    @Test func `a name that is too long is cut`() throws {
        let body = VPSOrgAnswer.replacing("Acme Inc.", String(repeating: "A", count: 5000))
        #expect(try facts(body).holder?.company?.utf8.count == 128)
    }

    private static let asDocumented: [(old: String, new: String, message: String)] = [
        (#""expires_at": null,"#, "", "/token/expires_at is missing"),
        (
            #""expires_at": null,"#, #""expires_at": "soon","#,
            """
            /token/expires_at: expected a date such as 2026-11-21T08:00:00Z,\
             found other text (4 bytes)
            """
        ),
        (
            #""expires_at": null,"#, #""expires_at": "","#,
            """
            /token/expires_at: expected a date such as 2026-11-21T08:00:00Z,\
             found other text (0 bytes)
            """
        ),
        (
            #""expires_at": null,"#, #""expires_at": "2026-02-30T00:00:00Z","#,
            """
            /token/expires_at: expected a date such as 2026-11-21T08:00:00Z,\
             found other text (20 bytes)
            """
        ),
        (
            #""expires_at": null,"#, #""expires_at": 1795248000,"#,
            "/token/expires_at: expected a date as a string, found a number"
        ),
        (
            #""expires_at": null,"#, #""expires_at": false,"#,
            "/token/expires_at: expected a date as a string, found a boolean"
        ),
        (
            #""expires_at": null,"#, #""expires_at": null, "expires_at": null,"#,
            "/token/expires_at is given twice"
        ),
        (#""last_used_at": "2025-02-11T08:45:12Z","#, "", "/token/last_used_at is missing"),
        (#""created_at": "2025-01-10T14:30:00Z","#, "", "/token/created_at is missing"),
        (#""name": "Production Deploy Key","#, "", "/token/name is missing"),
        (
            #""Production Deploy Key""#, "null", "/token/name: expected a string, found null"
        ),
        (#""email": "john@example.com","#, "", "/account/email is missing"),
        (
            #""john@example.com""#, "null", "/account/email: expected a string, found null"
        ),
        (
            #""john@example.com""#, "[]",
            "/account/email: expected a string, found an array of strings"
        ),
        (
            #""permissions": ["servers:list", "servers:create", "servers:power", "dns:*"],"#, "",
            "/token/permissions is missing"
        ),
        (
            #"["servers:list", "servers:create", "servers:power", "dns:*"]"#, #"{"a":"b"}"#,
            "/token/permissions: expected an array of strings, found an object"
        ),
        (
            #"["servers:list", "servers:create", "servers:power", "dns:*"]"#, "null",
            "/token/permissions: expected an array of strings, found null"
        ),
        (
            #"["servers:list", "servers:create", "servers:power", "dns:*"]"#, #""*:*""#,
            "/token/permissions: expected an array of strings, found a string"
        ),
        (#""servers:power""#, "3", "/token/permissions/2: expected a string"),
        (
            "\"is_expired\": false", "\"is_expired\": \"false\"",
            "/token/is_expired: expected a boolean, found a string"
        ),
        (
            "\"is_expired\": false", "\"is_expired\": null",
            "/token/is_expired: expected a boolean, found null"
        ),
        (
            #""expires_at": null,\#n"is_expired": false"#, #""expires_at": null"#,
            "/token/is_expired is missing"
        ),
        (#""token": {"#, #""tokens": {"#, "/token/is_expired is missing"),
        (
            "Production Deploy Key", "vps_0123456789abcdef",
            "/token/name contains the secret itself"
        ),
        (
            "servers:list", "x:vps_0123456789abcdef:y",
            "/token/permissions contains the secret itself"
        ),
        (
            "Production Deploy Key",
            String(repeating: "n", count: 600) + "vps_0123456789abcdef",
            "/token/name contains the secret itself"
        ),
    ]

    @Test(arguments: asDocumented)
    func `an answer that is not as documented says in what`(
        old: String,
        new: String,
        message: String
    ) {
        #expect(read(200, VPSOrgAnswer.replacing(old, new)) == .malformed(message))
    }

    @Test func `text at the bound is taken in whole, and cut beyond it`() throws {
        for (count, kept) in [(100, 300), (170, 510), (171, 510)] {
            let name = String(repeating: "钥", count: count)
            let body = VPSOrgAnswer.replacing("Production Deploy Key", name)
                .replacing(#""expires_at": null"#, with: #""expires_at": "2027-01-17""#)
            let said = try facts(body)
            #expect(said.expiry == .at(Instant(seconds: 1_800_144_000)))
            #expect(said.name?.utf8.count == kept)
            #expect(said.name?.hasSuffix("…") == (count == 171))
        }
    }

    @Test func `no text that is too long decides the verdict`() throws {
        let long = String(repeating: "n", count: 5000)
        let body = VPSOrgAnswer.replacing("Production Deploy Key", long)
            .replacing("john@example.com", with: long)
            .replacing("dns:*", with: "dns:\(long)1\", \"dns:\(long)2")
        let said = try facts(body)
        #expect(said.name?.utf8.count == 512)
        #expect(said.account?.utf8.count == 512)
        // They are compared: two that differ at the end stay two.
        #expect(said.permissions?.words.count == 5)
        #expect(said.permissions?.covers("dns:list", syntax: .resourceAction) == false)
    }

    @Test func `permissions are taken in up to 256 KiB`() throws {
        func body(_ bytes: Int) -> String {
            // 8 of 8 bytes, 511 of 512 and one of what is left.
            let words = ["servers:list", "servers:create", "servers:power"].joined().utf8.count
            var list = (0..<511).map { n in
                var digits = ""
                digits.append(padded: n, to: 4)
                return digits + String(repeating: "p", count: 508)
            }
            list.append(String(repeating: "q", count: bytes - words - 511 * 512))
            return VPSOrgAnswer.replacing("dns:*", list.joined(separator: "\", \""))
        }
        #expect(try facts(body(262_144)).permissions?.words.count == 515)
        #expect(read(200, body(262_145)) == .malformed("more than 256 KiB of permissions"))
    }

    @Test func `a byte order mark is ignored`() throws {
        #expect(try facts("\u{feff}" + VPSOrgAnswer.good) == facts(VPSOrgAnswer.good))
        #expect(read(200, "\u{feff}") == .malformed("200 OK with an empty body"))
    }

    @Test func `ten thousand permissions are read and one more is not`() throws {
        func body(_ count: Int) -> String {
            let words = (0..<count).map { "\"p:\($0)\"" }.joined(separator: ",")
            return VPSOrgAnswer.replacing(#""dns:*""#, words)
        }
        #expect(try facts(body(9997)).permissions?.words.count == 10_000)
        #expect(read(200, body(9998)) == .malformed("more than 10000 permissions (10001)"))
    }

    @Test func `an answer that says expired is a good answer that says so`() throws {
        let body = VPSOrgAnswer.replacing("\"is_expired\": false", "\"is_expired\": true")
        let said = try facts(body)
        #expect(said.saysExpired)
        #expect(said.name == "Production Deploy Key")
        guard case .ok(let withStatus) = read(401, body) else {
            Issue.record("401 that says expired is not taken for expired")
            return
        }
        #expect(withStatus == said)
    }

    @Test func `a flaw elsewhere does not hide that a token has expired`() throws {
        let body = VPSOrgAnswer.replacing("\"is_expired\": false", "\"is_expired\": true")
            .replacing(#""expires_at": null,"#, with: #""expires_at": "soon","#)
            .replacing("Production Deploy Key", with: secret)
        let said = try facts(body)
        #expect(said.saysExpired)
        #expect(said.expiry == .notTold)
        #expect(said.name == nil)
        #expect(said.account == "john@example.com")
    }

    private static let statuses: [(status: Int, body: String, answer: Observation.Answer)] = [
        (401, "", Observation.Answer.rejected("401 Unauthorized")),
        (401, "{\"detail\":\"Invalid token.\"}", .rejected("401 Unauthorized")),
        (429, "", .rateLimited("429 Too Many Requests")),
        (500, "", .serverError("500 Internal Server Error")),
        (503, "<html>", .serverError("503 Service Unavailable")),
        (599, "", .serverError("599")),
        (
            600, "",
            .malformed("600 is not an HTTP status; check for a proxy or firewall that answers")
        ),
        (
            999, "{}",
            .malformed("999 is not an HTTP status; check for a proxy or firewall that answers")
        ),
        (
            401, " \n<html><h1>401</h1>",
            .malformed(
                """
                401 Unauthorized with HTML instead of JSON (20 bytes):\
                 check the URL, and for a login page or a proxy
                """
            )
        ),
        (
            403, "",
            .malformed(
                """
                403 Forbidden does not say whether the token is valid;\
                 check for a firewall, or a blocked address
                """
            )
        ),
        (404, "", .malformed("404 Not Found: the server has nothing at this URL; check the URL")),
        (407, "", .malformed("407 Proxy Authentication Required: the proxy requires a login")),
        (204, "", .malformed("204 No Content: expected 200 OK")),
        (418, "", .malformed("418: an unexpected status")),
        (101, "", .malformed("101: an unexpected status")),
        (200, "", .malformed("200 OK with an empty body")),
        (200, " \r\n", .malformed("200 OK with an empty body")),
        (
            200, "\n<!doctype html>",
            .malformed(
                "200 OK with HTML instead of JSON (16 bytes): check the URL, and for a login page or a proxy"
            )
        ),
        (200, "{\"token\":{", .malformed("200 OK with JSON that is cut off after 10 bytes")),
        (
            200, "Invalid token",
            .malformed("200 OK with a body that is not JSON: unexpected character at byte 0")
        ),
        (
            200, "{} x",
            .malformed(
                "200 OK with a body that is not JSON: more text after the document, at byte 3"
            )
        ),
        (200, "[]", .malformed("/token/is_expired is missing")),
        (200, "null", .malformed("/token/is_expired is missing")),
        (
            200, String(repeating: "[", count: 65),
            .malformed("nested deeper than 64 levels at byte 64")
        ),
    ]

    @Test(arguments: statuses)
    func `a status or a body that is no answer says what was there`(
        status: Int,
        body: String,
        answer: Observation.Answer
    ) {
        #expect(read(status, body) == answer)
    }

    @Test func `HTML is known by its type too`() {
        let answer = read(200, "Sign in", headers: ["Content-Type": "Text/HTML; charset=utf-8"])
        #expect(
            answer
                == .malformed(
                    "200 OK with HTML instead of JSON (7 bytes): check the URL, and for a login page or a proxy"
                )
        )
    }

    @Test(arguments: [
        ("https://login.example/in?next=vps_0123456789abcdef", "login.example"),
        ("http://other.example:8080/x", "other.example:8080"),
        ("/api/v1/account/me", "another path of the same host"),
        ("https://user:vps_0123456789abcdef@x/", "an address that cannot be read"),
    ]) func `a redirect is named by its host and not followed`(location: String, host: String) {
        #expect(
            read(301, "", headers: ["Location": location])
                == .malformed(
                    "301 Moved Permanently: redirects to \(host) are not followed; check the URL"
                )
        )
    }

    @Test func `who asks for a password is not the provider`() {
        let challenge = { (value: String) in
            self.read(401, "{}", headers: ["WWW-Authenticate": value])
        }
        let stranger = Observation.Answer.malformed(
            """
            401 Unauthorized with a Basic challenge: check the URL,\
             and for a proxy
            """
        )
        #expect(challenge("Basic realm=\"staff\"") == stranger)
        #expect(challenge("basic") == stranger)
        #expect(challenge("Negotiate, NTLM, Basic realm=\"staff\"") == stranger)
        for value in ["Bearer", "Token realm=\"api\"", "Basic realm=\"x\", Bearer"] {
            #expect(challenge(value) == .rejected("401 Unauthorized"))
        }
    }

    @Test(arguments: [403, 429]) func `a quota that is used up is no verdict`(status: Int) {
        let headers = ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000090"]
        let text = status == 403 ? "403 Forbidden" : "429 Too Many Requests"
        #expect(
            read(status, "{}", headers: headers)
                == .rateLimited("\(text), retry after 90 s")
        )
    }

    @Test func `a quota that is used up is no verdict where 403 usually is one`() {
        var profile = reader.profile
        profile.deadStatus = [401, 403]
        let reader = AnswerReader(profile)
        let headers = ["x-ratelimit-remaining": "0"]
        func answer(_ headers: [String: String]) -> Observation.Answer {
            reader.read(
                status: 403,
                headers: { headers[$0] },
                body: [],
                secret: secret,
                at: now
            )
        }
        #expect(answer(headers) == .rateLimited("403 Forbidden"))
        #expect(answer([:]) == .rejected("403 Forbidden"))
    }

    @Test func `a gzip body that nothing names is called one`() {
        let answer = reader.read(
            status: 200,
            headers: { _ in nil },
            body: [0x1f, 0x8b, 8, 0],
            secret: secret,
            at: now
        )
        #expect(answer == .malformed("200 OK with a gzip body that no Content-Encoding names"))
    }

    @Test func `a wait that is asked for is said`() {
        #expect(
            read(429, "", headers: ["Retry-After": "120"])
                == .rateLimited("429 Too Many Requests, retry after 120 s")
        )
    }

    @Test func `no message repeats the secret, wherever the answer has it`() {
        let places = [
            "Production Deploy Key", "john@example.com", "servers:list", "2025-01-10T14:30:00Z",
            "\"is_expired\": false", "2025-02-11T08:45:12Z",
        ]
        for place in places {
            let answer = read(200, VPSOrgAnswer.replacing(place, secret))
            guard case .malformed(let message) = answer else {
                Issue.record("taken in: \(answer)")
                continue
            }
            #expect(!message.contains(secret))
        }
    }
}
