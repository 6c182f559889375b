/// A whole JSON document as a tree, for code that needs all of it.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits 64 bits, exactly.
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// The members in the order of the document.
    case object([JSONMember])

    /// Reads a document by the tokenizer's strict rules; an object may name a member only once.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var tree = JSONTree(tokens: JSONTokenizer(bytes))
        self = try tree.value(try tree.tokens.some())
        try tree.tokens.finish()
    }

    /// Returns the member of this name; nil if it has none or is no object.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        // By index, so that other members are not copied; most keys differ in their length.
        let length = key.utf8.count
        for index in members.indices
        where members[index].key.utf8.count == length && members[index].key == key {
            return members[index].value
        }
        return nil
    }

    /// Returns the element at this index; nil if it has none or is no array.
    package subscript(_ index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else {
            return nil
        }
        return elements[index]
    }

    package var string: String? {
        guard case .string(let string) = self else { return nil }
        return string
    }

    package var integer: Int64? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    /// Any number, rounded to a double.
    package var double: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        case .null, .bool, .string, .array, .object: nil
        }
    }

    package var bool: Bool? {
        guard case .bool(let bool) = self else { return nil }
        return bool
    }

    package var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    package var members: [JSONMember]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    package var isNull: Bool { self == .null }
}

/// Builds the tree.
private struct JSONTree {
    var tokens: JSONTokenizer
    /// The keys of the last object at each depth: objects of a list usually have the same keys.
    private var lastKeys: [[String]] = []

    init(tokens: JSONTokenizer) {
        self.tokens = tokens
    }

    // Recurses at most as deep as the tokenizer allows containers to nest.
    mutating func value(_ token: JSONTokenizer.Token) throws(JSONError) -> JSONValue {
        switch token {
        case .beginObject:
            return try object()
        case .beginArray:
            var elements: [JSONValue] = []
            while true {
                let token = try tokens.some()
                if case .endArray = token { return .array(elements) }
                elements.append(try value(token))
            }
        case .string(let text):
            return .string(tokens.string(text))
        case .number(let number):
            return tokens.integer(number).map { .integer($0) } ?? .number(tokens.double(number))
        case .bool(let flag):
            return .bool(flag)
        case .null:
            return .null
        case .key, .endObject, .endArray:
            throw JSONError(.unexpectedByte, at: tokens.offset)
        }
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        let depth = tokens.depth
        while lastKeys.count <= depth { lastKeys.append([]) }
        var members: [JSONMember] = []
        members.reserveCapacity(lastKeys[depth].count)
        // While the keys equal those of the last object, none of them can occur twice.
        var isSame = true
        var keys: Set<String> = []
        while case .key(let name) = try tokens.some() {
            if isSame, members.count < lastKeys[depth].count,
                tokens.equals(name, lastKeys[depth][members.count])
            {
                let key = lastKeys[depth][members.count]
                members.append(JSONMember(key: key, value: try value(try tokens.some())))
                continue
            }
            if isSame {
                isSame = false
                keys = Set(members.lazy.map(\.key))
            }
            let key = tokens.string(name)
            guard keys.insert(key).inserted else {
                throw JSONError(.duplicateKey, at: name.start)
            }
            members.append(JSONMember(key: key, value: try value(try tokens.some())))
        }
        if !isSame || members.count != lastKeys[depth].count {
            lastKeys[depth] = members.map(\.key)
        }
        return .object(members)
    }
}

/// A member of a JSON object.
package struct JSONMember: Hashable, Sendable {
    package let key: String
    package let value: JSONValue

    package init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }
}
