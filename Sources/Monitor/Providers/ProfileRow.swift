package import Formats

/// The token's own object in a list, for a provider that reports all tokens together.
package struct ProfileRow: Hashable, Sendable {
    /// The required value of a place in the object.
    package enum Value: Hashable, Sendable {
        /// A text or a number, as text, with the token's variables and parts of the secret in it.
        case text(Template)
        case bool(Bool)
    }

    package struct Condition: Hashable, Sendable {
        package var pointer: JSONPointer
        package var value: Value
    }

    /// The place of the array.
    package var list: JSONPointer
    /// The conditions, at least one; all must match.
    package var conditions: [Condition]
}

/// Finds the token's own object in answers.
struct RowFinder: Sendable {
    private let row: ProfileRow
    private let variables: [String: String]
    private let scanner: JSONScanner

    /// - Parameters:
    ///   - row: the row of the profile.
    ///   - variables: the token's values for the profile's variables; in a test of the profile, any
    ///     value matches a missing one.
    init(_ row: ProfileRow, variables: [String: String]) {
        self.row = row
        self.variables = variables
        scanner = JSONScanner(row.conditions.map { JSONWanted($0.pointer) })
    }

    /// Returns the bytes of the object; a document that is not JSON stays as it is.
    func find(in body: [UInt8], secret: String) -> Result<[UInt8], Unreadable> {
        let place = row.list.text.isEmpty ? "the body" : row.list.text
        let objects: [ArraySlice<UInt8>]?
        do {
            objects = try JSONRows.find(at: row.list, in: body)?.objects
        } catch {
            return .success(body)
        }
        guard let objects else { return .failure(Unreadable("\(place) is no array")) }
        var found: [UInt8]?
        for object in objects {
            let bytes = Array(object)
            guard let values = try? scanner.scan(bytes), isOwn(values, secret) else { continue }
            if found != nil {
                return .failure(
                    Unreadable("more than one entry of \(place) is the token's own")
                )
            }
            found = bytes
        }
        return found.map { .success($0) }
            ?? .failure(Unreadable("no entry of \(place) is the token's own"))
    }

    private func isOwn(_ values: [JSONFound], _ secret: String) -> Bool {
        zip(row.conditions, values).allSatisfy { condition, found in
            switch (condition.value, found) {
            case (.bool(let flag), .bool(let other)): flag == other
            case (.text(let template), .string(let text)): matches(template, text, secret)
            case (.text(let template), .integer(let number)):
                matches(template, String(number), secret)
            default: false
            }
        }
    }

    private func matches(_ template: Template, _ text: String, _ secret: String) -> Bool {
        if template.variables.contains(where: {
            variables[$0] == nil && SecretPart($0) == nil
        }) {
            return true
        }
        return text
            == template.filled { name in
                SecretPart(name)?.of(secret) ?? variables[name] ?? ""
            }
    }
}

/// The part of a secret that lists show: `secret_start8` or `secret_end4` in a template.
struct SecretPart: Hashable {
    private let isStart: Bool
    private let count: Int

    /// The most characters: more would put a secret into a list.
    static let mostCharacters = 12

    init?(_ name: String) {
        let start = "secret_start"
        let end = "secret_end"
        isStart = name.hasPrefix(start)
        guard isStart || name.hasPrefix(end),
            let count = Int(name.dropFirst(isStart ? start.count : end.count)),
            (1...Self.mostCharacters).contains(count)
        else { return nil }
        self.count = count
    }

    func of(_ secret: String) -> String {
        String(isStart ? secret.prefix(count) : secret.suffix(count))
    }
}
