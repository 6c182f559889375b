/// The objects of an array in a JSON document, each as its own bytes.
///
/// The whole document is validated.
package struct JSONRows {
    package let objects: [ArraySlice<UInt8>]
    /// The number of elements that are not objects.
    package let others: Int

    /// - Returns: the rows; nil if no array is at the pointer.
    /// - Throws: the error of an invalid document.
    package static func find(
        at pointer: JSONPointer,
        in bytes: [UInt8]
    ) throws(JSONError) -> JSONRows? {
        var walk = RowWalk(bytes: bytes)
        let first = try walk.tokens.some()
        let rows = try walk.rows(first, pointer.steps[...])
        try walk.tokens.finish()
        return rows
    }
}

private struct RowWalk {
    let bytes: [UInt8]
    var tokens: JSONTokenizer

    init(bytes: [UInt8]) {
        self.bytes = bytes
        tokens = JSONTokenizer(bytes)
    }

    /// Recurses only as deep as the pointer reaches.
    mutating func rows(
        _ token: JSONTokenizer.Token,
        _ steps: ArraySlice<String>
    ) throws(JSONError) -> JSONRows? {
        guard let step = steps.first else {
            if case .beginArray = token { return try elements() }
            try tokens.skip(token)
            return nil
        }
        guard case .beginObject = token else {
            try tokens.skip(token)
            return nil
        }
        let name = Array(step.utf8)
        var found: JSONRows?
        var wasSeen = false
        while case .key(let key) = try tokens.some() {
            let offset = tokens.offset
            let value = try tokens.some()
            guard tokens.equals(key, name[...]) else {
                try tokens.skip(value)
                continue
            }
            if wasSeen { throw JSONError(.duplicate("/" + step), at: offset) }
            wasSeen = true
            found = try rows(value, steps.dropFirst())
        }
        return found
    }

    private mutating func elements() throws(JSONError) -> JSONRows {
        var rows: [ArraySlice<UInt8>] = []
        var others = 0
        while true {
            let token = try tokens.some()
            switch token {
            case .endArray: return JSONRows(objects: rows, others: others)
            case .beginObject:
                let start = tokens.offset - 1
                try tokens.skip(token)
                rows.append(bytes[start..<tokens.offset])
            default:
                try tokens.skip(token)
                others += 1
            }
        }
    }
}
