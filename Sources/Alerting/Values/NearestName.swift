/// The search for the known name that an unknown one probably meant.
package enum NearestName {
    /// Returns the known name with the fewest edits, at most a third of the given name.
    ///
    /// Upper and lower case do not matter.
    package static func of(_ name: String, among known: [String]) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let allowed = max(1, name.utf8.count / 3)
        let word = name.lowercased()
        let ranked = known.map { (name: $0, edits: edits(from: word, to: $0.lowercased())) }
        guard let best = ranked.min(by: { $0.edits < $1.edits }), best.edits <= allowed else {
            return nil
        }
        return best.name
    }

    /// `; did you mean deploy?`, to end an error about an unknown name; empty if none is near.
    package static func hint(_ name: String, among known: [String]) -> String {
        of(name, among: known).map { "; did you mean \($0)?" } ?? ""
    }

    /// The number of letters to insert, remove, replace or swap with their neighbour.
    private static func edits(from left: String, to right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var before: [Int] = []
        var above = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var best = min(
                    above[column + 1] + 1,
                    current[column] + 1,
                    above[column] + (left[row] == right[column] ? 0 : 1)
                )
                if row > 0, column > 0, left[row] == right[column - 1],
                    left[row - 1] == right[column]
                {
                    best = min(best, before[column - 1] + 1)
                }
                current.append(best)
            }
            before = above
            above = current
        }
        return above[right.count]
    }
}
