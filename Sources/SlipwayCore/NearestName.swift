/// The candidate that a mistyped name most likely means, or nil when none is near.
///
/// Distance counts insertions, deletions, replacements and swaps of neighbours (optimal string
/// alignment), capitals aside; a third of the name's length may be wrong, and at least one character.
/// Of equally near candidates the one whose capitals fit best wins, then the first.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let target = Array(name.lowercased().unicodeScalars)
    let limit = max(1, target.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let other = Array(candidate.lowercased().unicodeScalars)
        let bound = min(limit, best?.distance ?? limit)
        guard abs(other.count - target.count) <= bound,
            let distance = editDistance(target, other, atMost: bound)
        else { continue }
        if let best, best.distance == distance,
            !isNearer(candidate, than: best.name, to: name)
        {
            continue
        }
        best = (candidate, distance)
    }
    return best?.name
}

/// Of two names that are equally near without their capitals, the nearer one with them.
private func isNearer(_ candidate: String, than other: String, to name: String) -> Bool {
    func distance(_ text: String) -> Int {
        let (left, right) = (Array(name.unicodeScalars), Array(text.unicodeScalars))
        return editDistance(left, right, atMost: max(left.count, right.count)) ?? .max
    }
    return distance(candidate) < distance(other)
}

/// The optimal-string-alignment distance, or nil where it is over the bound.
private func editDistance(
    _ left: [Unicode.Scalar], _ right: [Unicode.Scalar], atMost bound: Int
) -> Int? {
    var beforePrevious = [Int](repeating: 0, count: right.count + 1)
    var previous = Array(0...right.count)
    for row in 0..<left.count {
        var current = [row + 1]
        current.reserveCapacity(right.count + 1)
        for column in 0..<right.count {
            let same = left[row] == right[column]
            var cost = min(
                previous[column] + (same ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, beforePrevious[column - 1] + 1)
            }
            current.append(cost)
        }
        if current.allSatisfy({ $0 > bound }) { return nil }
        (beforePrevious, previous) = (previous, current)
    }
    let distance = previous[right.count]
    return distance <= bound ? distance : nil
}
