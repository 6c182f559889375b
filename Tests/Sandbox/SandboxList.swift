import Alerting
import Monitor

/// A list of the stand-in's tokens, as one provider answers an administrator's token.
///
/// It lists the tokens whose ids begin with a prefix: what scenarios and control requests change of
/// them, and that they are removed, shows in the list.
struct SandboxList: Sendable {
    enum Style: String, Sendable, CaseIterable {
        case gitlabGroup = "gitlab-group"
        case cloudflareTokens = "cloudflare-tokens"
        case nomadTokens = "nomad-tokens"
    }

    var style = Style.gitlabGroup
    /// The administrator's.
    var secret: String
    var prefix = ""
    var pageSize = 100
    /// So many more rows, which are computed.
    var generated = 0
    var fault: Fault?
    /// The first page that the fault hits.
    var faultPage = 1
}

/// What a scenario or a control request changes of a list; nil leaves a thing as it is.
package struct ListEdit: Sendable {
    var style: SandboxList.Style?
    var secret: String?
    var prefix: String?
    var pageSize: Int?
    var generated: Int?
    var fault: Fault??
    var faultPage: Int?

    static func read(from fields: inout FieldReader) -> ListEdit {
        var edit = ListEdit()
        edit.style = fields.word("style", as: SandboxList.Style.self)
        edit.secret = TokenEdit.secret("secret", of: &fields)
        edit.prefix = fields.string("prefix")
        edit.pageSize = fields.integer("page_size", in: 1...100_000)
        edit.generated = fields.integer("generated", in: 0...1_000_000)
        edit.fault = Fault.read("fault", of: &fields)
        edit.faultPage = fields.integer("fault_page", in: 1...1_000_000)
        return edit
    }
}

extension SandboxList {
    mutating func apply(_ edit: ListEdit, at moment: Instant) {
        if let new = edit.style { style = new }
        if let new = edit.secret { secret = new }
        if let new = edit.prefix { prefix = new }
        if let new = edit.pageSize { pageSize = new }
        if let new = edit.generated { generated = new }
        if let new = edit.fault { fault = new?.begun(at: moment) }
        if let new = edit.faultPage { faultPage = new }
    }
}

/// A row of a list before its provider has spelled it.
struct ListedRow: Sendable {
    /// Never given to another token.
    var number: Int
    var id: String
    var name: String
    var permissions: [String] = []
    var created: Instant
    var expires: Instant?
    var lastUsed: Instant?
    var isExpired = false
}
