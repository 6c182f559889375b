extension String {
    /// Returns the text cut at a character's end to a number of bytes, including the mark `…`.
    package func cut(toBytes maximum: Int, mark: String = "…") -> String {
        guard utf8.count > maximum else { return self }
        let room = max(0, maximum - mark.utf8.count)
        var end = startIndex
        var bytes = 0
        while end < endIndex {
            let next = index(after: end)
            bytes += utf8.distance(from: end, to: next)
            guard bytes <= room else { break }
            end = next
        }
        return self[..<end] + mark
    }

    /// Returns the same for a word to compare: two different long words stay different.
    package func cutDistinctly(toBytes maximum: Int) -> String {
        guard utf8.count > maximum else { return self }
        return cut(toBytes: maximum, mark: "…" + String(StableHash.of([self]), radix: 16))
    }
}
