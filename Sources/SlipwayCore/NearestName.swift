/// The candidate that a mistyped name most likely means, or nil when none is near.
///
/// Distance counts insertions, deletions, replacements and swaps of neighbours (optimal string
/// alignment), capitals aside; a third of the name's length may be wrong, and at least one character.
/// The first of equally near candidates wins.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let target = Array(name.lowercased().unicodeScalars)
    let limit = max(1, target.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let other = Array(candidate.lowercased().unicodeScalars)
        let bound = min(limit, (best?.distance ?? limit + 1) - 1)
        guard bound >= 0, abs(other.count - target.count) <= bound else { continue }
        let distance = editDistance(target, other, atMost: bound)
        if let distance { best = (candidate, distance) }
    }
    return best?.name
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
