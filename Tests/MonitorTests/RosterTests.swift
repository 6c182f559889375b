import Alerting
import Testing

@testable import Monitor

@Suite struct RosterTests {
    /// Ids whose order is not that of the file, some of them the beginning of others.
    private static let ids = ["m", "a-1", "z9", "a.1", "a", "0", "a_1", "a1", "mm", "a-10"]

    @Test(arguments: [0, 1, 2, 3, 10])
    func `each token is found in its slot, and no other`(count: Int) throws {
        let ids = Self.ids.prefix(count)
        let text = ids.map { "tokens.\"\($0)\".secret_file = \"/s\"\n" }.joined()
        let tokens = try ids.isEmpty ? [] : configuration(text).tokens
        let roster = Roster(tokens.map(\.settings))
        #expect(roster.settings.count == count)
        for (slot, token) in roster.settings.enumerated() {
            #expect(roster.slot(of: token.id) == slot)
        }
        for text in Self.ids.dropFirst(count) + ["b", "zz", "1"] {
            let id = try #require(TokenID(text))
            #expect(roster.slot(of: id) == nil, "\(text) is not watched")
        }
    }

    @Test func `tokens of one provider share what is said of it, and a host has one number`() throws
    {
        let tokens = try configuration(
            """
            tokens.a.secret_file = "/a"
            tokens.b = { secret_file = "/b", base_url = "https://other.example" }
            tokens.c.secret_file = "/c"
            """
        ).tokens
        let roster = Roster(tokens.map(\.settings))
        #expect(roster.hostOfSlot == [0, 1, 0])
        #expect(tokens[0].access === tokens[2].access)
        #expect(tokens.map(\.settings.host) == roster.hostOfSlot.map { roster.hosts[$0] })
    }

    private func tokens(_ ids: String..., file: String = "/s") throws -> [WatchedToken] {
        guard !ids.isEmpty else { return [] }
        let text = ids.map { "tokens.\"\($0)\".secret_file = \"\(file)\"\n" }.joined()
        return try configuration(text).tokens
    }

    private func planned(from old: [WatchedToken], to new: [WatchedToken]) -> RosterPlan {
        RosterPlan(
            from: Roster(old.map(\.settings)),
            old.map { TokenSource(secret: $0.secret, access: $0.access) },
            to: new
        )
    }

    @Test func `a plan knows where each token was, and which came, went and changed`() throws {
        let plan = planned(
            from: try tokens("a", "c", "d", "f") + tokens("g", "h"),
            to: try tokens("b", "c") + tokens("f", file: "/t") + tokens("g", "i")
        )
        #expect(plan.succession.previous == [-1, 1, 3, 4, -1])
        #expect(plan.succession.removed == [0, 2, 5])
        #expect(plan.change.added.map(\.text) == ["b", "i"])
        #expect(plan.change.removed.map(\.text) == ["a", "d", "h"])
        #expect(plan.change.changed.map(\.text) == ["f"])
        #expect(!plan.succession.keepsSlots)
    }

    @Test func `a channel that comes, goes or changes changes no token; another choice does`()
        throws
    {
        func tokens(_ channels: String) throws -> [WatchedToken] {
            try configuration("tokens.a.secret_file = \"/s\"\n\(channels)").tokens
        }
        func changed(
            _ before: String,
            _ after: String,
            kept: Set<String> = ["x", "y"]
        ) throws -> [String] {
            let old = try tokens(before)
            let plan = RosterPlan(
                from: Roster(old.map(\.settings)),
                old.map { TokenSource(secret: $0.secret, access: $0.access) },
                to: try tokens(after),
                channels: kept
            )
            return plan.change.changed.map(\.text)
        }
        func syslog(_ name: String) -> String { "channels.\(name).type = \"syslog\"\n" }
        let both = syslog("x") + syslog("y")
        #expect(try changed("", both, kept: []) == [])
        #expect(try changed(both + syslog("z"), both) == [])
        #expect(try changed(both, both + "channels.x.min_severity = \"critical\"\n") == [])
        #expect(try changed(both, both + "tokens.a.channels = [\"x\"]\n") == ["a"])
        #expect(try changed(both, both + "tokens.a.must_expire = true\n") == ["a"])
        #expect(try changed(both, both + "tokens.a.owner = \"ann\"\n") == ["a"])
    }

    @Test(
        arguments: [([], []), (["a"], []), ([], ["a"]), (["a", "b"], ["a", "b"])]
            as [([String], [String])]
    )
    func `a plan keeps the slots where no token came or went`(before: [String], after: [String])
        throws
    {
        func roster(_ ids: [String]) throws -> [WatchedToken] {
            try ids.flatMap { try tokens($0) }
        }
        let plan = planned(from: try roster(before), to: try roster(after))
        #expect(plan.succession.keepsSlots == (before == after))
        #expect(plan.succession.previous.count == after.count)
        #expect(plan.succession.removed.count == before.filter { !after.contains($0) }.count)
    }
}
