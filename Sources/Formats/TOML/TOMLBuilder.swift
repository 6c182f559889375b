/// Builds the tables of a document, and enforces where and how often a key may be defined.
///
/// Tables that can still grow are in one array and refer to one another by number, so that adding a
/// key copies nothing. A value, with everything inside an inline table or an array in brackets, is
/// closed: nothing can be added to it.
struct TOMLBuilder {
    /// The origin of a table, which decides what may be added to it.
    private enum Origin {
        /// The table comes from a longer header, `[a.b]` for `a`: one `[a]` may still define it.
        case superHeader
        /// The table has its own header, or the braces of an inline table that is being read.
        case definition
        /// The table comes from a dotted key, `a.b = 1` for `a`: no header may define it.
        case dottedKey
    }

    private enum Slot {
        case value(TOMLNode)
        /// The number of a table.
        case table(Int)
        /// The number of an array of tables.
        case tables(Int)
    }

    private struct Entry {
        let key: TOMLKey
        let slot: Slot
    }

    private struct OpenTable {
        var origin: Origin
        var position: TOMLPosition
        var entries: [Entry] = []
        var index = TOMLKeyIndex()
    }

    /// The number of the table that holds all others.
    static let root = 0

    private var tables = [OpenTable(origin: .definition, position: .start)]

    /// The numbers of the tables in each array of tables; never empty ones.
    private var arrays: [[Int]] = []

    /// Creates a table without a parent: an inline one, or one for keys after a broken header.
    mutating func makeTable(position: TOMLPosition) -> Int {
        makeTable(.definition, position)
    }

    /// Returns the table of a header `[path]`, or a new one in the array of a header `[[path]]`.
    mutating func openTable(
        _ path: [TOMLKey],
        inArray: Bool,
        position: TOMLPosition
    ) throws(TOMLError) -> Int {
        var parent = Self.root
        for (depth, key) in path.dropLast().enumerated() {
            parent = try superTable(of: path, at: depth, key: key, in: parent)
        }
        guard let key = path.last else { return parent }
        guard let place = place(of: key, in: parent) else {
            let table = makeTable(.definition, position)
            if inArray { arrays.append([table]) }
            append(key, inArray ? .tables(arrays.count - 1) : .table(table), to: parent)
            return table
        }
        switch tables[parent].entries[place].slot {
        case .tables(let array) where inArray:
            let table = makeTable(.definition, position)
            arrays[array].append(table)
            return table
        case .table(let table) where !inArray && tables[table].origin == .superHeader:
            tables[table].origin = .definition
            tables[table].position = position
            return table
        case let slot:
            throw refusal(of: path, inArray: inArray, taken: slot, position: position)
        }
    }

    /// Sets the key of `path`, relative to a table, to a value.
    mutating func set(_ path: [TOMLKey], to node: TOMLNode, in table: Int) throws(TOMLError) {
        var parent = table
        for (depth, key) in path.dropLast().enumerated() {
            parent = try dottedTable(of: path, at: depth, key: key, in: parent)
        }
        guard let key = path.last else { return }
        if let place = place(of: key, in: parent) {
            let first = tables[parent].entries[place].key.position
            throw TOMLError(
                position: key.position,
                message: "\"\(path.path)\" is set twice; first at \(first)"
            )
        }
        append(key, .value(node), to: parent)
    }

    /// Returns the table with its content, which cannot grow any more.
    ///
    /// The depth of the recursion is bounded by ``TOML/maximumDepth``.
    mutating func close(_ number: Int) -> TOMLTable {
        let open = tables[number]
        // Its memory is freed before more is taken for the closed table.
        tables[number] = OpenTable(origin: .definition, position: open.position)
        var entries: [TOMLTable.Entry] = []
        entries.reserveCapacity(open.entries.count)
        for entry in open.entries {
            entries.append(
                TOMLTable.Entry(
                    key: entry.key.name,
                    keyPosition: entry.key.position,
                    node: close(entry.slot)
                )
            )
        }
        return TOMLTable(position: open.position, entries: entries, index: open.index)
    }

    private mutating func close(_ slot: Slot) -> TOMLNode {
        switch slot {
        case .value(let node): return node
        case .table(let number): return closedNode(number)
        case .tables(let array):
            let nodes = arrays[array].map { number in closedNode(number) }
            return TOMLNode(value: .array(nodes), position: nodes.first?.position ?? .start)
        }
    }

    private mutating func closedNode(_ number: Int) -> TOMLNode {
        let table = close(number)
        return TOMLNode(value: .table(table), position: table.position)
    }

    /// Closes the newest table, an inline one, and forgets it and those created after it.
    mutating func closeInline(_ number: Int) -> TOMLTable {
        let table = close(number)
        tables.removeSubrange(number...)
        return table
    }

    /// Returns the table that a header's path goes through, and creates it if needed.
    private mutating func superTable(
        of path: [TOMLKey],
        at depth: Int,
        key: TOMLKey,
        in parent: Int
    ) throws(TOMLError) -> Int {
        guard let place = place(of: key, in: parent) else {
            let table = makeTable(.superHeader, key.position)
            append(key, .table(table), to: parent)
            return table
        }
        switch tables[parent].entries[place].slot {
        case .table(let table): return table
        case .tables(let array): return arrays[array].last ?? Self.root
        case .value(let node): throw refusal(of: path[...depth], in: node, at: key.position)
        }
    }

    /// Returns the table that a dotted key goes through, and creates it if needed.
    private mutating func dottedTable(
        of path: [TOMLKey],
        at depth: Int,
        key: TOMLKey,
        in parent: Int
    ) throws(TOMLError) -> Int {
        guard let place = place(of: key, in: parent) else {
            let table = makeTable(.dottedKey, key.position)
            append(key, .table(table), to: parent)
            return table
        }
        switch tables[parent].entries[place].slot {
        case .table(let table) where tables[table].origin == .definition:
            throw TOMLError(
                position: key.position,
                message: "\"\(path[...depth].path)\" is a table with a header of its own at "
                    + "\(tables[table].position); set its keys there"
            )
        case .table(let table):
            tables[table].origin = .dottedKey
            return table
        case .tables(let array):
            let first = tables[arrays[array].first ?? Self.root].position
            throw TOMLError(
                position: key.position,
                message: "\"\(path[...depth].path)\" is an array of tables, begun at \(first); "
                    + "set the keys of each under its own header"
            )
        case .value(let node):
            throw refusal(of: path[...depth], in: node, at: key.position)
        }
    }

    private func refusal(
        of path: ArraySlice<TOMLKey>,
        in node: TOMLNode,
        at position: TOMLPosition
    ) -> TOMLError {
        let reason =
            switch node.value {
            case .table: "is an inline table, closed at its '}'; nothing can be added to it"
            case .array: "is an array in brackets; nothing can be added to it"
            default: "is \(node.value.typeName); it cannot hold keys of its own"
            }
        return TOMLError(
            position: position,
            message: "\"\(path.path)\", set at \(node.position), \(reason)"
        )
    }

    private func refusal(
        of path: [TOMLKey],
        inArray: Bool,
        taken slot: Slot,
        position: TOMLPosition
    ) -> TOMLError {
        let header = inArray ? "[[\(path.path)]]" : "[\(path.path)]"
        let message =
            switch slot {
            case .value(let node):
                "\(header) is already set to \(node.value.typeName) at \(node.position)"
            case .tables(let array):
                "\(header) is an array of tables, begun at "
                    + "\(tables[arrays[array].first ?? Self.root].position); "
                    + "write [[\(path.path)]] to add a table to it"
            case .table(let table) where inArray:
                "\(header) is already a single table, since \(tables[table].position); "
                    + "an array of tables needs [[\(path.path)]] at its first header too"
            case .table(let table) where tables[table].origin == .dottedKey:
                "\(header) is already a table by the dotted key at \(tables[table].position); "
                    + "set all its keys in the one way or in the other"
            case .table(let table):
                "\(header) is defined twice; first at \(tables[table].position)"
            }
        return TOMLError(position: position, message: message)
    }

    private mutating func makeTable(_ origin: Origin, _ position: TOMLPosition) -> Int {
        tables.append(OpenTable(origin: origin, position: position))
        return tables.count - 1
    }

    private func place(of key: TOMLKey, in table: Int) -> Int? {
        tables[table].index.place(of: key.name, in: tables[table].entries) { $0.key.name }
    }

    private mutating func append(_ key: TOMLKey, _ slot: Slot, to table: Int) {
        tables[table].entries.append(Entry(key: key, slot: slot))
        tables[table].index.noteLast(of: tables[table].entries) { $0.key.name }
    }
}
