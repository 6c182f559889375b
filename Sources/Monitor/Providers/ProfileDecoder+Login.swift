import Formats

// The request for an access token.
extension ProfileDecoder {
    private static let loginKeys = [
        "base", "url", "method", "headers", "basic", "body", "live_status", "dead_status",
        "dead_text", "dead_if", "expired_text", "limited_text", "limited_if", "undecided_text",
        "token",
    ]

    mutating func login(_ entry: Entry, _ profile: Profile) -> ProfileLogin? {
        guard case .table(let table) = entry.node.value else {
            report(
                entry,
                "is \(entry.node.value.typeName); it must be a table such as"
                    + " { url = \"https://…/token\", method = \"POST\", body = \"…{secret}…\","
                    + " token = \"/access_token\" }"
            )
            return nil
        }
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
        let token = decoder.entry("token").flatMap { decoder.tokenPlace($0) }
        if table["token"] == nil {
            decoder.report(entry, "has no token: set it to the place of the access token")
        }
        problems += decoder.problems
        login.variables = []
        login.secrets = []
        return token.map { ProfileLogin(login, token: $0) }
    }

    private mutating func tokenPlace(_ entry: Entry) -> JSONPointer? {
        guard let text = string(entry) else { return nil }
        guard text.hasPrefix("/"), let pointer = JSONPointer(text) else {
            report(
                entry,
                "is \(MatchValue.string(text).json); it must be a JSON pointer such as"
                    + " \"/access_token\""
            )
            return nil
        }
        return pointer
    }
}
