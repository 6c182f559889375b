/// The members that a scanner returns.
package struct JSONWanted: Hashable, Sendable {
    package var pointer: JSONPointer
    /// The array at `pointer` holds objects, and this member of each is wanted.
    package var each: JSONPointer?

    package init(_ pointer: JSONPointer, each: JSONPointer? = nil) {
        self.pointer = pointer
        self.each = each
    }
}

/// The value of a wanted member.
package enum JSONFound: Hashable, Sendable {
    case absent
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits 64 bits, exactly.
    case integer(Int64)
    case number(Double)
    case string(String)
    /// An array of strings, or the wanted member of each element; also the empty array.
    case strings([String])
    /// An array whose element at this index is, or has, no such string.
    case array(firstOther: Int)
    case object

    /// The kind of the value for messages, never the value.
    package var kind: String {
        switch self {
        case .absent: "nothing"
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .strings: "an array of strings"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// Returns the values at wanted places of JSON documents, in one pass and without a tree.
///
/// It always validates the whole document. A member that is read, or that is on the way to one, may
/// occur only once; the scanner only checks the syntax of other members.
package struct JSONScanner: Sendable {
    fileprivate struct Node {
        /// The start of the name that leads here, in `names`.
        var nameStart = 0
        var nameEnd = 0
        /// The name as an array index; -1 if it is none.
        var arrayIndex = -1
        var firstChild = -1
        var nextSibling = -1
        /// The node for each element of this array.
        var element = -1
        /// The place for the value.
        var slot = -1
        /// The place for a string among many.
        var gatherSlot = -1
    }

    fileprivate struct Gathering {
        let array: Int
        let slot: Int
    }

    package let wanted: [JSONWanted]
    fileprivate var nodes = [Node()]
    /// All names, one after another.
    fileprivate var names: [UInt8] = []
    fileprivate var gatherings: [Gathering] = []
    /// The pointers that lead to the nodes, for messages.
    fileprivate var pointers = [""]
    /// The slots of equal wishes, by slot; such a slot is filled instead.
    private var sources: [Int] = []
    private let hasCopies: Bool

    package init(_ wanted: [JSONWanted]) {
        self.wanted = wanted
        sources = wanted.map { want in wanted.firstIndex(of: want) ?? 0 }
        hasCopies = sources != Array(wanted.indices)
        for (slot, want) in wanted.enumerated() where sources[slot] == slot {
            let node = path(want.pointer, from: 0)
            guard let each = want.each else {
                nodes[node].slot = slot
                continue
            }
            if nodes[node].element < 0 {
                let element = append(Node(), pointer: pointers[node] + "/*")
                nodes[node].element = element
            }
            let leaf = path(each, from: nodes[node].element)
            nodes[leaf].gatherSlot = slot
            gatherings.append(Gathering(array: node, slot: slot))
        }
    }

    /// Returns one value for each wanted member, in that order.
    package func scan(_ bytes: [UInt8]) throws(JSONError) -> [JSONFound] {
        var walk = Walk(scanner: self, bytes: bytes)
        let first = try walk.tokens.some()
        try walk.value(first, at: 0)
        try walk.tokens.finish()
        return hasCopies ? sources.map { walk.found[$0] } : walk.found
    }

    private mutating func append(_ node: Node, pointer: String) -> Int {
        nodes.append(node)
        pointers.append(pointer)
        return nodes.count - 1
    }

    private mutating func path(_ pointer: JSONPointer, from start: Int) -> Int {
        var node = start
        for step in pointer.steps { node = child(step, of: node) }
        return node
    }

    private mutating func child(_ name: String, of parent: Int) -> Int {
        var child = nodes[parent].firstChild
        while child >= 0 {
            let node = nodes[child]
            if names[node.nameStart..<node.nameEnd].elementsEqual(name.utf8) { return child }
            child = node.nextSibling
        }
        var node = Node()
        node.nameStart = names.count
        names.append(contentsOf: name.utf8)
        node.nameEnd = names.count
        // RFC 6901 §4: an index has no leading zero.
        if let index = Int(name), String(index) == name, index >= 0 { node.arrayIndex = index }
        node.nextSibling = nodes[parent].firstChild
        let escaped = name.split(separator: "~", omittingEmptySubsequences: false)
            .joined(separator: "~0").split(separator: "/", omittingEmptySubsequences: false)
            .joined(separator: "~1")
        let added = append(node, pointer: pointers[parent] + "/" + escaped)
        nodes[parent].firstChild = added
        return added
    }
}

/// One pass over one document; it recurses only as deep as the pointers reach.
private struct Walk {
    let scanner: JSONScanner
    var tokens: JSONTokenizer
    var found: [JSONFound]
    /// Whether a node's member was read in the current object.
    var seen: [Bool]

    init(scanner: JSONScanner, bytes: [UInt8]) {
        self.scanner = scanner
        tokens = JSONTokenizer(bytes)
        found = Array(repeating: .absent, count: scanner.wanted.count)
        seen = Array(repeating: false, count: scanner.nodes.count)
    }

    mutating func value(_ token: JSONTokenizer.Token, at index: Int) throws(JSONError) {
        let node = scanner.nodes[index]
        switch token {
        case .beginObject:
            record(.object, at: node, index)
            try object(node)
        case .beginArray:
            try array(node, index)
        case .string(let text):
            guard node.slot >= 0 || node.gatherSlot >= 0 || node.element >= 0 else { return }
            let string = tokens.string(text)
            record(.string(string), at: node, index)
            if node.gatherSlot >= 0 { gather(string, into: node.gatherSlot) }
        case .number(let number):
            if let integer = tokens.integer(number) {
                record(.integer(integer), at: node, index)
            } else {
                record(.number(tokens.double(number)), at: node, index)
            }
        case .bool(let flag):
            record(.bool(flag), at: node, index)
        case .null:
            record(.null, at: node, index)
        case .key, .endObject, .endArray:
            // The tokenizer returns these only where a value cannot be.
            return
        }
    }

    private mutating func record(_ value: JSONFound, at node: JSONScanner.Node, _ index: Int) {
        if node.slot >= 0 { found[node.slot] = value }
        guard node.element >= 0 else { return }
        for gathering in scanner.gatherings where gathering.array == index {
            found[gathering.slot] = value
        }
    }

    private mutating func gather(_ string: String, into slot: Int) {
        guard case .strings(var strings) = found[slot] else { return }
        // Empties the place first: the array is then grown in place rather than copied.
        found[slot] = .absent
        strings.append(string)
        found[slot] = .strings(strings)
    }

    private mutating func object(_ node: JSONScanner.Node) throws(JSONError) {
        var child = node.firstChild
        while child >= 0 {
            seen[child] = false
            child = scanner.nodes[child].nextSibling
        }
        while case .key(let name) = try tokens.some() {
            let offset = tokens.offset
            let token = try tokens.some()
            let member = member(name, of: node)
            guard member >= 0 else {
                try tokens.skip(token)
                continue
            }
            if seen[member] {
                throw JSONError(.duplicate(scanner.pointers[member]), at: offset)
            }
            seen[member] = true
            try value(token, at: member)
        }
    }

    private func member(_ name: JSONTokenizer.Text, of node: JSONScanner.Node) -> Int {
        var child = node.firstChild
        while child >= 0 {
            let node = scanner.nodes[child]
            // Most names differ in their length.
            let canBeSame = node.nameEnd - node.nameStart == name.end - name.start
            if canBeSame || name.hasEscapes,
                tokens.equals(name, scanner.names[node.nameStart..<node.nameEnd])
            {
                return child
            }
            child = node.nextSibling
        }
        return -1
    }

    private mutating func array(_ node: JSONScanner.Node, _ index: Int) throws(JSONError) {
        var strings: [String] = []
        var firstOther: Int?
        if node.element >= 0 {
            for gathering in scanner.gatherings where gathering.array == index {
                found[gathering.slot] = .strings([])
            }
        }
        var position = 0
        while true {
            let token = try tokens.some()
            if case .endArray = token { break }
            if node.slot >= 0, firstOther == nil {
                if case .string(let text) = token {
                    // The permissions of a typical token, without growing.
                    if strings.isEmpty { strings.reserveCapacity(8) }
                    strings.append(tokens.string(text))
                } else {
                    firstOther = position
                }
            }
            try element(token, at: position, of: node, index)
            position += 1
        }
        guard node.slot >= 0 else { return }
        found[node.slot] = firstOther.map { .array(firstOther: $0) } ?? .strings(strings)
    }

    private mutating func element(
        _ token: JSONTokenizer.Token,
        at position: Int,
        of node: JSONScanner.Node,
        _ index: Int
    ) throws(JSONError) {
        if node.element >= 0 {
            try value(token, at: node.element)
            for gathering in scanner.gatherings where gathering.array == index {
                guard case .strings(let strings) = found[gathering.slot] else { continue }
                if strings.count <= position {
                    found[gathering.slot] = .array(firstOther: position)
                }
            }
            return
        }
        var child = node.firstChild
        while child >= 0 {
            if scanner.nodes[child].arrayIndex == position { return try value(token, at: child) }
            child = scanner.nodes[child].nextSibling
        }
        try tokens.skip(token)
    }
}
