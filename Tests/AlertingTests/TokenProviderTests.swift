import Alerting
import Testing

struct TokenProviderTests {
    @Test func `two providers are equal where all that a poll depends on is`() {
        func provider(
            name: String = "vps.org",
            host: String = "admin.vps.org",
            syntax: PermissionSyntax = .resourceAction,
            interval: Duration = .hours(1),
            isAsked: Bool = true,
            askedWith: UInt64 = 1
        ) -> TokenProvider {
            TokenProvider(
                name: name,
                host: host,
                permissionSyntax: syntax,
                interval: interval,
                isAsked: isAsked,
                askedWith: askedWith
            )
        }
        #expect(provider() == provider())
        for other in [
            provider(name: "github"), provider(host: "api.github.com"),
            provider(syntax: .opaque), provider(interval: .hours(2)),
            provider(isAsked: false), provider(askedWith: 2),
        ] {
            #expect(provider() != other)
        }
    }
}
