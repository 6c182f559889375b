import Alerting
import Testing

@testable import Monitor

/// Permissions that a provider does not document get a warning with the nearest one.
@Suite struct KnownPermissionTests {
    private func warnings(_ policy: String, token: String = "") throws -> [String] {
        try configuration(
            """
            [policy]
            \(policy)
            [tokens.deploy]
            secret = "s3cret"
            \(token)
            [tokens.web]
            secret = "s3cret-2"
            """
        ).warnings.map(\.message)
    }

    @Test(
        arguments: [
            ("servers:lst", "servers:list"), ("server:list", "servers:list"),
            ("server:*", "servers:*"), ("dns:creat", "dns:create"),
            ("billings:lst", "billing:list"),
            ("plans:create", nil), ("xyzzy:list", nil),
        ] as [(String, String?)]
    )
    func `an unknown permission is a warning that names the nearest`(
        word: String,
        near: String?
    ) throws {
        let hint = near.map { "; did you mean \"\($0)\"?" } ?? ""
        #expect(
            try warnings("", token: "require = [\"\(word)\"]") == [
                "tokens.deploy: require has \"\(word)\", which vps.org does not document\(hint)"
            ]
        )
        #expect(try warnings("", token: "allow = [\"dns:*\", \"\(word)\"]").count == 1)
    }

    @Test func `what all tokens have from the policy is warned of once`() throws {
        #expect(
            try warnings("require = [\"server:list\"]") == [
                "tokens.deploy: require has \"server:list\", which vps.org does not document; "
                    + "did you mean \"servers:list\"?; it comes from [policy]"
            ]
        )
    }

    @Test func `every documented permission, and every wildcard of one, is known`() throws {
        let profile = try #require(BuiltinProviders.named("vps.org")?.profile)
        #expect(profile.knownPermissions.words.count == 28)
        let resources = Set(profile.knownPermissions.words.map { $0.split(separator: ":")[0] })
        #expect(resources.count == 10)
        for word in profile.knownPermissions.words + resources.map({ "\($0):*" }) + ["*:*"] {
            #expect(profile.documents(word), "\(word)")
        }
        #expect(try warnings("require = [\"ssh-keys:*\", \"*:*\"]").isEmpty)
    }

    @Test func `a profile without a list knows of nothing to warn of`() throws {
        let profile = try #require(BuiltinProviders.named("github")?.profile)
        #expect(profile.documents("anything"))
    }
}
