import Alerting

/// When `last_used_at` follows a request.
package enum UseStamping: String, Sendable, CaseIterable {
    /// The stamp is set before the answer is written: it shows this request.
    case before
    /// The stamp is set after the answer: it shows the use before.
    case after
    /// As `before`, but only when the old stamp is ten minutes old.
    case tenMinutes = "ten_minutes"
    /// It does not follow at all.
    case never
}

/// A change of a token, by a step or a control request; nil leaves a property as it is.
///
/// `String??` is for what may be null: `.some(nil)` makes it so.
package struct TokenEdit: Sendable {
    package var secret: String?
    package var name: String?
    /// The email address of the account.
    package var account: String?
    package var firstName: String??
    package var lastName: String??
    package var companyName: String??
    package var accountCreated: ScenarioTime?
    package var permissions: [String]?
    package var addPermissions: [String]?
    package var removePermissions: [String]?
    package var created: ScenarioTime?
    package var expires: ScenarioTime?
    package var lastUsed: ScenarioTime?
    package var stampsUse: UseStamping?
    /// Whether it is answered 200 with `is_expired` once expired, instead of 401.
    package var tellsExpired: Bool?
    package var revoked: Bool?
    /// `.some(nil)` ends the fault.
    package var fault: Fault??

    package init() {}

    /// Reads the keys of a token, all but those that place a step.
    static func read(from fields: inout FieldReader) -> TokenEdit {
        var edit = TokenEdit()
        edit.secret = secret("secret", of: &fields)
        edit.name = fields.string("name")
        edit.account = fields.string("account")
        edit.firstName = fields.optionalString("first_name")
        edit.lastName = fields.optionalString("last_name")
        edit.companyName = fields.optionalString("company_name")
        edit.accountCreated = fields.time("account_created")
        edit.permissions = fields.strings("permissions")
        edit.addPermissions = fields.strings("add_permissions")
        edit.removePermissions = fields.strings("remove_permissions")
        edit.created = fields.time("created")
        edit.expires = fields.time("expires")
        edit.lastUsed = fields.time("last_used")
        edit.stampsUse = fields.word("stamps_use", as: UseStamping.self)
        edit.tellsExpired = fields.boolean("tells_expired")
        edit.revoked = fields.boolean("revoked")
        edit.fault = Fault.read("fault", of: &fields)
        return edit
    }

    /// Reads a bearer value.
    static func secret(_ key: String, of fields: inout FieldReader) -> String? {
        fields.value(key, allowed: "1 to 4096 printable ASCII characters without spaces") {
            guard case .string(let text) = $0, (1...4096).contains(text.utf8.count),
                text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
            else { return nil }
            return text
        }
    }
}

/// One token of the stand-in.
struct SandboxToken: Sendable {
    let id: String
    var secret: String
    var name: String
    var account = "john@example.com"
    var firstName: String? = "John"
    var lastName: String? = "Doe"
    var companyName: String? = "Acme Inc."
    var accountCreated: Instant
    var permissions: [String] = []
    var created: Instant
    var expires: Instant?
    var lastUsed: Instant?
    var stampsUse = UseStamping.before
    var tellsExpired = false
    var isRevoked = false
    var fault: Fault?
    /// The rendered body without the parts that each answer has of its own; nil until needed.
    var template: BodyTemplate?

    init(id: String, secret: String, now: Instant) {
        self.id = id
        self.secret = secret
        name = id
        accountCreated = now - .days(400)
        created = now - .days(30)
    }

    /// Changes what an edit names, all but the secret.
    mutating func apply(_ edit: TokenEdit, at moment: Instant) {
        template = nil
        if let new = edit.name { name = new }
        if let new = edit.account { account = new }
        if let new = edit.firstName { firstName = new }
        if let new = edit.lastName { lastName = new }
        if let new = edit.companyName { companyName = new }
        if let new = edit.accountCreated?.resolved(at: moment) { accountCreated = new }
        if let new = edit.permissions { permissions = new }
        for permission in edit.addPermissions ?? [] where !permissions.contains(permission) {
            permissions.append(permission)
        }
        if let gone = edit.removePermissions { permissions.removeAll { gone.contains($0) } }
        if let new = edit.created?.resolved(at: moment) { created = new }
        if let new = edit.expires { expires = new.resolved(at: moment) }
        if let new = edit.lastUsed { lastUsed = new.resolved(at: moment) }
        if let new = edit.stampsUse { stampsUse = new }
        if let new = edit.tellsExpired { tellsExpired = new }
        if let new = edit.revoked { isRevoked = new }
        if let new = edit.fault { fault = new?.begun(at: moment) }
    }

    /// Whether its expiry has come.
    func isExpired(at now: Instant) -> Bool {
        expires.map { $0 <= now } ?? false
    }
}

extension UseStamping {
    /// The stamp that an answer shows, and the one that stays.
    func stamps(_ last: Instant?, at now: Instant) -> (shown: Instant?, kept: Instant?) {
        switch self {
        case .before: (now, now)
        case .after: (last, now)
        case .tenMinutes:
            if let last, now - last < .minutes(10), now >= last { (last, last) } else { (now, now) }
        case .never: (last, last)
        }
    }
}
