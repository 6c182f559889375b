import Alerting
import Testing

@testable import Formats
@testable import Monitor

@Suite struct ProfileDecodingTests {
    private func decode(_ toml: String) -> (profile: Profile?, problems: [String]) {
        let document = TOML.parse(Array(toml.utf8))
        #expect(document.errors.isEmpty)
        var problems: [ProfileProblem] = []
        let profile = Profile(name: "x", table: document.root, problems: &problems)
        return (profile, problems.map(\.description))
    }

    struct Wrong: Sendable {
        let toml: String
        let problem: String

        init(_ toml: String, _ problem: String) {
            self.toml = toml
            self.problem = problem
        }

        /// A profile that is whole, and this after it from line 3 on.
        init(added: String, _ problem: String) {
            let start = "url = \"https://api.example/v1\"\nheaders = { A = \"{secret}\" }\n"
            self.init(start + added, problem)
        }
    }

    @Test(arguments: BuiltinProviders.names)
    func `a built-in profile is valid and survives being written`(name: String) throws {
        let profile = try #require(BuiltinProviders.named(name)).profile
        let document = TOML.parse(Array(profile.asking.utf8))
        var problems: [ProfileProblem] = []
        let again = Profile(name: name, table: document.root, problems: &problems)
        #expect(document.errors.isEmpty)
        #expect(problems.isEmpty)
        #expect(again == profile.asked)
    }

    @Test func `a secret's beginning names one provider, and no provider refuses its own`() {
        var owners: [String: String] = [:]
        for provider in BuiltinProviders.all {
            let profile = provider.profile
            for prefix in profile.secretPrefixes {
                #expect(owners.updateValue(provider.name, forKey: prefix) == nil, "\(prefix)")
                #expect(
                    !profile.foreignPrefixes.contains { prefix.hasPrefix($0.prefix) },
                    "\(prefix)"
                )
            }
        }
    }

    @Test func `no built-in profile takes a name that tokens have as a key anyway`() {
        for provider in BuiltinProviders.all {
            let names =
                provider.profile.variables
                + provider.profile.secrets.flatMap { [$0, $0 + "_file", $0 + "_credential"] }
            #expect(TokenDecoder.ownKeys.isDisjoint(with: names), "\(provider.name)")
        }
    }

    @Test func `every key is read, and survives being written`() throws {
        let (profile, problems) = decode(
            #"""
            base = "https://api.example:8443/root"
            url = "{base}/tokens/{id}?full=1"
            method = "POST"
            headers = { Authorization = "Bearer {secret}", X-Team = "{team}" }
            body = '{"token":"{secret}"}'
            variables = ["id", "team"]
            live_status = [200, 201]
            dead_status = [401, 403, 500]
            dead_text = ["token is gone"]
            expired_text = ["has expired"]
            limited_text = ["slow down"]
            live_text = ["missing scope"]
            undecided_text = ["no leader"]
            limited_if = { "/code" = [88] }
            dead_if = { "/revoked" = [true], "/code" = [1000, "gone"] }
            expired_if = { "/status" = ["expired"] }
            live_if = [{ "/ok" = [true], "/id" = "present" }, { "" = "list" }]
            row = { in = "/tokens", where = { "/id" = "{id}", "/own" = true, "/t" = "{secret_end4}" } }
            expires = { from = "/exp", as = "unix_ms", never = [0, -1], never_after = "36500d", absent = "not_told" }
            last_used = { from = "header:X-Used", absent = "never", null = "not_told" }
            created = "claim:/iat"
            permissions = [
                { from = "/scope", split = " " }, { from = "/p", each = "/Name", null = "empty" },
            ]
            name = { from = "/a~1b", absent = "not_told" }
            account = "/account/email"
            permission_syntax = "resource:action"
            known_permissions = ["dns:list", "servers:list"]
            secret_prefixes = ["abc_"]
            foreign_prefixes = { "abd_" = "use provider = \"other\"" }
            verified = "2026-11-27, documentation"
            """#
        )
        #expect(problems.isEmpty)
        let read = try #require(profile)
        #expect(read.base?.description == "https://api.example:8443/root")
        #expect(read.facts.expires?.never == [.integer(0), .integer(-1)])
        #expect(
            read.tells
                == FactSources.Tells(
                    expiry: true,
                    permissions: true,
                    lastUsed: true,
                    created: true,
                    name: true,
                    account: true
                )
        )
        #expect(decode(read.asking).profile == read.asked)
    }

    private static let wrong: [Wrong] = [
        Wrong(
            added: "expire = \"/e\"",
            "3:1: providers.x has no key \"expire\"; did you mean expires?"
        ),
        Wrong(
            added: "expires = 5",
            """
            3:11: providers.x.expires is an integer; it must be a source such as \"/token/name\",\
             or a table with from
            """
        ),
        Wrong(
            added: "expires = \"token.expires\"",
            """
            3:11: providers.x.expires is \"token.expires\"; it must be a JSON pointer such as\
             \"/token/name\", \"header:NAME\" or \"claim:/NAME\"
            """
        ),
        Wrong(
            added: "expires = \"/a~2\"",
            """
            3:11: providers.x.expires is \"/a~2\"; it must be a JSON pointer such as\
             \"/token/name\", \"header:NAME\" or \"claim:/NAME\"
            """
        ),
        Wrong(
            added: "name = \"header:a b\"",
            """
            3:8: providers.x.name is \"header:a b\"; it must be a JSON pointer such as\
             \"/token/name\", \"header:NAME\" or \"claim:/NAME\"
            """
        ),
        Wrong(
            added: "expires = { as = \"unix\" }",
            "3:11: providers.x.expires has no from: where the value is in the answer"
        ),
        Wrong(
            added: "expires = { from = \"/e\", as = \"epoch\" }",
            """
            3:31: providers.x.expires.as is \"epoch\"; it must be \"text\" or \"unix\" or\
             \"unix_ms\" or \"in_seconds\"
            """
        ),
        Wrong(
            added: "expires = { from = \"/e\", form = 1 }",
            "3:26: providers.x.expires has no key \"form\"; did you mean from?"
        ),
        Wrong(
            added: "permissions = []",
            "3:15: providers.x.permissions is empty; it must have at least one source"
        ),
        Wrong(
            added: "permissions = \"header:x-scopes\"",
            """
            3:15: providers.x.permissions reads a header, which is one text: set split, such as\
             split = \", \"
            """
        ),
        Wrong(
            added: "permissions = { from = \"/p\", split = \" \", each = \"/n\" }",
            "3:15: providers.x.permissions has both split and each; it may have one of them"
        ),
        Wrong(
            added: "permission_syntax = \"words\"",
            """
            3:21: providers.x.permission_syntax is \"words\"; it must be \"resource:action\" or\
             \"opaque\"
            """
        ),
        Wrong(
            added: "dead_if = [1]",
            """
            3:11: providers.x.dead_if is an array; it must be a table such as\
             { \"/token/revoked\" = [true] }
            """
        ),
        Wrong(
            added: "dead_if = { revoked = [true] }",
            """
            3:13: providers.x.dead_if.\"revoked\" is not a JSON pointer such as\
             \"/token/revoked\"
            """
        ),
        Wrong(
            added: "dead_if = { \"/r\" = true }",
            "3:20: providers.x.dead_if.\"/r\" is a boolean; it must be an array of values"
        ),
        Wrong(
            added: "dead_if = { \"/r\" = [1.5] }",
            """
            3:21: providers.x.dead_if.\"/r\"[0] is a float; it must be a string, an integer or a\
             boolean
            """
        ),
        Wrong(
            added: "dead_status = [429]",
            "3:16: providers.x.dead_status[0] must be a status of 400 to 499 other than 429"
        ),
        Wrong(
            added: "dead_status = []",
            """
            1:1: providers.x cannot reach a verdict: dead_status is empty, and neither dead_if nor\
             expired_if is set
            """
        ),
        Wrong(
            added: "dead_status = [500]",
            "3:16: providers.x.dead_status[0] must be a status of 400 to 499 other than 429"
        ),
        Wrong(
            added: "live_status = [301]",
            "3:16: providers.x.live_status[0] must be a status of 200 to 299"
        ),
        Wrong(
            added: "live_text = [\"short\"]",
            "3:14: providers.x.live_text[0] must be 6 to 200 bytes without control characters"
        ),
        Wrong(
            added: "live_if = []",
            "3:11: providers.x.live_if is empty; it must have at least one table"
        ),
        Wrong(
            added: "expires = { from = \"/e\", never_after = \"long\" }",
            """
            3:40: providers.x.expires.never_after is \"long\"; it must be a duration such as\
             \"36500d\"
            """
        ),
        Wrong(
            added: "row = { in = \"tokens\", where = { \"/id\" = true } }",
            "3:7: providers.x.row must have in, the JSON pointer of an array; \"\" is the whole body"
        ),
        Wrong(
            added: "row = { in = \"/tokens\", where = {} }",
            "3:7: providers.x.row must have where, a table of places and values"
        ),
        Wrong(
            added: "row = { in = \"/tokens\", where = { \"/id\" = \"{secret}\" } }",
            """
            3:43: providers.x.row.where.\"/id\" has the unknown variable {secret}; it may have those of\
             variables, {secret_start1} to {secret_start12}, and {secret_end1} to {secret_end12}
            """
        ),
        Wrong(
            added: "foreign_prefixes = { \"abc_\" = \"\" }",
            """
            3:31: providers.x.foreign_prefixes.\"abc_\" must be 1 to 200 bytes of advice for a\
             beginning of 2 to 100
            """
        ),
        Wrong(
            "url = \"https://a.example/\"\nbasic = \"{secret}\"",
            """
            2:9: providers.x.basic must be \"USER:PASSWORD\", such as \"{user}:{secret}\" or\
             \"{secret}:\"
            """
        ),
        Wrong(
            "url = \"https://a.example/\"\nheaders = { Authorization = \"x\" }\nbasic = \"{secret}:\"",
            """
            3:9: providers.x.basic and headers.Authorization are both set; set one of them
            """
        ),
        Wrong(
            added: "body = \"x\"",
            "3:8: providers.x.body is set, and method is GET; a body needs method = \"POST\""
        ),
        Wrong(
            added: "method = \"PUT\"",
            "3:10: providers.x.method is \"PUT\"; it must be \"GET\" or \"POST\""
        ),
        Wrong(
            added: "variables = [\"id\"]",
            "3:13: providers.x.variables names id, which no template uses"
        ),
        Wrong(
            "url = \"https://api.example/{secret}\"\nheaders = { A = \"{secret}\" }",
            """
            1:7: providers.x.url must not have {secret}, because proxies log URLs; put it in\
             headers or body
            """
        ),
        Wrong(
            """
            url = \"https://api.example/{ids}\"\nvariables = [\"id\"]\n\
            headers = { A = \"{secret}{id}\" }
            """,
            "1:7: providers.x.url has the unknown variable {ids}; did you mean {id}?"
        ),
        Wrong(
            "url = \"api.example/v1\"\nheaders = { A = \"{secret}\" }",
            "1:7: providers.x.url is \"api.example/v1\"; it must begin with {base} or https://"
        ),
        Wrong(
            "url = \"http://api.example/v1\"\nheaders = { A = \"{secret}\" }",
            """
            1:7: providers.x.url is \"http://api.example\": http:// is for loopback only:\
             use https://
            """
        ),
        Wrong(
            "url = \"https://api.example/a b\"\nheaders = { A = \"{secret}\" }",
            "1:7: providers.x.url has a character that a URL cannot have; write it as %XX"
        ),
        Wrong(
            "url = \"https://api.example/\"",
            """
            1:1: providers.x has {secret} in no header and not in its body: the provider would\
             not know which token to report on
            """
        ),
        Wrong(
            "url = \"https://a.example/\"\nheaders = { A = \"{secret}\\r\\nB: c\" }",
            """
            2:17: providers.x.headers.A has a control character or one beyond ASCII in it;\
             a line break would begin another header
            """
        ),
        Wrong(
            "url = \"https://a.example/\"\nheaders = { \"A b\" = \"{secret}\" }",
            "2:13: providers.x.headers: \"A b\" is not a header name"
        ),
        Wrong(
            "url = \"https://a.example/\"\nheaders = { Host = \"{secret}\" }",
            "2:13: providers.x.headers: \"Host\" is a header that may not be set"
        ),
        Wrong(
            "url = \"https://a.example/\"\nheaders = { A = \"{secrt}{secret}\" }",
            "2:17: providers.x.headers.A has the unknown variable {secrt}; did you mean {secret}?"
        ),
        Wrong(
            "name = \"claim:/sub\"",
            """
            1:1: providers.x cannot reach a verdict: set url, or read expires from a claim of the\
             secret, such as \"claim:/exp\"
            """
        ),
        Wrong(
            "expires = \"claim:/exp\"\nname = \"/name\"",
            "1:1: providers.x reads /name, but has no url"
        ),
    ]

    @Test(arguments: wrong)
    func `a profile that is wrong is refused with its place`(wrong: Wrong) {
        let (profile, problems) = decode(wrong.toml)
        #expect(profile == nil)
        #expect(problems == [wrong.problem])
    }

    @Test func `everything that is wrong is said at once, in the order of the file`() {
        let (profile, problems) = decode(
            "url = 1\nmethod = 2\nexpires = 3\nwarn_before = 4\nname = { from = 5 }"
        )
        #expect(profile == nil)
        #expect(problems.map { String($0.prefix(2)) } == ["1:", "2:", "3:", "4:", "5:"])
    }
}

extension Profile {
    /// The profile without what only people read, and what is known without a request.
    var asked: Profile {
        var asked = self
        (asked.docs, asked.verified, asked.remarks) = (nil, nil, [])
        asked.knownPermissions = PermissionSet([])
        (asked.secretPrefixes, asked.foreignPrefixes) = ([], [])
        return asked
    }
}
