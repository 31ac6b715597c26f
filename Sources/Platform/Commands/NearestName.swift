/// Finds what somebody meant who misspelt a name.
public enum NearestName {
    /// The known name that differs from the given one in the fewest letters, if it is near enough to be meant: at most one
    /// letter in three inserted, left out, replaced, or swapped with its neighbour. Case does not count as a difference
    /// of more than one letter. The first of equally near ones wins.
    public static func of(_ name: String, in known: [String]) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let lowered = name.lowercased()
        var best: (name: String, distance: Int)?
        for candidate in known {
            let distance = candidate.lowercased() == lowered ? 1 : distance(lowered, candidate.lowercased())
            let allowed = max(1, max(name.count, candidate.count) / 3)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Optimal string alignment: Levenshtein's distance with swaps of neighbours.
    private static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.unicodeScalars)
        let right = Array(right.unicodeScalars)
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for i in left.indices {
            var current = [i + 1]
            for j in right.indices {
                var cost = min(last[j + 1] + 1, current[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
