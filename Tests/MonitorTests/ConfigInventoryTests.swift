import Alerting
import Testing

@testable import Monitor

@Suite struct ConfigInventoryTests {
    /// A provider whose answer lists tokens, and one inventory of it.
    private func text(_ inventory: String = "", _ more: String = "") -> String {
        """
        [providers.lister]
        url = "https://lister.example/tokens"
        headers = { Authorization = "Bearer {secret}" }
        [providers.lister.list]
        rows = "/tokens"
        id = "/id"
        [providers.lister.list.fields]
        expires = "/expires_at"
        name = "/name"
        last_used = "/last_used_at"
        [inventories.team]
        provider = "lister"
        secret_file = "/s"
        \(inventory)
        \(more)
        """
    }

    private func id(_ text: String) throws -> TokenID { try #require(TokenID(text)) }

    @Test func `an inventory is a token with a secret, and settings for those that it lists`()
        throws
    {
        let configuration = try configuration(
            text(
                """
                owner = "platform"
                warn_before = ["10d"]
                must_expire = true
                canary = true
                expires = "2030-01-01"
                only = ["ci-*"]
                except = ["ci-test"]
                keep_expired = "2d"
                report_new = true
                """
            )
        )
        let token = try #require(configuration.tokens.first).settings
        #expect(configuration.tokens.count == 1 && token.id.text == "team")
        #expect(token.owner == "platform" && token.statedExpiry != nil)
        // What is judged of the facts is judged of the listed tokens alone.
        #expect(!token.policy.mustExpire && !token.isCanary)
        let inventory = try #require(configuration.inventories.first)
        #expect(inventory.id == token.id && inventory.reportsNew)
        #expect(inventory.keepExpired == .days(2))
        #expect(
            inventory.only.map(\.text) == ["ci-*"] && inventory.except.map(\.text) == ["ci-test"]
        )
        let listed = inventory.settings(of: try id("team/7"))
        #expect(listed.id.text == "team/7" && listed.owner == "platform" && listed.isCanary)
        #expect(listed.policy.mustExpire && listed.policy.warnBefore.map(\.text) == ["10d"])
        #expect(listed.statedExpiry == nil && listed.host == "lister.example")
    }

    @Test func `a table of one listed token overrides the inventory's keys`() throws {
        let configuration = try configuration(
            text(
                "owner = \"platform\"\nwarn_before = [\"10d\"]",
                """
                [tokens."team/42"]
                owner = "search"
                critical_before = "1d"
                expires = "2031-01-01"
                """
            )
        )
        #expect(configuration.tokens.map(\.settings.id.text) == ["team"])
        let inventory = try #require(configuration.inventories.first)
        let one = inventory.settings(of: try id("team/42"))
        #expect(one.owner == "search" && one.statedExpiry != nil)
        #expect(one.policy.warnBefore.map(\.text) == ["10d"])
        #expect(one.policy.criticalBefore.text == "1d")
        #expect(inventory.settings(of: try id("team/43")).owner == "platform")
    }

    @Test(arguments: [
        ("only = []", "must be an array of patterns"), ("keep_expired = \"1m\"", "1h to 3650d"),
        ("require = [\"a\"]", "needs permissions, which lister does not report"),
        ("colour = 1", "no key"),
        ("account = \"a\"", "needs the account, which lister does not report"),
    ])
    func `a wrong key is an error`(line: String, expected: String) throws {
        let errors = try configurationErrors(text(line))
        #expect(errors.count == 1 && errors.first?.contains(expected) == true, "\(errors)")
    }

    @Test(arguments: [
        ("[tokens.\"team/1\"]\nsecret_file = \"/s\"", "no key"),
        ("[tokens.\"other/1\"]\nowner = \"x\"", "there is no [inventories.other]"),
        ("[tokens.team]\nsecret_file = \"/s\"", "have the same name"),
        ("[inventories.plain]\nsecret_file = \"/s\"", "vps.org lists no tokens"),
        ("[inventories.Bad]\nsecret_file = \"/s\"", "cannot name an inventory"),
        ("[inventories.none]\nprovider = \"lister\"", "has no secret"),
    ])
    func `a wrong table is an error`(more: String, expected: String) throws {
        let errors = try configurationErrors(text("", more))
        #expect(errors.count == 1 && errors.first?.contains(expected) == true, "\(errors)")
    }

    @Test func `a token of a provider that lists is warned of`() throws {
        let folder = try ConfigFolder(
            text("", "[tokens.x]\nprovider = \"lister\"\nsecret_file = \"/s\"")
        )
        #expect(try folder.warnings().contains { $0.contains("[inventories.x] watches each") })
    }

    @Test func `a reload keeps the listed tokens of inventories that stay`() throws {
        let tokens = try configuration(text())
        let rows = [try id("team/1"), try id("team/2"), try id("gone/1")]
        let start = RosterPlan(
            from: Roster([]),
            [],
            to: tokens.tokens,
            tokens.inventories,
            stored: rows
        )
        let roster = start.succession.roster
        #expect(roster.settings.map(\.id.text) == ["team", "team/1", "team/2"])
        #expect(roster.polled == 1 && start.sources.count == 1)
        #expect(roster.slots(listedBy: try id("team")) == 1..<3)
        let same = RosterPlan(from: roster, start.sources, to: tokens.tokens, tokens.inventories)
        #expect(same.succession.keepsSlots && same.change == RosterChange())
        let owned = try configuration(text("owner = \"a\""))
        let changed = RosterPlan(from: roster, start.sources, to: owned.tokens, owned.inventories)
        #expect(changed.change.changed.map(\.text) == ["team"])
        #expect(changed.succession.roster.settings.allSatisfy { $0.owner == "a" })
        let none = RosterPlan(from: roster, start.sources, to: [], [])
        #expect(
            none.succession.removed == [0, 1, 2] && none.change.removed.map(\.text) == ["team"]
        )
    }
}
