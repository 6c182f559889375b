/// The keys of a table in the order in which they were first named.
package struct TOMLTable: Sendable {
    /// A key and its value.
    package struct Entry: Sendable {
        package let key: String
        /// The first place that names the key.
        package let keyPosition: TOMLPosition
        package let node: TOMLNode
    }

    /// The place of the table.
    ///
    /// That is the bracket of its header or the brace of an inline table; for a table that only
    /// longer keys created, the key's place there; for the root, the start of the document.
    package let position: TOMLPosition

    package let entries: [Entry]

    private let index: TOMLKeyIndex

    /// Creates an empty table.
    init(position: TOMLPosition) {
        self.init(position: position, entries: [], index: TOMLKeyIndex())
    }

    /// Creates a table of entries whose keys have the same places in `index`.
    init(position: TOMLPosition, entries: [Entry], index: TOMLKeyIndex) {
        self.position = position
        self.entries = entries
        self.index = index
    }

    /// Returns the value of a key, in constant time.
    ///
    /// Keys are equal if their bytes are: TOML normalizes nothing.
    package subscript(key: String) -> TOMLNode? { entry(key)?.node }

    /// Returns a key's entry, in constant time.
    package func entry(_ key: String) -> Entry? {
        index.place(of: key, in: entries, \.key).map { place in entries[place] }
    }
}

/// The place of each key of a table.
///
/// Swift's strings are equal if they look equal; keys are equal if their bytes are.
struct TOMLKeyIndex: Sendable {
    /// A key that compares by its bytes.
    private struct Key: Hashable {
        let text: String

        static func == (left: Key, right: Key) -> Bool {
            guard left.text.utf8.count == right.text.utf8.count else { return false }
            var (one, other) = (left.text, right.text)
            return one.withUTF8 { one in other.withUTF8 { other in one.hasSameBytes(as: other) } }
        }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { bytes in hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
        }
    }

    /// The number of keys up to which checking each entry costs less than a dictionary.
    private static let smallCount = 8

    /// The places of the keys; empty while there are few keys.
    private var places: [Key: Int] = [:]

    /// Returns the key's place among the indexed entries.
    func place<Entry>(of name: String, in entries: [Entry], _ text: (Entry) -> String) -> Int? {
        let key = Key(text: name)
        guard places.isEmpty else { return places[key] }
        let length = name.utf8.count
        // By index, so that no entry is copied; most keys differ in their length.
        return entries.indices.first { place in
            let other = text(entries[place])
            return other.utf8.count == length && Key(text: other) == key
        }
    }

    /// Indexes the last of the entries, which was added.
    mutating func noteLast<Entry>(of entries: [Entry], _ text: (Entry) -> String) {
        guard entries.count > Self.smallCount, let last = entries.last else { return }
        if entries.count == Self.smallCount + 1 {
            for (place, entry) in entries.enumerated() { places[Key(text: text(entry))] = place }
        } else {
            places[Key(text: text(last))] = entries.count - 1
        }
    }
}
