import TextGrid

/// When a frame may be shown that only shows news: at most twelve a second, and 8 KiB of them, so
/// that a slow line keeps up. A frame that is larger by itself comes after a second of quiet; in the
/// first second, in which the screen comes to show what there is, none has to wait for that.
struct NewsPace {
    private static let interval = Duration.milliseconds(90)
    private static let byteLimit = 8192

    /// The frames of the last second, the oldest first.
    private var recent: [(moment: ContinuousClock.Instant, byteCount: Int)] = []
    private var next: ContinuousClock.Instant
    private let began: ContinuousClock.Instant

    init(at now: ContinuousClock.Instant) {
        began = now
        next = now
    }

    /// How long the next such frame has to wait at least.
    func rest(at now: ContinuousClock.Instant) -> Duration { next - now }

    /// Whether a frame that takes so many bytes may be shown now. One that may not is to be drawn
    /// again after ``rest(at:)``.
    mutating func admits(_ byteCount: Int, at now: ContinuousClock.Instant) -> Bool {
        recent.removeAll { $0.moment <= now - .seconds(1) }
        guard now >= began + .seconds(1), let oldest = recent.first?.moment,
            recent.reduce(byteCount, { $0 + $1.byteCount }) > Self.byteLimit
        else { return true }
        next = oldest + .seconds(1)
        return false
    }

    /// Any frame was shown.
    mutating func note(_ byteCount: Int, at now: ContinuousClock.Instant) {
        recent.append((now, byteCount))
        next = now + Self.interval
    }
}

extension CellGrid {
    /// About how many bytes a terminal is written that shows the other grid: the characters that
    /// differ, and some for each place they begin at and each change of their look.
    func byteCount(over former: CellGrid?) -> Int {
        let former = former?.width == width && former?.height == height ? former : nil
        var count = 0
        for row in 0..<height {
            var before: Role?
            for column in 0..<width {
                let cell = self[row, column]
                guard cell != former?[row, column] ?? .blank else {
                    before = nil
                    continue
                }
                if before == nil { count += 8 }
                if before != cell.role { count += 15 }
                before = cell.role
                count += cell.text.utf8.count
            }
        }
        return count
    }
}
