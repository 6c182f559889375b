import Formats
import Monitor

/// The facts about a token whose changes the daemon reports.
struct SoakFacts: Hashable, Sendable {
    var permissions: Set<String>
    /// An instant as RFC 3339 writes it, or `never`.
    var expiry: String
    var account: String
    var name: String

    init(permissions: Set<String>, expiry: String, account: String, name: String) {
        self.permissions = permissions
        self.expiry = expiry
        self.account = account
        self.name = name
    }

    /// What the daemon knows of a token, from its object.
    init(_ token: JSONValue) {
        self.init(
            permissions: Set(token["permissions"]?.texts ?? []),
            expiry: token["expires_at"]?.string ?? token["expiry"]?.string ?? "",
            account: token["account"]?.string ?? "",
            name: token["name"]?.string ?? ""
        )
    }

    /// Follows the changes of a token from here on, each of which begins where the last one ended.
    ///
    /// - Returns: the changes that do not, being lost, told twice or made up.
    mutating func follow(_ events: [Told]) -> [String] {
        var problems: [String] = []
        // An expiry that was extended so often in a row is rolling: further extensions are no change.
        var extensions = 0
        for event in events where event.phase == "changed" {
            if extensions >= 3 {
                let old = event.details["old_expiry"] ?? event.details["old"]
                if ["expiry_changed", "rotated"].contains(event.type), let old = old?.string {
                    expiry = old
                }
            }
            let isExtended = event.details["direction"]?.string == "extended"
            switch event.type {
            case "expiry_changed": extensions = isExtended ? extensions + 1 : 0
            case "rotated": extensions = 0
            default: break
            }
            let before = self
            let isNext =
                switch event.type {
                case "permissions_changed": changePermissions(event.details)
                case "expiry_changed": change(\.expiry, event.details, "old", "new")
                case "account_changed": change(\.account, event.details, "old", "new")
                case "renamed": change(\.name, event.details, "old", "new")
                case "rotated": rotate(event.details)
                default: true
                }
            if !isNext { problems.append("\(before) is not what changed in \(event.name)") }
        }
        return problems
    }

    private mutating func changePermissions(_ details: JSONValue) -> Bool {
        let (added, removed) = (details.set("added"), details.set("removed"))
        let isNext = removed.isSubset(of: permissions) && added.isDisjoint(with: permissions)
        permissions = permissions.subtracting(removed).union(added)
        guard let held = details["permissions"]?.texts else { return isNext }
        return isNext && Set(held) == permissions && !(added.isEmpty && removed.isEmpty)
    }

    private mutating func change(
        _ member: WritableKeyPath<SoakFacts, String>,
        _ details: JSONValue,
        _ old: String,
        _ new: String
    ) -> Bool {
        let isNext = details[old]?.string == self[keyPath: member]
        self[keyPath: member] = details[new]?.string ?? ""
        return isNext
    }

    private mutating func rotate(_ details: JSONValue) -> Bool {
        let steps = [
            changePermissions(details), change(\.expiry, details, "old_expiry", "new_expiry"),
            change(\.account, details, "old_account", "new_account"),
            change(\.name, details, "old_name", "new_name"),
        ]
        return !steps.contains(false)
    }
}

extension JSONValue {
    /// An array of texts.
    fileprivate var texts: [String]? { elements?.compactMap(\.string) }

    fileprivate func set(_ key: String) -> Set<String> { Set(self[key]?.texts ?? []) }
}
