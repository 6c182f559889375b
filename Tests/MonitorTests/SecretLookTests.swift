import Testing

@testable import Monitor

/// Secrets in texts for people.
@Suite struct SecretLookTests {
    @Test(arguments: [
        ("provider is \"ghp_0123456789abcdefghijABCDEFGHIJ012345\"", "provider is \"ghp_…\""),
        ("glpat-abcdefghij0123456789 cannot", "glpat-… cannot"),
        (
            "Authorization: Bearer xoxb-123456789012-1234567890123-AbCdEfGh",
            "Authorization: Bearer xoxb-…"
        ),
        ("TOKEN=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "TOKEN=whsec_…"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0", "eyJ….eyJ…"),
        ("0123456789abcdef0123456789abcdef is no provider", "… is no provider"),
        ("smtp://user:pa55@mail.example:25", "smtp://user:…@mail.example:25"),
        ("https://pa55word@api.example/", "https://…@api.example/"),
        (
            "type is \"https://hooks.slack.com/services/T1/B1/x\"; it",
            "type is \"https://hooks.slack.com/…\"; it"
        ),
        ("see HTTP://a.example/x?token=1, or", "see HTTP://a.example/…, or"),
    ])
    func `a secret is left out`(text: String, shown: String) {
        #expect(SecretLook.hiding(in: text) == shown)
        #expect(SecretLook.hiding(in: shown) == shown)
    }

    @Test(arguments: [
        "", "tokens.deploy: unknown key \"secert\"", "ghp_ and ghp_short1",
        "npm_publish_pipeline_2024",
        "/etc/tokenwatchd/secrets/backup-k8s-17 belongs to user 1000",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "prod-eu-west-1_backup_deploy_token_2_of_3",
        "https://api.example", "https://api.example:8443/", "{base}/api/v1", "a://b", "://", "@:/@",
        "01JDQ3H88NXZ3H88J9T5B2C4D6 is an event", "naïve ✓ 12345678901234567890",
    ])
    func `other texts stay as they are`(text: String) {
        #expect(SecretLook.hiding(in: text) == text)
        #expect(!SecretLook.isSecret(text))
    }

    @Test func `only a word with a prefix and a random rest is a secret`() {
        #expect(SecretLook.isSecret("ghp_0123456789abcdefghijABCDEFGHIJ012345"))
        #expect(SecretLook.isSecret("dop_v1_0123456789abcdef"))
        #expect(!SecretLook.isSecret("github-deploy-2"))
        #expect(!SecretLook.isSecret("ghp_old"))
    }

    @Test func `the prefixes of every built-in provider are known`() {
        let all = BuiltinProviders.all.flatMap { $0.profile.secretPrefixes }
        #expect(!all.isEmpty && Set(all).isSubset(of: SecretLook.prefixes))
    }
}
