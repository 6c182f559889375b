import Alerting
import Testing

@testable import Formats
@testable import Monitor

@Suite struct ProfileListTests {
    private func decode(_ list: String, more: String = "") -> (
        profile: Profile?, problems: [String]
    ) {
        let toml = """
            url = "https://api.example/v1?page_size=5"
            headers = { A = "{secret}" }
            list = \(list)
            \(more)
            """
        let document = TOML.parse(Array(toml.utf8))
        #expect(document.errors.isEmpty, "\(document.errors)")
        var problems: [ProfileProblem] = []
        let profile = Profile(name: "x", table: document.root, problems: &problems)
        return (profile, problems.map(\.message))
    }

    @Test(arguments: [
        #"{ rows = "", id = "/id" }"#,
        #"{ rows = "/d", id = "/a/id", next = "link", fields = { name = "/name" } }"#,
        #"{ rows = "/d", id = "/id", next = "/links/next" }"#,
        #"{ rows = "/d", id = "/id", next = "header:X-Next" }"#,
        #"{ rows = "/d", id = "/id", next = { cursor = "/next", parameter = "after" } }"#,
        #"{ rows = "/d", id = "/id", next = { cursor = "header:x-next-page", parameter = "page" } }"#,
        #"{ rows = "/d", id = "/id", next = { page = "page" } }"#,
        #"{ rows = "/d", id = "/id", next = { page = "page[number]", first = 0 } }"#,
        #"{ rows = "", id = "/id", skip_if = { "/dead" = [true, 1, "x"] }, expired_if = { "/e" = [true] } }"#,
        #"{ rows = "", id = "/id", fields = { expires = { from = "/e", as = "unix", never = [0] }, permissions = { from = "/s", split = " " }, last_used = "/l", created = "/c", account = "/a", account_name = ["/f", "/g"], company = "/h" }, limits = { rows = 100000, pages = 1 } }"#,
    ]) func `a list survives being written`(list: String) throws {
        let (profile, problems) = decode(list)
        let read = try #require(profile, "\(problems)")
        let document = TOML.parse(Array(read.asking.utf8))
        var again: [ProfileProblem] = []
        #expect(Profile(name: "x", table: document.root, problems: &again) == read)
        #expect(again.isEmpty)
        #expect(read.list != nil)
    }

    @Test(arguments: [
        ("1", "providers.x.list is an integer; it must be a table such as"),
        ("{}", "providers.x.list has no rows: set it to the JSON pointer of the array of tokens"),
        (
            #"{ rows = "d", id = "/id" }"#,
            #"providers.x.list.rows is "d"; it must be the JSON pointer"#
        ),
        (#"{ rows = "" }"#, "providers.x.list has no id: set it to the JSON pointer of a row's id"),
        (#"{ rows = "", id = "" }"#, "providers.x.list has an empty id"),
        (
            #"{ rows = "", id = "/id", field = {} }"#,
            #"providers.x.list has no key "field"; did you mean fields?"#
        ),
        (#"{ rows = "", id = "/id", next = 1 }"#, #"providers.x.list.next must be "link""#),
        (
            #"{ rows = "", id = "/id", next = "page" }"#,
            #"providers.x.list.next is "page"; it must be"#
        ),
        (
            #"{ rows = "", id = "/id", next = "claim:/x" }"#,
            "providers.x.list.next reads the secret"
        ),
        (#"{ rows = "", id = "/id", next = {} }"#, #"providers.x.list.next must be "link""#),
        (
            #"{ rows = "", id = "/id", next = { cursor = "/c" } }"#,
            #"providers.x.list.next must be "link""#
        ),
        (
            #"{ rows = "", id = "/id", next = { page = "p", cursor = "/c", parameter = "x" } }"#,
            #"providers.x.list.next must be "link""#
        ),
        (
            #"{ rows = "", id = "/id", next = { page = "page_size" } }"#,
            #"providers.x.list.next.page is "page_size", which url sets too"#
        ),
        (
            #"{ rows = "", id = "/id", next = { page = "" } }"#,
            "providers.x.list.next.page must be the name of a query parameter"
        ),
        (
            #"{ rows = "", id = "/id", next = { page = "p", first = 2 } }"#,
            "providers.x.list.next.first must be a whole number from 0 to 1"
        ),
        (
            #"{ rows = "", id = "/id", next = { page = "p", frist = 1 } }"#,
            #"providers.x.list.next has no key "frist"; did you mean first?"#
        ),
        (
            #"{ rows = "", id = "/id", skip_if = { "dead" = [true] } }"#,
            #"providers.x.list.skip_if."dead" is not a JSON pointer"#
        ),
        (
            #"{ rows = "", id = "/id", fields = { nam = "/n" } }"#,
            #"providers.x.list.fields has no key "nam"; did you mean name?"#
        ),
        (
            #"{ rows = "", id = "/id", fields = { name = "header:X" } }"#,
            "providers.x.list.fields reads header:X; it must be a place in a row"
        ),
        (
            #"{ rows = "", id = "/id", fields = { expires = { from = "/e", as = "x" } } }"#,
            #"providers.x.list.fields.expires.as is "x"; it must be"#
        ),
        (
            #"{ rows = "", id = "/id", limits = { rows = 100001 } }"#,
            "providers.x.list.limits.rows must be a whole number from 1 to 100000"
        ),
        (
            #"{ rows = "", id = "/id", limits = { pages = 0 } }"#,
            "providers.x.list.limits.pages must be a whole number from 1 to 10000"
        ),
    ]) func `what is wrong with a list is reported with its place`(
        list: String,
        problem: String
    ) {
        let (profile, problems) = decode(list)
        #expect(profile == nil)
        #expect(problems.count == (list == "{}" ? 2 : 1), "\(problems)")
        #expect(problems.first?.hasPrefix(problem) == true, "\(problems)")
    }

    @Test func `a profile has one row or a list`() {
        let (_, problems) = decode(
            #"{ rows = "", id = "/id" }"#,
            more: #"row = { in = "", where = { "/x" = true } }"#
        )
        #expect(problems == ["providers.x.list and row are both set; set one of them"])
    }

    @Test func `what the rows report is apart from what the token's own answer reports`() throws {
        let (profile, _) = decode(
            #"{ rows = "", id = "/id", expired_if = { "/e" = [true] }, fields = { last_used = "/l" } }"#,
            more: #"name = "header:x-name""#
        )
        let read = try #require(profile)
        #expect(read.tells.name)
        #expect(!read.tells.lastUsed)
        let rows = try #require(read.list).tells
        #expect(rows.lastUsed)
        #expect(rows.expiry)
        #expect(!rows.name)
    }
}
