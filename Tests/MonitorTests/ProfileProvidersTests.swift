import Alerting
import Testing

@testable import Formats
@testable import Monitor

/// Profiles of other providers, as an operator would write them, and answers as documented.
@Suite struct ProfileProvidersTests {
    private let now = Instant(milliseconds: 1_800_000_000_123)

    private func reader(_ toml: String) throws -> AnswerReader {
        var problems: [ProfileProblem] = []
        let document = TOML.parse(Array(toml.utf8))
        #expect(document.errors.isEmpty)
        let profile = Profile(name: "x", table: document.root, problems: &problems)
        #expect(problems.isEmpty)
        return AnswerReader(try #require(profile))
    }

    private func read(
        _ toml: String,
        _ status: Int,
        _ body: String,
        headers: [String: String] = [:],
        secret: String = "0123456789abcdef"
    ) throws -> Observation.Answer {
        try reader(toml).read(
            status: status,
            headers: { headers[$0] },
            body: Array(body.utf8),
            secret: secret,
            at: now
        )
    }

    private static func asking(_ toml: String) -> String {
        "url = \"https://a.example/\"\nheaders = { A = \"{secret}\" }\n" + toml
    }

    @Test func `VPSBG tells that a key lives and nothing else`() throws {
        let reader = AnswerReader(try #require(BuiltinProviders.named("vpsbg")).profile)
        func read(_ status: Int, _ body: String) -> Observation.Answer {
            reader.read(
                status: status,
                headers: { _ in nil },
                body: Array(body.utf8),
                secret: "s",
                at: now
            )
        }
        #expect(read(200, #"{"data":[]}"#) == .ok(Facts()))
        #expect(read(200, "[]") == .ok(Facts()))
        #expect(read(200, "{}") == .malformed("/data is missing"))
        #expect(read(401, "{}") == .rejected("401 Unauthorized"))
        #expect(read(200, "<html>").outcomeIsMalformed)
        #expect(!reader.profile.tells.expiry)
    }

    @Test func `GitLab's dead token is known from its answer`() throws {
        let toml = Self.asking(
            #"""
            dead_if = { "/revoked" = [true], "/active" = [false] }
            expires = "/expires_at"
            permissions = "/scopes"
            """#
        )
        let live = #"{"revoked":false,"active":true,"expires_at":"2027-01-31","scopes":["api"]}"#
        #expect(
            try read(toml, 200, live)
                == .ok(
                    Facts(
                        permissions: PermissionSet(["api"]),
                        expiry: .at(try #require(Instant(text: "2027-01-31T00:00:00Z")))
                    )
                )
        )
        let dead = #"{"revoked":false,"active":false,"expires_at":null,"scopes":[]}"#
        #expect(try read(toml, 200, dead) == .rejected("200 OK with /active false"))
    }

    @Test func `GitHub's headers tell, and an absent one is what its profile says`() throws {
        let toml = Self.asking(
            #"""
            expires = { from = "header:github-authentication-token-expiration", absent = "never" }
            permissions = { from = "header:x-oauth-scopes", split = ", ", absent = "not_told" }
            account = "/login"
            """#
        )
        let headers = [
            "github-authentication-token-expiration": "2021-09-03 14:34:04 +0200",
            "x-oauth-scopes": "repo, read:org",
        ]
        #expect(
            try read(toml, 200, #"{"login":"octocat"}"#, headers: headers)
                == .ok(
                    Facts(
                        account: "octocat",
                        permissions: PermissionSet(["repo", "read:org"]),
                        expiry: .at(try #require(Instant(text: "2021-09-03T12:34:04Z")))
                    )
                )
        )
        #expect(
            try read(toml, 200, #"{"login":"octocat"}"#)
                == .ok(Facts(account: "octocat", expiry: .never))
        )
    }

    @Test func `Vercel's 403 is dead only where its body says so`() throws {
        let toml = Self.asking(
            #"""
            dead_status = []
            dead_if = { "/error/invalidToken" = [true] }
            expires = { from = "/token/expiresAt", as = "unix_ms", absent = "never" }
            permissions = { from = "/token/scopes", each = "/type" }
            """#
        )
        #expect(
            try read(toml, 403, #"{"error":{"invalidToken":true}}"#)
                == .rejected("403 Forbidden with /error/invalidToken true")
        )
        #expect(try read(toml, 403, #"{"error":{"code":"x"}}"#).outcomeIsMalformed)
        #expect(try read(toml, 401, "{}").outcomeIsMalformed)
        #expect(
            try read(
                toml,
                200,
                #"{"token":{"expiresAt":1795248000250,"scopes":[{"type":"user"},{"type":"team"}]}}"#
            )
                == .ok(
                    Facts(
                        permissions: PermissionSet(["user", "team"]),
                        expiry: .at(Instant(milliseconds: 1_795_248_000_250))
                    )
                )
        )
        #expect(
            try read(toml, 200, #"{"token":{"scopes":[{"type":"user"},{}]}}"#)
                == .malformed("/token/scopes/1/type: expected a string")
        )
    }

    @Test func `a live_if that is unmet cannot tell`() throws {
        let toml = Self.asking("live_if = { \"/ok\" = [true] }")
        #expect(try read(toml, 200, #"{"ok":true}"#) == .ok(Facts()))
        #expect(
            try read(toml, 200, #"{"ok":false}"#)
                == .malformed("/ok: expected true, found false")
        )
        #expect(
            try read(toml, 200, #"{"ok":"0123456789abcdef"}"#)
                == .malformed("/ok: expected true, found a string")
        )
        #expect(try read(toml, 200, "{}") == .malformed("/ok is missing"))
    }

    @Test func `a dead status counts with one of its texts, in the head of the body`() throws {
        let toml = Self.asking(
            "dead_status = [401, 403]\ndead_text = [\"token gone\", \"expired\"]"
        )
        let dead = Observation.Answer.rejected("403 Forbidden with \"token gone\"")
        #expect(try read(toml, 403, "rpc error: token gone\n") == dead)
        #expect(
            try read(toml, 401, #"{"error":"expired"}"#)
                == .rejected("401 Unauthorized with \"expired\"")
        )
        #expect(try read(toml, 403, "Token gone").outcomeIsMalformed)
        #expect(try read(toml, 401, "").outcomeIsMalformed)
        #expect(try read(toml, 404, "token gone").outcomeIsMalformed)
        let filler = String(repeating: " ", count: (64 << 10) - 10)
        #expect(try read(toml, 403, filler + "token gone") == dead)
        #expect(try read(toml, 403, filler + " token gone").outcomeIsMalformed)
    }

    @Test func `the words of an error decide, whatever its status`() throws {
        let toml = Self.asking(
            #"""
            dead_status = [403, 500]
            dead_text = ["token gone"]
            expired_text = ["has expired"]
            limited_text = ["slow down"]
            live_text = ["missing scope"]
            undecided_text = ["not bootstrapped: token gone"]
            limited_if = { "/code" = [88] }
            """#
        )
        #expect(
            try read(toml, 500, "token gone")
                == .rejected("500 Internal Server Error with \"token gone\"")
        )
        #expect(try read(toml, 400, "it has expired") == .ok(Facts(saysExpired: true)))
        #expect(try read(toml, 503, "it has expired") == .ok(Facts(saysExpired: true)))
        #expect(try read(toml, 403, "missing scope x") == .ok(Facts()))
        #expect(try read(toml, 502, "missing scope") == .serverError("502 Bad Gateway"))
        #expect(
            try read(toml, 400, "slow down", headers: ["Retry-After": "9"])
                == .rateLimited("400 Bad Request with \"slow down\", retry after 9 s")
        )
        #expect(
            try read(toml, 200, #"{"code":88}"#) == .rateLimited("200 OK with /code 88")
        )
        #expect(try read(toml, 403, "not bootstrapped: token gone").outcomeIsMalformed)
        #expect(try read(toml, 200, #"{"a":"has expired"}"#) == .ok(Facts()))
    }

    @Test func `one of several live_if is enough, and a list is any array`() throws {
        let toml = Self.asking(
            "live_if = [{ \"/data\" = \"present\", \"/ok\" = [true] }, { \"\" = \"list\" }]"
        )
        for body in [#"{"data":1,"ok":true}"#, "[]", "[1]", #"["a"]"#] {
            #expect(try read(toml, 200, body) == .ok(Facts()), "\(body)")
        }
        #expect(
            try read(toml, 200, #"{"data":1,"ok":false}"#)
                == .malformed("/ok: expected true, found false")
        )
        #expect(try read(toml, 200, "1") == .malformed("/data is missing"))
    }

    @Test func `an answer with another good status is read, and may be empty`() throws {
        let toml = Self.asking("live_status = [200, 201, 204]")
        #expect(try read(toml, 201, "{}") == .ok(Facts()))
        #expect(try read(toml, 204, "") == .ok(Facts()))
        #expect(try read(toml, 202, "{}").outcomeIsMalformed)
        #expect(try read(toml, 200, "").outcomeIsMalformed)
        let reading = Self.asking("live_status = [201]\nname = \"/n\"")
        #expect(try read(reading, 201, #"{"n":"x"}"#) == .ok(Facts(name: "x")))
        #expect(try read(reading, 201, "").outcomeIsMalformed)
        #expect(try read(reading, 200, #"{"n":"x"}"#).outcomeIsMalformed)
    }

    @Test(arguments: [
        "0", "0.0", "0e0", "-0", "\"0\"", "\"0.0\"", "[{\"t\":\"0.0\"}]",
    ])
    func `a whole number means never, however it is written`(zero: String) throws {
        let each = zero.hasPrefix("[") ? ", each = \"/t\"" : ""
        let toml = Self.asking(
            "expires = { from = \"/e\", as = \"unix\", never = [0]\(each) }"
        )
        #expect(try read(toml, 200, "{\"e\":\(zero)}") == .ok(Facts(expiry: .never)))
    }

    @Test func `a time beyond never_after is no expiry`() throws {
        let toml = Self.asking("expires = { from = \"/e\", as = \"unix\", never_after = \"1d\" }")
        let day: Int64 = 1_800_086_400
        #expect(
            try read(toml, 200, "{\"e\":\(day)}")
                == .ok(Facts(expiry: .at(Instant(seconds: day))))
        )
        #expect(try read(toml, 200, "{\"e\":\(day + 1)}") == .ok(Facts(expiry: .never)))
    }

    @Test func `the token's own entry of a list is read, and no other`() throws {
        var problems: [ProfileProblem] = []
        let document = TOML.parse(
            Array(
                Self.asking(
                    #"""
                    variables = ["id"]
                    row = { in = "/a/tokens", where = { "/id" = "{id}", "/t" = "{secret_start4}...{secret_end4}" } }
                    dead_if = { "/revoked" = [true], "/code" = [7] }
                    expires = { from = "/e", as = "unix", never = [-1] }
                    name = "/n"
                    """#
                ).utf8
            )
        )
        let profile = try #require(Profile(name: "x", table: document.root, problems: &problems))
        let reader = AnswerReader(profile, variables: ["id": "17"])
        func read(_ body: String, _ status: Int = 200) -> Observation.Answer {
            reader.read(
                status: status,
                headers: { _ in nil },
                body: Array(body.utf8),
                secret: "0123456789abcdef",
                at: now
            )
        }
        func list(_ rows: String) -> String { #"{"a":{"x":[1],"tokens":["# + rows + "]}}" }
        let other = #"{"id":16,"t":"0123...cdef","e":1,"n":"other"}"#
        let own = #"{"n":"own","e":-1,"t":"0123...cdef","id":17}"#
        #expect(read(list("\(other),\(own),3")) == .ok(Facts(name: "own", expiry: .never)))
        let masked = #"{"n":"own","e":-1,"t":"9123...cdef","id":"17"}"#
        let none = Observation.Answer.malformed("no entry of /a/tokens is the token's own")
        #expect(read(list("\(other),\(masked)")) == none)
        #expect(read(list("")) == none)
        #expect(
            read(list("\(own),\(own)"))
                == .malformed("more than one entry of /a/tokens is the token's own")
        )
        let revoked = #"{"id":"17","t":"0123...cdef","revoked":true}"#
        #expect(read(list(revoked)) == .rejected("200 OK with /revoked true"))
        // In an error the places are those of the body.
        #expect(read(#"{"code":7}"#, 403) == .rejected("403 Forbidden with /code 7"))
        #expect(read(#"{"code":7}"#) == .malformed("/a/tokens is no array"))
        #expect(read("{") == .malformed("200 OK with JSON that is cut off after 1 bytes"))
        #expect(read(list(own) + "x").outcomeIsMalformed)
        // A profile that is tried has no values for its variables.
        let tried = AnswerReader(profile).read(
            status: 200,
            headers: { _ in nil },
            body: Array(list(own).utf8),
            secret: "0123456789abcdef",
            at: now
        )
        #expect(tried == .ok(Facts(name: "own", expiry: .never)))
    }

    @Test func `Basic credentials are made of the token's own parts`() throws {
        var problems: [ProfileProblem] = []
        let document = TOML.parse(
            Array(
                #"""
                url = "https://a.example/"
                variables = ["user"]
                basic = "{user}:{secret}"
                """#.utf8
            )
        )
        let profile = try #require(Profile(name: "x", table: document.root, problems: &problems))
        let request = try RequestTemplate(profile, variables: ["user": "Aladdin"])
            .request(secret: "open sesame")
        // RFC 7617 §2
        #expect(request.headers.map(\.name) == ["Authorization"])
        #expect(request.headers.first?.value == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    }

    @Test func `a secret of another kind is not sent`() throws {
        let profile = try #require(BuiltinProviders.named("cloudflare")).profile
        let access = try ProviderAccess(
            profile,
            base: nil,
            variables: [:],
            interval: .seconds(60)
        )
        let reader = SecretReader(environment: [:], for: .service)
        let foreign = try Secret(validating: "cfat_0123456789".utf8)
        #expect(
            throws: SecretFileError(
                "begins with cfat_ and was not sent: it is the token of an account; use provider ="
                    + " \"cloudflare-account\""
            )
        ) { try access.request(secret: foreign, reader) }
        let own = try Secret(validating: "cfut_0123456789".utf8)
        #expect(try access.request(secret: own, reader)?.host == "api.cloudflare.com")
    }

    @Test func `a place that has to be present is there, and not null`() throws {
        let toml = Self.asking("live_if = { \"/data\" = \"present\" }")
        for body in ["[]", "{}", "0", "false", "\"\"", "[{}]"] {
            #expect(try read(toml, 200, "{\"data\":\(body)}") == .ok(Facts()), "\(body)")
        }
        #expect(
            try read(toml, 200, #"{"data":null}"#)
                == .malformed("/data: expected a value, found null")
        )
        #expect(try read(toml, 200, "{}") == .malformed("/data is missing"))
    }

    @Test func `parts that are skipped count for nothing, and all of them for not told`() throws {
        let toml = Self.asking(
            #"""
            permissions = [
                { from = "/scope", split = " ", absent = "skip" },
                { from = "/scp", split = " ", absent = "skip" },
            ]
            """#
        )
        func permissions(_ body: String) throws -> PermissionSet? {
            guard case .ok(let facts) = try read(toml, 200, body) else { return nil }
            return facts.permissions
        }
        #expect(try permissions(#"{"scope":"a b"}"#) == PermissionSet(["a", "b"]))
        #expect(try permissions(#"{"scp":["a","b c"]}"#) == PermissionSet(["a", "b c"]))
        #expect(try permissions(#"{"scope":"a","scp":"b"}"#) == PermissionSet(["a", "b"]))
        #expect(try permissions(#"{"scope":""}"#) == PermissionSet([]))
        #expect(try permissions("{}") == nil)
        #expect(try read(toml, 200, "{}") == .ok(Facts()))
    }

    @Test func `the secrets of who asks go into their places, and the token's into its own`()
        throws
    {
        var problems: [ProfileProblem] = []
        let document = TOML.parse(
            Array(
                #"""
                url = "https://a.example/"
                method = "POST"
                secrets = ["client"]
                headers = { Authorization = "{client}", Content-Type = "application/json" }
                body = '{"t":"{secret}","c":"{client}"}'
                """#.utf8
            )
        )
        let profile = try #require(
            Profile(name: "x", table: document.root, problems: &problems)
        )
        let request = try RequestTemplate(profile)
            .request(secret: "mine", others: ["client": "Basic \"x\""])
        #expect(request.headers.first?.value == "Basic \"x\"")
        #expect(
            request.body.map { String(decoding: $0, as: UTF8.self) }
                == #"{"t":"mine","c":"Basic \"x\""}"#
        )
        // One that is not given is empty, and never another secret.
        let without = try RequestTemplate(profile).request(secret: "mine")
        #expect(without.headers.first?.value == "")
    }

    @Test func `several sources are one set, and one that is not told leaves none`() throws {
        let toml = Self.asking(
            #"""
            permissions = [
                { from = "/p", absent = "empty", null = "not_told" },
                { from = "/q", split = " ,", absent = "empty" },
            ]
            """#
        )
        func permissions(_ body: String) throws -> PermissionSet? {
            guard case .ok(let facts) = try read(toml, 200, body) else { return nil }
            return facts.permissions
        }
        #expect(try permissions(#"{"p":["a"],"q":"b, c  a"}"#) == PermissionSet(["a", "b", "c"]))
        #expect(try permissions(#"{"p":["a"]}"#) == PermissionSet(["a"]))
        #expect(try permissions("{}") == PermissionSet([]))
        #expect(try read(toml, 200, #"{"p":null,"q":"b"}"#) == .ok(Facts()))
        #expect(
            try read(toml, 200, #"{"q":null}"#)
                == .malformed("/q: expected a string, found null")
        )
    }

    @Test(arguments: [
        ("unix", "1795248000", Expiry.at(Instant(seconds: 1_795_248_000))),
        ("unix", "1795248000.5", .at(Instant(milliseconds: 1_795_248_000_500))),
        ("unix", "0", .never),
        ("unix", "-1", .never),
        ("unix", "1", .at(Instant(seconds: 1))),
        ("unix", "253402300799", .at(Instant(seconds: 253_402_300_799))),
        ("unix", "null", .never),
        ("in_seconds", "3600", .at(Instant(seconds: 1_800_003_600))),
        ("in_seconds", "3599.9", .at(Instant(seconds: 1_800_003_600))),
    ]) func `a time that is a number is read`(form: String, json: String, expiry: Expiry) throws {
        let toml = Self.asking(
            "expires = { from = \"/e\", as = \"\(form)\", never = [0, -1] }"
        )
        #expect(try read(toml, 200, "{\"e\":\(json)}") == .ok(Facts(expiry: expiry)))
    }

    @Test(arguments: [
        ("-2", "/e: a number outside the years 1970 to 9999"),
        ("253402300800", "/e: a number outside the years 1970 to 9999"),
        ("1e400", "/e: a number outside the years 1970 to 9999"),
        ("9223372036854775807", "/e: a number outside the years 1970 to 9999"),
        ("\"soon\"", "/e: expected a number, found other text"),
        ("\"0x10\"", "/e: expected a number, found other text"),
        ("true", "/e: expected a number, found a boolean"),
        ("[]", "/e: expected a number, found an array of strings"),
    ]) func `a number that is no time is refused`(json: String, message: String) throws {
        let toml = Self.asking("expires = { from = \"/e\", as = \"unix\", never = [-1] }")
        #expect(try read(toml, 200, "{\"e\":\(json)}") == .malformed(message))
    }

    @Test func `a JWT tells of itself without a request`() throws {
        let reader = try reader(
            #"""
            expires = { from = "claim:/exp", as = "unix" }
            permissions = { from = "claim:/scope", split = " " }
            name = "claim:/sub"
            """#
        )
        // {"sub":"svc","exp":1795248000,"scope":"read write"}
        let secret =
            "eyJhbGciOiJub25lIn0"
            + ".eyJzdWIiOiJzdmMiLCJleHAiOjE3OTUyNDgwMDAsInNjb3BlIjoicmVhZCB3cml0ZSJ9.c2ln"
        #expect(
            reader.read(secret: secret, at: now)
                == .ok(
                    Facts(
                        name: "svc",
                        permissions: PermissionSet(["read", "write"]),
                        expiry: .at(Instant(seconds: 1_795_248_000))
                    )
                )
        )
        #expect(reader.read(secret: "opaque", at: now) == .malformed("the secret is not a JWT"))
        #expect(
            reader.read(secret: "a.bm90.c", at: now)
                == .malformed(
                    "the secret is a JWT whose payload is not JSON: unexpected character at byte 1"
                )
        )
        #expect(reader.read(secret: "a.e30.c", at: now) == .malformed("claim /sub is missing"))
    }
}

extension Observation.Answer {
    fileprivate var outcomeIsMalformed: Bool {
        guard case .malformed = self else { return false }
        return true
    }
}
