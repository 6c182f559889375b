import Formats

// The keys of the request for an access token.
extension ProfileDecoder {
    private static let loginKeys = [
        "base", "url", "method", "headers", "basic", "body", "live_status", "dead_status",
        "dead_text", "dead_if", "expired_text", "limited_text", "limited_if", "undecided_text",
        "token",
    ]

    mutating func login(_ entry: Entry, _ profile: Profile) -> ProfileLogin? {
        let example =
            "{ url = \"https://…/token\", method = \"POST\", body = \"…{secret}…\","
            + " token = \"/access_token\" }"
        guard let table = table(entry, example) else { return nil }
        var decoder = ProfileDecoder(name: name, inside: entry, table: table)
        decoder.refuseUnknownKeys(in: table, of: Self.loginKeys, path: entry.path)
        var login = Profile(name: name)
        login.variables = profile.variables
        login.secrets = profile.secrets
        decoder.decodeRequest(&login)
        decoder.decodeVerdict(&login)
        if login.url == nil, table["url"] == nil {
            decoder.report(entry, "has no url: where the access token is requested")
        }
        let token = decoder.entry("token").flatMap { decoder.pointer($0, like: "/access_token") }
        if table["token"] == nil {
            decoder.report(entry, "has no token: set it to the place of the access token")
        }
        problems += decoder.problems
        login.variables = []
        login.secrets = []
        return token.map { ProfileLogin(login, token: $0) }
    }
}
