import Alerting
import HTTP
import Monitor

/// How three providers spell a page of a list, and the request for it.
struct ListPlay: Sendable {
    let style: SandboxList.Style
    private static let lastPage = 1_000_000

    init(style: SandboxList.Style) { self.style = style }

    /// The secret that a request has in the provider's own header.
    func secret(of request: HTTPRequest) -> String? {
        switch style {
        case .gitlabGroup: request.headers["PRIVATE-TOKEN"]
        case .cloudflareTokens: VPSOrgPlay.secret(of: request)
        case .nomadTokens: request.headers["X-Nomad-Token"]
        }
    }

    /// Whether the provider has its list at this path.
    func isList(_ path: [String]) -> Bool {
        switch style {
        case .gitlabGroup:
            path.count == 5 && path.prefix(3) == ["api", "v4", "groups"]
                && path[4] == "access_tokens"
        case .cloudflareTokens: path == ["client", "v4", "user", "tokens"]
        case .nomadTokens: path == ["v1", "acl", "tokens"]
        }
    }

    /// The page that a request is for, from 1 on; nil if it names none.
    func page(of request: HTTPRequest, ids: (Int) -> String?, pageSize: Int) -> Int? {
        switch style {
        case .gitlabGroup, .cloudflareTokens:
            guard let text = request.query("page") else { return 1 }
            return Int(text).flatMap { (1...Self.lastPage).contains($0) ? $0 : nil }
        case .nomadTokens:
            guard let token = request.query("next_token") else { return 1 }
            // The first row of each page after the first is what its token names.
            var page = 2
            while let id = ids((page - 1) * pageSize) {
                if id == token { return page }
                page += 1
            }
            return nil
        }
    }

    func rejection() -> (status: Int, body: String) {
        switch style {
        case .gitlabGroup: (401, #"{"message":"401 Unauthorized"}"#)
        case .cloudflareTokens:
            (
                401,
                #"{"success":false,"errors":[{"code":1000,"message":"Invalid API Token"}],"messages":[],"result":null}"#
            )
        case .nomadTokens: (404, "ACL token not found")
        }
    }

    /// A page as it is answered, with the headers that lead to the next one.
    ///
    /// `following` is the first row of the next page.
    func answer(
        _ rows: [ListedRow],
        page: Int,
        of count: Int,
        following: ListedRow?
    ) -> (headers: [(String, String)], body: [UInt8]) {
        var json = JSONWriter(reserving: 256 * rows.count + 64)
        switch style {
        case .gitlabGroup:
            json.array { json in rows.forEach { gitlab($0, &json) } }
            return ([("x-next-page", following == nil ? "" : String(page + 1))], json.bytes)
        case .cloudflareTokens:
            json.object { json in
                json.key("success")
                json.value(true)
                json.key("errors")
                json.array { _ in }
                json.key("result")
                json.array { json in rows.forEach { cloudflare($0, &json) } }
                json.key("result_info")
                json.object { json in
                    json.key("page")
                    json.value(page)
                    json.key("total_count")
                    json.value(count)
                }
            }
            return ([], json.bytes)
        case .nomadTokens:
            json.array { json in rows.forEach { nomad($0, &json) } }
            return (following.map { [("X-Nomad-NextToken", $0.id)] } ?? [], json.bytes)
        }
    }

    private func gitlab(_ row: ListedRow, _ json: inout JSONWriter) {
        json.object { json in
            json.key("id")
            json.value(row.number)
            json.key("name")
            json.value(row.name)
            json.key("scopes")
            json.value(row.permissions)
            json.key("created_at")
            json.value(row.created)
            json.key("expires_at")
            json.value(row.expires)
            json.key("last_used_at")
            json.value(row.lastUsed)
            json.key("active")
            json.value(true)
            json.key("revoked")
            json.value(false)
        }
    }

    private func cloudflare(_ row: ListedRow, _ json: inout JSONWriter) {
        json.object { json in
            json.key("id")
            json.value(row.id)
            json.key("name")
            json.value(row.name)
            json.key("status")
            json.value(row.isExpired ? "expired" : "active")
            json.key("issued_on")
            json.value(row.created)
            if let expires = row.expires {
                json.key("expires_on")
                json.value(expires)
            }
            if let used = row.lastUsed {
                json.key("last_used_on")
                json.value(used)
            }
        }
    }

    private func nomad(_ row: ListedRow, _ json: inout JSONWriter) {
        json.object { json in
            json.key("AccessorID")
            json.value(row.id)
            json.key("Name")
            json.value(row.name)
            json.key("Type")
            json.value("client")
            json.key("Policies")
            json.value(row.permissions)
            json.key("CreateTime")
            json.value(row.created)
            if let expires = row.expires {
                json.key("ExpirationTime")
                json.value(expires)
            }
        }
    }
}
